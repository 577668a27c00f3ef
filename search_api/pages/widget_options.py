"""What a portal chooses of its widget, beside the request: fields shown, title, colours, a height that follows. Pure.

Only the try page says what is wrong with them: in the widget, what cannot be read is as if it were not there.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, get_args

from models.codes import Viewer
from search_api.pages import fields, links
from search_api.pages.widget_colours import COLOURS, Asked, Wanted, colour
from search_api.parameters import Pairs
from search_api.problems import Fault, is_control

TITLE: Final = "Trouver un professionnel de santé"
TITLE_LENGTH: Final = 80
FOLLOW: Final = ("height", "follow")
"""Asks for the one script that a widget may have: it tells its height to the page around."""
NONE: Final = "none"
"""What `fields` says for a widget without a form; it counts for nothing beside others."""

SHOWABLE: Final = tuple(
    name
    for name in (
        "text", "specialty", "profession", "structure_type", "kind", "care", "equipment", "address", "radius_km",
        "postal_code", "commune", "departement", "cpts", "new_patients", "accessible", "language",
        "sector", "order", "modality", "when",
    )
    if fields.drawn(name, Viewer.PUBLIC)
)  # fmt: skip
"""The fields that a widget may show, in its order: all those of the form but the list of skills, too long for it."""
USUAL: Final = ("text", "specialty", "address", "modality", "when")
"""Those of a widget that says nothing of them."""
_WITH: Final[Mapping[str, str]] = {
    links.SENTENCE: "text",
    "near": "address",
    "from": "when",
    "within_hours": "when",
    "moment": "when",
    links.PREFILL: "cpts",
}
"""The field with which a parameter is shown, where it has another name."""

OWN: Final = ("fields", "title", *COLOURS, "scheme", "height")


@dataclass(frozen=True, slots=True)
class Options:
    """The choices of a portal. `pairs` are what a link of the widget holds; `faults`, what cannot be read."""

    fields: tuple[str, ...]
    title: str
    colours: Wanted
    follows: bool
    pairs: Pairs
    faults: tuple[Fault, ...]

    def shows(self, parameter: str) -> bool:
        """Whether a person sees this parameter, and may change it."""
        return field_of(parameter) in self.fields


def field_of(parameter: str) -> str:
    """The field that shows a parameter."""
    return _WITH.get(parameter, parameter)


def divided(given: Pairs) -> tuple[Pairs, Pairs]:
    """The pairs of a widget's link: what the portal chooses, and the request."""
    return [pair for pair in given if pair[0] in OWN], [pair for pair in given if pair[0] not in OWN]


def read(given: Pairs) -> Options:
    """The choices that these pairs say."""
    said = [(name, value.strip()) for name, value in given if name in OWN and value.strip()]
    first = dict(reversed(said))
    shown = [name.strip() for value in links.values(said, "fields") for name in value.split(",") if name.strip()]
    kept = tuple(name for name in SHOWABLE if name in shown)
    faults = tuple(_faults(first, shown))
    sound = {name: value for name, value in first.items() if all(fault.field != name for fault in faults)}
    listed = {"fields": ",".join(dict.fromkeys(name for name in shown if name != NONE)) or NONE} if shown else {}
    written = {**first, **listed, **_written(sound)}
    return Options(
        fields=kept or (() if NONE in shown else USUAL),
        title=sound.get("title", TITLE),
        colours=_colours(sound),
        follows=FOLLOW in sound.items(),
        pairs=[(name, written[name]) for name in OWN if name in written],
        faults=faults,
    )


def showing(own: Pairs, shown: tuple[str, ...]) -> Pairs:
    """The same choices, with these fields."""
    listed = ("fields", ",".join(name for name in SHOWABLE if name in shown) or NONE)
    return [listed, *(pair for pair in own if pair[0] != "fields")]


def _colours(sound: Mapping[str, str]) -> Wanted:
    read = {name: colour(sound[name]) for name in COLOURS if name in sound}
    scheme: Asked = next((each for each in _SCHEMES if each == sound.get("scheme")), "auto")
    return Wanted(**read, scheme=scheme)


def _written(sound: Mapping[str, str]) -> Mapping[str, str]:
    """The colours as a link says them: six digits."""
    read = {name: colour(sound[name]) for name in COLOURS if name in sound}
    return {name: each.written for name, each in read.items() if each}


_SCHEMES: Final[tuple[Asked, ...]] = get_args(Asked)


# What cannot be read ------------------------------------------------------------------------------------------------


def _faults(first: Mapping[str, str], shown: list[str]) -> Iterator[Fault]:
    unknown = [name for name in shown if name not in {NONE, *SHOWABLE}]
    if unknown:
        yield Fault.of("fields", ", ".join(unknown), "des champs du formulaire, séparés par des virgules")
    for name, (fits, rule) in _RULES.items():
        if name in first and not fits(first[name]):
            yield Fault.of(name, first[name], rule)


def _sober(title: str) -> bool:
    return len(title) <= TITLE_LENGTH and not any(map(is_control, title))


_HEX: Final = "une couleur de six chiffres hexadécimaux, par exemple 0a5a7c"
_RULES: Final[Mapping[str, tuple[Callable[[str], bool], str]]] = {
    "title": (_sober, f"{TITLE_LENGTH} caractères au plus, sans caractère de contrôle"),
    **dict.fromkeys(COLOURS, (lambda value: colour(value) is not None, _HEX)),
    "scheme": (lambda value: value in _SCHEMES, "une des valeurs auto, light, dark"),
    "height": (lambda value: value == FOLLOW[1], "la seule valeur possible est follow"),
}
