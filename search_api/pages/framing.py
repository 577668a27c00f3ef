"""What stands around every page: whose view it is, whether people are fictional, the sources; where it may be kept."""

from collections.abc import Mapping
from typing import Final

from fastapi import Request

from models.codes import Viewer
from search_api.pages import french
from search_api.services import Services

_VIEWS: Final[Mapping[Viewer, str]] = {
    Viewer.PROFESSIONAL: "Vue des professionnels (réglage de développement) : leurs créneaux réservés sont visibles.",
    Viewer.REGULATION: "Vue de la régulation (réglage de développement) : créneaux réservés et participation visibles.",
}
_FICTIONAL: Final = "fictives"
"""What the attribution of the demo's files says."""
ORIENTATIONS: Final = "/orientations"
"""The list of those whom a regulator sent, linked from every page of whoever may send somebody."""
_DEMO: Final = "Données fictives : personne n’existe."


def frame(services: Services) -> dict[str, object]:
    """What every page says: whose view this is, whether people are fictional, and the sources."""
    sources = services.sources()
    fictional = any(_FICTIONAL in source.attribution for source in sources)
    banner = [_DEMO] * fictional + [_VIEWS[viewer] for viewer in (services.viewer,) if viewer in _VIEWS]
    sends = services.viewer is Viewer.REGULATION and services.registry is not None
    said = {"banner": french.typeset(" ".join(banner)), "sources": sources}
    return said | {"orientations": ORIENTATIONS if sends else None}


def site(request: Request) -> str:
    """Our own site, as the browser that asks knows it."""
    return str(request.base_url).rstrip("/")


def kept(services: Services) -> Mapping[str, str]:
    """What is reserved to a viewer stays on no disk; the public's own browser may keep its pages, and asks again."""
    return {} if services.viewer is Viewer.PUBLIC else {"Cache-Control": "no-store"}
