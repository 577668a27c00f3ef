"""Code lists: the official terminologies with their French labels, and this product's own."""

from enum import StrEnum

from models.offer import AudienceName


class Viewer(StrEnum):
    """Who asks. The server decides it; a caller never does."""

    PUBLIC = "public"
    PROFESSIONAL = "professional"
    REGULATION = "regulation"


VISIBLE: dict[Viewer, frozenset[AudienceName]] = {
    Viewer.PUBLIC: frozenset({"public"}),
    Viewer.PROFESSIONAL: frozenset({"public", "professional"}),
    Viewer.REGULATION: frozenset({"public", "professional", "regulation", "cpts"}),
}
