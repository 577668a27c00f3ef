"""A page as one who does not see it hears it: its accessibility tree, in its order."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from playwright.sync_api import Locator

LINE = re.compile(r'^(?P<indent> *)- \'?(?P<role>[a-z]+)(?: "(?P<name>(?:[^"\\]|\\.)*)")?(?P<rest>.*)$')
LEVEL = re.compile(r"\[level=(\d)\]")
CONTROLS = frozenset({"button", "checkbox", "combobox", "link", "radio", "searchbox", "spinbutton", "textbox"})
LANDMARKS = frozenset({"banner", "complementary", "contentinfo", "form", "main", "navigation", "region", "search"})


@dataclass(frozen=True)
class Heard:
    """What is heard at one place: how deep it is, what it is, its name, the level of a heading (else 0)."""

    depth: int
    role: str
    name: str
    level: int


def heard(where: Locator) -> list[Heard]:
    """Everything inside, in the order in which it is read."""
    return list(_read(where.aria_snapshot()))


def _read(snapshot: str) -> Iterator[Heard]:
    for line in snapshot.splitlines():
        found = LINE.match(line)
        if found and found["role"] != "text":
            level = LEVEL.search(found["rest"])
            yield Heard(len(found["indent"]) // 2, found["role"], found["name"] or "", int(level[1]) if level else 0)


def text(where: Locator) -> str:
    """The same as text, without the addresses of links, which are not heard."""
    lines = where.aria_snapshot().splitlines(keepends=True)
    return "".join(line for line in lines if "- /url: " not in line) + "\n"
