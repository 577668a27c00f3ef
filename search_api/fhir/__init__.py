"""What editors tell us by FHIR (SAS profiles, FHIR R4): appointments that a regulator booked in their software."""
