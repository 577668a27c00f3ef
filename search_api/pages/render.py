"""Templates to responses: the filters of a page, its headers."""

from collections.abc import Mapping
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from relevance import explain
from search_api.pages import french
from search_api.problems import SECURITY

_HERE: Final = Path(__file__).resolve().parent.parent
STATIC: Final = _HERE / "static"


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
    templates.globals["style"] = _style()
    return templates


def _style() -> str:
    """The version of the style sheet: its digest."""
    return blake2b((STATIC / "style.css").read_bytes(), digest_size=6).hexdigest()


def page(
    template: str, values: Mapping[str, object], status: int = 200, headers: Mapping[str, str] | None = None
) -> HTMLResponse:
    """A page that nobody shares: what it shows depends on the minute and on who asks."""
    content = environment().get_template(template).render(values)
    return HTMLResponse(content, status, {**SECURITY, "Cache-Control": "private, no-cache", **(headers or {})})
