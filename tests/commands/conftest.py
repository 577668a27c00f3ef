"""What the commands refuse is read by people: it is French."""

from tests.ingestion.conftest import refusals_in_french

__all__ = ["refusals_in_french"]
