"""Templates to responses: the filters of a page, its headers."""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from relevance import explain
from search_api.pages import french
from search_api.problems import SECURITY, content_policy
from search_api.services import Tiles

_HERE: Final = Path(__file__).resolve().parent.parent
STATIC: Final = _HERE / "static"
LEAFLET: Final = ("js_lib_leaflet", "static/js_lib_leaflet")
"""The package that carries Leaflet, and the folder of its built files."""
DIGEST_LENGTH: Final = 12


def policy(**allowed: str) -> str:
    """The policy of a page, whose script is ours; with what it allows more."""
    return content_policy(script_src="'self'", connect_src="'self'", **allowed)


HEADERS: Final[Mapping[str, str]] = {
    **SECURITY,
    "Content-Security-Policy": policy(),
    "Cache-Control": "private, no-cache",
}
"""Headers of a page that nobody shares: what it shows depends on the minute and on who asks. Its script is ours."""


def images(tiles: Tiles | None) -> Mapping[str, str]:
    """The headers of a page whose map has tiles: their site, and no other, may be asked for images."""
    if tiles is None:
        return {}
    return {"Content-Security-Policy": policy(img_src=f"'self' {tiles.origin}")}


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates: everything that they write is escaped, a name that is not given is an error."""
    templates = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    templates.filters |= {
        "fr": french.typeset,
        "date": french.date,
        "nombre": french.number,
        "capitale": explain.capital,
    }
    templates.globals["static"] = static
    return templates


def static(name: str) -> str:
    """The address of a file of ours. It holds the digest of them all, so that a script finds those it imports."""
    return f"/static/{digest()}/{name}"


def has_leaflet() -> bool:
    """Whether it is installed; without it the map is the one that the server draws."""
    return len(folders()) > 1


def folders() -> tuple[Path, ...]:
    """Where the files that pages load are: ours, then Leaflet's, where it is installed."""
    package = find_spec(LEAFLET[0])
    places = package.submodule_search_locations if package else None
    return (STATIC, *(Path(place) / LEAFLET[1] for place in places or ()))


@lru_cache(maxsize=1)
def digest() -> str:
    """Of every file that pages load."""
    of_all = blake2b(digest_size=DIGEST_LENGTH // 2)
    for path in sorted(each for folder in folders() for each in folder.rglob("*") if each.is_file()):
        of_all.update(path.read_bytes())
    return of_all.hexdigest()


def page(
    template: str, values: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """A page, with the headers of every page but for those that are given."""
    content = environment().get_template(template).render(values)
    return HTMLResponse(content, status, {**HEADERS, **(headers or {})})
