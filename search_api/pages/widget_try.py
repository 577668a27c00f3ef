"""The lines that a portal pastes, and what is said of its choices before it does. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from search_api.pages import links, moments, widget_colours
from search_api.pages.asked import Asked
from search_api.pages.fields import LABELS
from search_api.pages.form import Choice
from search_api.pages.widget import WIDGET
from search_api.pages.widget_colours import Scheme, Tokens, Verdict
from search_api.pages.widget_options import SHOWABLE, Options
from search_api.parameters import Pairs
from search_api.problems import Fault

SIZES: Final = ("frame_width", "frame_height")
"""Pixels of the frame; no width is all of it."""
NARROWEST: Final = 300
HIGHEST: Final = 4_000
USUAL_HEIGHT: Final = "640"
SANDBOX: Final = "allow-forms allow-popups allow-popups-to-escape-sandbox"
"""What the frame needs: a form, links that open apart and without a sandbox, and `tel:`, which popups allow too."""
_SCHEMES: Final[Mapping[Scheme, str]] = {"light": "En clair", "dark": "En sombre"}
_FLEETING: Final = frozenset({"from", "within_hours", moments.CLICKED})


@dataclass(frozen=True, slots=True)
class Size:
    """The size of the frame; `faults` are those of its two fields."""

    width: str
    height: str
    pairs: Pairs
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True)
class Judged:
    """The colours of one scheme, as they are said."""

    scheme: str
    verdicts: tuple[Verdict, ...]


def size(given: Pairs) -> Size:
    """The size that these pairs say; the usual one where they say none that can be."""
    said = {name: value.strip() for name, value in reversed(given) if name in SIZES and value.strip()}
    bad = tuple(Fault.of(name, value, _RULE) for name, value in said.items() if not _is_size(value))
    sound = {name: value for name, value in said.items() if _is_size(value)}
    written = [(name, said[name]) for name in SIZES if name in said]
    return Size(sound.get("frame_width", "100%"), sound.get("frame_height", USUAL_HEIGHT), written, bad)


def _is_size(value: str) -> bool:
    return value.isascii() and value.isdigit() and len(value) <= 4 and NARROWEST <= int(value) <= HIGHEST  # noqa: PLR2004 - digits of the highest


_RULE: Final = f"un nombre de pixels, de {NARROWEST} à {HIGHEST}"


def lasting(asked: Asked) -> Pairs:
    """The request as a line may hold it for months: a moment by its name, since an instant will be past."""
    kept = [pair for pair in links.of_api(asked.pairs) if pair[0] not in {"at", "cursor"}]
    named = moments.named(asked.pairs, asked.at, asked.zone)
    if not links.values(kept, "from") and not named:
        return kept
    unhurried = [pair for pair in kept if pair[0] not in _FLEETING]
    return [*unhurried, (links.MOMENT, named.name)] if named else unhurried


def address(pairs: Pairs, options: Options) -> str:
    """The address of the widget, on our site."""
    return links.href([*pairs, *options.pairs], WIDGET)


def frame(site: str, there: str, options: Options, frame_size: Size) -> str:
    """The line to paste, that any page understands."""
    return _tag(
        "iframe",
        {
            "src": site + there,
            "title": options.title,
            "width": frame_size.width,
            "height": frame_size.height,
            "style": "border:0",
            "loading": "lazy",
            "referrerpolicy": "no-referrer",
            "sandbox": SANDBOX,
        },
    )


def element(site: str, path: str, there: str, line: str) -> str:
    """The lines to paste for a height that follows; without JavaScript, the frame."""
    script = _tag("script", {"type": "module", "src": site + path})
    opened = _tag("annuaire-soins", {"query": there.partition("?")[2]}).removesuffix("</annuaire-soins>")
    return f"{script}\n{opened}\n<noscript>{line}</noscript>\n</annuaire-soins>"


def _tag(name: str, attributes: Mapping[str, str]) -> str:
    written = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    return f"<{name}{written}></{name}>"


def judged(options: Options, ours: Mapping[Scheme, Tokens]) -> Iterator[Judged]:
    """The colours of each scheme that the widget is drawn in."""
    for scheme in options.colours.schemes:
        yield Judged(_SCHEMES[scheme], tuple(widget_colours.verdicts(options.colours, ours[scheme])))


def shown(options: Options) -> Sequence[Choice]:
    """The fields that may be shown, those that are ticked."""
    return [Choice(name, LABELS[name], name in options.fields) for name in SHOWABLE]
