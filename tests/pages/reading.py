"""Reading a page as a person does: its words, its links, its fields."""

from dataclasses import dataclass
from functools import cached_property
from html.parser import HTMLParser

INLINE = frozenset({"a", "b", "bdi", "span", "time", "svg", "use", "wbr"})
VOID = frozenset({"input", "meta", "link", "br", "hr", "wbr"})


@dataclass
class Element:
    """An element with its attributes and everything that is written inside: of the page's words, those from `start`.

    The words are kept once for the page: copied into each element they are in, they would be as many times more.
    """

    tag: str
    attributes: dict[str, str | None]
    page: list[str]
    start: int
    end: int | None = None

    @property
    def words(self) -> list[str]:
        return self.page[self.start : self.end]

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).replace("\u00a0", " ").replace("\u202f", " ").split())


class Reader(HTMLParser):
    """Finds the elements of a page, in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[str] = []
        self.elements: list[Element] = []
        self._open = [Element("", {}, self.words, 0)]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._part(tag)
        element = self._found(tag, attrs)
        if tag not in VOID:
            element.end = None
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._found(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        self._part(tag)
        while self._close() != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def updatepos(self, i: int, j: int) -> int:  # noqa: ARG002 - the parser's own
        """Count no lines: nobody asks where in the text an element is."""
        return j

    def _found(self, tag: str, attrs: list[tuple[str, str | None]]) -> Element:
        """The element that begins here, as long as nothing is in it."""
        here = len(self.words)
        self.elements.append(Element(tag, dict(attrs), self.words, here, here))
        return self.elements[-1]

    def _close(self) -> str:
        """End the innermost open element; its tag."""
        element = self._open.pop()
        element.end = len(self.words)
        return element.tag

    def _part(self, tag: str) -> None:
        """Parts of a page are read apart."""
        if tag not in INLINE:
            self.handle_data(" ")


class Document:
    """A page, read when it is first asked about: many a test asks for its status alone."""

    def __init__(self, html: str) -> None:
        self.html = html

    @cached_property
    def _read(self) -> Reader:
        reader = Reader()
        reader.feed(self.html)
        return reader

    @property
    def elements(self) -> list[Element]:
        return self._read.elements

    @property
    def text(self) -> str:
        return Element("", {}, self._read.words, 0).text

    def all(self, tag: str, **attributes: str) -> list[Element]:
        """The elements of this tag that have these attributes (a `class` among their classes)."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [each for each in self.elements if each.tag == tag and all(_has(each, *item) for item in wanted.items())]

    def one(self, tag: str, **attributes: str) -> Element:
        (found,) = self.all(tag, **attributes)
        return found

    def href(self, text: str) -> str:
        """Where the first link with these words goes."""
        return next(each.attributes["href"] or "" for each in self.all("a") if each.text == text)

    @property
    def sent(self) -> list[tuple[str, str]]:
        """What a browser sends when the first form of the page, the request, is submitted as it is."""
        pairs: list[tuple[str, str]] = []
        select = ""
        for each in self._request():
            name, value = (each.attributes.get(key) or "" for key in ("name", "value"))
            unticked = each.attributes.get("type") in {"checkbox", "radio"} and "checked" not in each.attributes
            if each.tag == "input" and name and not unticked:
                pairs.append((name, value))
            elif each.tag == "option" and select and "selected" in each.attributes:
                pairs.append((select, value))
            select = {"select": name, "option": select}.get(each.tag, "")
        return pairs

    def _request(self) -> list[Element]:
        """The elements up to the second form, without those that say which form they are of."""
        forms = [index for index, each in enumerate(self.elements) if each.tag == "form"]
        return [each for each in self.elements[: next(iter(forms[1:]), None)] if "form" not in each.attributes]

    @property
    def foreign(self) -> list[Element]:
        """What is run or drawn in the page and is not ours."""
        return [*self.all("img"), *(each for each in self.all("script") if not _is_ours(each))]

    @property
    def cards(self) -> list[Element]:
        return self.all("li", class_="card")

    @property
    def chips(self) -> list[str]:
        return [each.text for each in self.all("span", class_="said")]


def _has(element: Element, name: str, value: str) -> bool:
    given = element.attributes.get(name) or ""
    return value in given.split() if name == "class" else given == value


def _is_ours(script: Element) -> bool:
    return not script.text and (script.attributes.get("src") or "").startswith("/static/")
