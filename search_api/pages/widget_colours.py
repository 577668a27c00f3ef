"""The colours of a widget: a portal's where they can be read (WCAG 2.2, 1.4.3 and 1.4.11), ours elsewhere. Pure.

A palette is the tokens of our own sheet; a portal may give its ground, its ink and its accent, and what lies between is
mixed from them. No other character than those of six hexadecimal digits comes from outside.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal, NamedTuple

TEXT: Final = 4.5
CONTROL: Final = 3.0
"""The least contrast of a text, and of the edge of a control, with what is behind."""
COLOURS: Final = ("accent", "ground", "ink")

Scheme = Literal["light", "dark"]
Asked = Literal["auto", "light", "dark"]

_DIGITS: Final = re.compile(r"#?([0-9a-f]{3}|[0-9a-f]{6})", re.IGNORECASE | re.ASCII)
_ROOT: Final = re.compile(r":root\s*\{([^}]*)\}")
_TOKEN: Final = re.compile(r"--([a-z-]+):\s*#([0-9a-f]{3,6});", re.IGNORECASE)
_DARKER_THAN: Final = 0.179
"""The luminance under which white is easier to read than black."""


class Colour(NamedTuple):
    """Red, green and blue, 0 to 255."""

    red: int
    green: int
    blue: int

    @property
    def written(self) -> str:
        """`0a5a7c`."""
        return f"{self.red:02x}{self.green:02x}{self.blue:02x}"


Tokens = Mapping[str, Colour]
BLACK: Final = Colour(0, 0, 0)
WHITE: Final = Colour(255, 255, 255)


def colour(text: str) -> Colour | None:
    """The colour that three or six hexadecimal digits say, with or without `#`; None for anything else."""
    read = _DIGITS.fullmatch(text)
    if read is None:
        return None
    digits = read[1] if len(read[1]) == 6 else "".join(2 * digit for digit in read[1])  # noqa: PLR2004 - two a channel
    return Colour(*bytes.fromhex(digits))


def contrast(one: Colour, other: Colour) -> float:
    """How much two colours differ, from 1 to 21 (WCAG's contrast ratio)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(each: Colour) -> float:
    """How much light it gives, from 0 to 1 (WCAG's relative luminance, of sRGB)."""
    red, green, blue = map(_linear, each)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: int) -> float:
    share = channel / 255
    return share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4  # noqa: PLR2004 - sRGB's own


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """So much of one, the rest of the other."""
    return Colour(*(round(share * mine + (1 - share) * its) for mine, its in zip(one, other, strict=True)))


# Palettes -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wanted:
    """The colours that a portal gives; `scheme` is light, dark, or what the reader's system prefers."""

    accent: Colour | None = None
    ground: Colour | None = None
    ink: Colour | None = None
    scheme: Asked = "auto"

    @property
    def any(self) -> bool:
        """Whether a colour is given."""
        return any((self.accent, self.ground, self.ink))

    @property
    def schemes(self) -> tuple[Scheme, ...]:
        """The schemes that it is drawn in: a ground that is given decides."""
        if self.ground:
            return ("dark",) if luminance(self.ground) < _DARKER_THAN else ("light",)
        return ("light", "dark") if self.scheme == "auto" else (self.scheme,)


def tokens(sheet: str) -> Mapping[Scheme, Tokens]:
    """Our own colours, as our sheet says them: first in light, then in dark."""
    light, dark = (_colours(block) for block in _ROOT.findall(sheet)[:2])
    return {"light": light, "dark": {**light, **dark}}


def _colours(block: str) -> dict[str, Colour]:
    named = ((name, colour(digits)) for name, digits in _TOKEN.findall(block))
    return {name: read for name, read in named if read}


