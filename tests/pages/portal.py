"""A portal of health professionals that shows the widget in its pages, on a site of its own.

Its style is loud on purpose: nothing of it may reach the widget.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route

from tests.pages import serving

PAGE = """<!doctype html>
<html lang="fr">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Mon portail de santé</title>
<link rel="icon" href="data:,">
<style>
* {{ font-family: Georgia, serif; }}
body {{ margin: 0; background: #fff; color: #1d3557; }}
header {{ display: flex; gap: 1.5rem; align-items: center; padding: .8rem 1.2rem; background: #1d3557; color: #fff; }}
header b {{ font-size: 1.3rem; }}
main {{ display: grid; grid-template-columns: minmax(0, 1fr) 380px; gap: 1.2rem; padding: 1.2rem; }}
.tiles {{ display: grid; grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); gap: .8rem; }}
.tiles {{ align-content: start; }}
.tiles p {{ margin: 0; padding: 1.4rem .8rem; background: #e8eef6; border-radius: 8px; }}
h1, h2, h3 {{ color: #b3001b; text-transform: uppercase; }}
.tiles h1 {{ grid-column: 1 / -1; margin: 0; }}
@media (max-width: 50rem) {{ main {{ grid-template-columns: minmax(0, 1fr); padding: .6rem; }} }}
</style>
</head>
<body>
<header><b>Mon portail</b> <span>Dr Jeanne Dupont</span></header>
<main>
<section class="tiles">
<h1>Mes services</h1>
<p>Messagerie sécurisée</p><p>Mes patients</p><p>Télé-expertise</p><p>Groupes</p><p>Documents</p><p>Agenda</p>
</section>
<aside>{shown}</aside>
</main>
</body>
</html>"""


@dataclass
class Portal:
    """Its addresses: `declared` and `undeclared` are two sites of the same server. `pages`: what each path shows."""

    declared: str
    undeclared: str
    pages: dict[str, str] = field(default_factory=dict)

    def page(self, shown: str, path: str = "/") -> str:
        """The address of a page that shows this."""
        self.pages[path] = shown
        return self.declared + path


def application(pages: Mapping[str, str]) -> Starlette:
    """The pages of a portal, by their paths."""

    def page(request: Request) -> HTMLResponse:
        return HTMLResponse(PAGE.format(shown=pages[request.url.path]))

    return Starlette(routes=[Route("/{path:path}", page)])


@contextmanager
def running() -> Iterator[Portal]:
    """A portal on a site of its own, for the time of a block."""
    pages: dict[str, str] = {}
    with serving.served(application(pages)) as address:
        yield Portal(address.replace("127.0.0.1", "localhost"), address, pages)
