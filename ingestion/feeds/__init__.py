"""Asking editors' FHIR servers for slots: whom, when, how, how often; what they answer goes to `ingestion.slots`."""