def palette(wanted: Wanted, ours: Tokens) -> Tokens:
    """The tokens of one scheme, every text of them readable; ours where the portal gives none or cannot be read."""
    if not wanted.any:
        return ours
    ground = wanted.ground or ours["ground"]
    surface = wanted.ground or ours["surface"]
    behind = (ground, surface)
    ink = _first(_reads_on(behind), (wanted.ink, ours["ink"], BLACK, WHITE))
    accent = _first(_reads_on(behind), (wanted.accent, ours["accent"], ink))
    return {
        "ground": ground,
        "surface": surface,
        "ink": ink,
        "muted": _softened(ink, behind, TEXT, (0.65, 0.75, 0.85)),
        "line": mixed(ink, surface, 0.2),
        "control": _softened(ink, behind, CONTROL, (0.45, 0.55, 0.65, 0.8)),
        "accent": accent,
        "accent-ink": max((BLACK, WHITE), key=lambda each: contrast(each, accent)),
        "focus": accent,
        **{name: _first(_reads_on(behind), (ours[name], ink)) for name in ("warn", "danger")},
        **dict.fromkeys(("sunken", "accent-soft", "warn-soft", "danger-soft"), surface),
    }


def _reads_on(behind: Iterable[Colour], least: float = TEXT) -> Callable[[Colour], bool]:
    return lambda each: all(contrast(each, ground) >= least for ground in behind)


def _first(fits: Callable[[Colour], bool], candidates: Iterable[Colour | None]) -> Colour:
    """The first that fits; black or white always does on one ground."""
    given = [each for each in candidates if each]
    return next(filter(fits, given), given[-1])


def _softened(ink: Colour, behind: Sequence[Colour], least: float, shares: Iterable[float]) -> Colour:
    """The ink, mixed with the ground as much as it may be."""
    return _first(_reads_on(behind, least), (*(mixed(ink, behind[-1], share) for share in shares), ink))


# Its sheet ----------------------------------------------------------------------------------------------------------


def sheet(wanted: Wanted, ours: Mapping[Scheme, Tokens]) -> str:
    """The tokens as a style sheet: one block, or two of which the second is for those who prefer dark."""
    blocks = [_block(each, palette(wanted, ours[each])) for each in wanted.schemes]
    return blocks[0] + "".join(f"@media (prefers-color-scheme: dark) {{ {block}}}\n" for block in blocks[1:])


def _block(scheme: Scheme, said: Tokens) -> str:
    listed = " ".join(f"--{name}: #{each.written};" for name, each in said.items())
    return f":root {{ color-scheme: {scheme}; {listed} }}\n"


# What is said of them -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Verdict:
    """What two colours are for, how much they differ, how much they must; `instead` is ours, where they do not.

    `given`: the portal chose the first of them.
    """

    what: str
    front: Colour
    behind: Colour
    least: float
    given: bool = False
    instead: Colour | None = None

    @property
    def ratio(self) -> float:
        """The contrast, cut to a decimal: 4,49 is not 4,5."""
        return int(contrast(self.front, self.behind) * 10) / 10

    @property
    def fits(self) -> bool:
        """Whether it can be read."""
        return contrast(self.front, self.behind) >= self.least


def verdicts(wanted: Wanted, ours: Tokens) -> Iterator[Verdict]:
    """What is said of each pair of colours of one scheme."""
    said = palette(wanted, ours)
    for what, name in (("Texte", "ink"), ("Accent : liens et boutons", "accent")):
        asked: Colour | None = getattr(wanted, name)
        verdict = Verdict(what, asked or said[name], _hardest(asked or said[name], said), TEXT, given=bool(asked))
        yield verdict if verdict.fits else replace(verdict, instead=said[name])
    yield Verdict("Texte secondaire", said["muted"], _hardest(said["muted"], said), TEXT)
    yield Verdict("Texte des boutons", said["accent-ink"], said["accent"], TEXT)
    yield Verdict("Bord des champs", said["control"], _hardest(said["control"], said), CONTROL)


def _hardest(front: Colour, said: Tokens) -> Colour:
    """Which of the grounds makes it hardest to read."""
    return min((said["ground"], said["surface"]), key=lambda behind: contrast(front, behind))
