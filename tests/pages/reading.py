"""Reading a page as a person does: its words, its links, its fields."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

INLINE = frozenset({"a", "b", "bdi", "span", "time", "svg", "use", "wbr"})
VOID = frozenset({"input", "meta", "link", "br", "hr", "wbr"})


@dataclass
class Element:
    """An element with its attributes and everything that is written inside."""

    tag: str
    attributes: dict[str, str | None]
    words: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).replace("\u00a0", " ").replace("\u202f", " ").split())


class Document(HTMLParser):
    """The elements of a page, in its order."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.elements: list[Element] = []
        self._open: list[Element] = [Element("", {})]
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs))
        self.elements.append(element)
        self._part(tag)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        self._part(tag)
        while self._open[-1].tag != tag:
            self._open.pop()
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.words.append(data)

    def _part(self, tag: str) -> None:
        """Parts of a page are read apart."""
        if tag not in INLINE:
            self.handle_data(" ")

    @property
    def text(self) -> str:
        return self._open[0].text

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
