"""The system's Chromium, driven by Playwright; and axe, which finds what some people could not use."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserType, Page, sync_playwright

from tests.servers import local

WHOLE = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NAMES = ("chromium-headless-shell", *WHOLE)
"""The first is the same engine without its windows, each of which takes longer to make than the page in it."""
COLOURS = ("color-contrast", "link-in-text-block")
"""The rules of axe that the scheme changes: the document is the same in both."""
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@contextmanager
def running() -> Iterator[Browser]:
    """A browser without a window, for the time of a block."""
    with sync_playwright() as playwright:
        browser = launched(playwright.chromium)
        try:
            yield browser
        finally:
            browser.close()


def launched(kind: BrowserType, names: Sequence[str] = NAMES) -> Browser:
    """The first of these browsers that is installed; who asks closes it."""
    return kind.launch(executable_path=executable(names), args=list(ARGUMENTS))


def executable(names: Sequence[str] = NAMES) -> str:
    """The path of the installed browser."""
    found = (path for name in names if (path := shutil.which(name)))
    if path := next(found, None):
        return path
    raise local.Unavailable("no Chromium is installed")


def violations(page: Page) -> list[str]:
    """What axe finds wrong in a page, a line each: scheme, rule, help, element. An empty list is a page in order.

    The page is tried in dark, then in light, as which it is left: to open it again for each would take longer.
    Axe is injected by the debugger, which a Content-Security-Policy does not stop. It cannot run where JavaScript is
    off: there, the document as it stands is shown at the same address in a context of its own that has JavaScript.
    """
    if page.evaluate("matchMedia('(scripting: enabled)').matches"):
        return audit(page)
    with shown_with_scripting(page) as copy:
        return audit(copy)


@contextmanager
def shown_with_scripting(page: Page) -> Iterator[Page]:
    """The same document, address, size and cookies where JavaScript is on, for the time of a block."""
    browser = page.context.browser
    assert browser is not None, "the page belongs to a browser"
    context = browser.new_context(storage_state=page.context.storage_state(), viewport=page.viewport_size)
    try:
        copy = context.new_page()
        if page.url == "about:blank":
            copy.set_content(page.content())
        else:
            copy.route(page.url, lambda route: route.fulfill(body=page.content(), content_type="text/html"))
            copy.goto(page.url)
        yield copy
    finally:
        context.close()


def audit(page: Page) -> list[str]:
    """Run axe in a page that has JavaScript: every rule in dark, those about colours in light."""
    return [*audit_in(page, "dark"), *audit_in(page, "light", COLOURS)]


def audit_in(page: Page, scheme: Literal["dark", "light"], rules: Sequence[str] | None = None) -> list[str]:
    """Run axe in one scheme, with these rules or all."""
    page.emulate_media(color_scheme=scheme)
    options = {"resultTypes": ["violations"]} | ({"runOnly": list(rules)} if rules else {})
    found = Axe().run(page, options=options).response["violations"]
    return [f"{scheme}: {rule['id']}: {rule['help']}: {node['html']}" for rule in found for node in rule["nodes"]]
