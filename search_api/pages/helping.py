"""Help and legal pages: what is read once. Their words are in `templates/help/`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from search_api.pages import framing, render
from search_api.pages.keys import KEYS
from search_api.services import Services, ServicesDep

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of help: its address, its title, and what its list says of it."""

    path: str
    title: str
    about: str


ROLES: Final = (
    Page("/aide/regulation", "Régulation", "une phrase, le plus proche qui convient, un numéro à composer"),
    Page("/aide/urgences", "Accueil des urgences", "réorienter vers qui participe au forfait"),
    Page("/aide/cpts", "Coordination de CPTS", "chercher dans son territoire, emporter une liste"),
    Page("/aide/professionnels", "Professionnels", "sa fiche : d’où elle vient, comment la corriger"),
    Page("/aide/structures", "Structures", "sa fiche, et qui y exerce"),
    Page("/aide/portails", "Portails et logiciels", "ouvrir une recherche, appeler l’API"),
)
KEYBOARD: Final = Page("/aide/clavier", "Clavier", "les touches de la page de recherche")
LEGAL: Final = (
    Page("/confidentialite", "Confidentialité", "ce qui est gardé, et ce qui ne l’est pas"),
    Page("/accessibilite", "Accessibilité", "ce qui est essayé, ce qui reste à faire"),
    Page("/mentions-legales", "Mentions légales", "qui publie ce service"),
)
HELP: Final = Page("/aide", "Aide", "les premiers pas, et les questions")


@router.get(HELP.path)
def index(services: ServicesDep) -> Response:
    """The first steps by role, then the questions by theme."""
    return _page(services, HELP, "help/index.html", roles=ROLES, keyboard=KEYBOARD, legal=LEGAL)


def _served(page: Page, template: str) -> Callable[[Services], Response]:
    def serve(services: ServicesDep) -> Response:
        return _page(services, page, template, keys=KEYS)

    serve.__doc__ = f"{page.title}: {page.about}."
    return serve


TEMPLATES: Final[Mapping[Page, str]] = {
    page: f"help/{page.path.rpartition('/')[2]}.html" for page in (*ROLES, KEYBOARD, *LEGAL)
}
for _each, _template in TEMPLATES.items():
    router.get(_each.path)(_served(_each, _template))


def _page(services: Services, page: Page, template: str, **values: object) -> Response:
    about = {"title": page.title, "publisher": services.publisher, **values}
    return render.page(template, {**framing.frame(services), **about}, headers=framing.kept(services))
