"""The hours and days of a request, in French: "ce soir", "demain avant 10 h", "jeudi matin", "d'ici 2 heures". Pure.

A day and an hour may be said apart; they are one moment. What is over, or beyond the 72 hours that are searched, is
understood as a moment that cannot be asked.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Final, TypeVar

from models.clock import local
from relevance import moments
from relevance.moments import HORIZON_H, HOURS, NOW_H
from relevance.places import STREETS
from relevance.sentence import DOUBTFUL, SURE, Meaning, Sentence, Understood
from relevance.typos import may_be_mistyped, one_typo_away

BEYOND: Final = "au-delà des 72 heures, ou passé"
"""What is said of a moment that cannot be asked."""

_WEEKDAYS: Final = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_NUMBERS: Final[Mapping[str, int]] = {"une": 1, "un": 1, "deux": 2, "trois": 3, "quatre": 4, "six": 6, "douze": 12}
_WRITTEN: Final = "|".join(_NUMBERS)
_PARTS: Final[Mapping[str, str]] = {
    r"mat(?:in(?:ee)?)?": "morning",
    r"midi": "noon",
    r"(?:apres midi|apresmidi|aprem|aprm)": "afternoon",
    r"soir(?:ee)?": "evening",
    r"nuit": "night",
}
_PART: Final = rf"(?:{'|'.join(_PARTS)})"
_IN: Final = r"(?:dans la |dans l |en |au |a |en fin de |en debut de )?"
_DAY: Final = rf"aujourd ?hui|apres demain|apresdemain|demain|{'|'.join(_WEEKDAYS)}"
_ADDRESS: Final = rf"(?:(?:bis|ter) )?(?:{'|'.join(STREETS)})\b"
_MINUTES: Final = rf"(?: ?[0-5]\d(?!\d| ?h| {_ADDRESS}))?"
"""The number of a street is none: `8h 12 rue …`."""
_AT_ITS_OWN: Final = rf"(?:\d{{1,2}} ?(?:heures?|h){_MINUTES}|midi|minuit)"
_HOUR: Final = rf"(?:{_AT_ITS_OWN}|\d{{1,2}} [0-5]\d)"

_DAYS: Final = re.compile(
    rf"\b(?:(?P<until>d ici|avant|jusqu a) |pour |des )?"
    rf"(?:(?P<day>{_DAY})(?: prochain)?(?: (?:{_IN}(?P<part>{_PART})|en (?P<end>fin) de journee))?)\b"
)
_THIS: Final = re.compile(
    rf"\b(?:pour |des )?(?:(?:ce|cet|cette|dans la|dans l|en|en debut de|en fin de) (?P<part>{_PART})"
    r"|en (?P<end>fin) de journee)\b"
)
_TODAY: Final = re.compile(r"\b(?:dans la journee|aujourd ?hui)\b")
_WEEKEND: Final = re.compile(r"\b(?:ce |pour le |le )?(?:week end|weekend|we)\b")
_USUALLY: Final = re.compile(rf"\b(?:(?:le|la|l) (?P<part>{_PART})|(?P<alone>nuit|soir))\b")
_CLOCK: Final = re.compile(
    rf"\b(?:(?P<between>(?:entre|de) {_HOUR} (?:et|a) {_HOUR}|(?:{_AT_ITS_OWN}|(?:entre |de )?\d{{1,2}}) "
    rf"(?:et |a )?{_AT_ITS_OWN}|(?:entre )?{_AT_ITS_OWN} (?:et |a )?{_AT_ITS_OWN})"
    rf"|(?P<op>a partir de|a partir d|apres|des|avant|jusqu a|jusque|d ici|pour|vers|a) (?P<hour>{_HOUR})"
    rf"|(?P<own>{_AT_ITS_OWN}))(?: (?:du|de l|de la) (?P<part>{_PART}))?\b"
)
_ONE_HOUR: Final = re.compile(rf"{_HOUR}|\d{{1,2}}")
_COUNT: Final = rf"(?P<count>\d{{1,3}}|{_WRITTEN}) ?"
_WITHIN: Final = re.compile(
    r"\b(?:(?:dans les|d ici|sous|dans un delai de|dans moins de|en moins de|moins de|sur les) (?:les )?"
    rf"(?:prochaines )?{_COUNT}(?:prochaines )?(?P<unit>h|heures?|jours?)"
    r"|dans l heure|(?P<alone>24|48|72) ?(?:heures|h))\b"
)
_BAND: Final = re.compile(r"\b0 (?:a )?(?P<count>4|12|24|48|72) ?h(?:eures?)?\b")
"""A band of the table that begins now: `0-4 h`."""
_IN_HOURS: Final = re.compile(rf"\bdans {_COUNT}(?P<unit>h|heures?)\b")
_ALWAYS: Final = re.compile(r"\b(?:24 ?h(?:eures)? ?(?:sur )?24h?|7 ?j(?:ours)? ?(?:sur )?7j?)\b")
_NOW: Final = re.compile(
    r"\b(?:maintenant|tout de suite|toute de suite|de suite|"
    r"immediatement|immediate?s?|"
    r"en ce moment|"
    r"sur le champ|actuellement|a l instant)\b"
)
_URGENT: Final = re.compile(r"\b(?:d urgence|en urgence|urgence|urgent|urgente|urgemment)\b")


@dataclass(frozen=True, slots=True)
class _Day:
    """A day that is said: so many days from today, between two hours; `moment` where it is a named one."""

    start: int
    end: int
    days: int
    hours: tuple[int, int]
    moment: str = ""


@dataclass(frozen=True, slots=True)
class _Clock:
    """Hours that are said: from, until; None for now, or for the end of the day."""

    start: int
    end: int
    begins: float | None
    ends: float | None


_Said = TypeVar("_Said", _Day, _Clock)


def times(said: Sentence, at: int, zone: str, names: frozenset[int] = frozenset()) -> Iterator[Understood]:
    """Every moment of a sentence, at this clock (epoch seconds) in this time zone; longest readings and others.

    `names`: the words that a title makes a name, never a typo.
    """
    now = local(at, zone)
    where = _Offsets(said, names)
    always = [where.words(met) for met in _ALWAYS.finditer(where.text)]
    for start, end in always:
        yield Understood(start, end, "when", (), DOUBTFUL)
    yield from _simple(where, at, now)
    days = _apart(_days(where, now))
    taken = [*always, *((day.start, day.end) for day in days)]
    clocks = _apart(clock for clock in _clocks(where) if all(clock.end <= a or b <= clock.start for a, b in taken))
    yield from (_from_now(where, met, at, now) for met in _BAND.finditer(where.text) if not days)
    yield from _together(days, clocks, at, now)
    yield from _urgent(where, at, now, when_said=bool(days or clocks))


_WORDS: Final = (*_WEEKDAYS, *"demain aujourdhui matin matinee midi soiree maintenant immediatement prochaines".split())
"""Words of a moment in which one typo is mended."""


@lru_cache(maxsize=4_096)
def _mended(word: str) -> str:
    """The word of a moment that this one misses by a letter, its first apart: `demin`; else the word itself."""
    alike = one_typo_away(word, _WORDS) if may_be_mistyped(word) else []
    return alike[0] if len(alike) == 1 else word


class _Offsets:
    """The folded text of a sentence, its moments without typos, and which words a match covers.

    A capital inside the sentence makes a name (`Lundy`), not a typo.
    """

    def __init__(self, said: Sentence, names: frozenset[int]) -> None:
        kept = names | {index for index, (start, _) in enumerate(said.bounds) if index and said.text[start].isupper()}
        words = tuple(word if index in kept else _mended(word) for index, word in enumerate(said.words))
        self.text = " ".join(words)
        starts = [0]
        for word in words:
            starts.append(starts[-1] + len(word) + 1)
        self._index = {offset: index for index, offset in enumerate(starts)}

    def words(self, met: re.Match[str]) -> tuple[int, int]:
        """Where the words of a match start and end."""
        return self._index[met.start()], self._index[met.end() + 1]


def _simple(where: _Offsets, at: int, now: datetime) -> Iterator[Understood]:
    """Moments that are said in one way, whatever the day."""
    for met in _NOW.finditer(where.text):
        yield _asked(where.words(met), moments.next_hours(NOW_H)(now), at, "now")
    for met in _WITHIN.finditer(where.text):
        yield _asked(where.words(met), moments.next_hours(_hours(met))(now), at)
    for met in _IN_HOURS.finditer(where.text):
        yield _in_hours(where, met, at, now)
    for met in _USUALLY.finditer(where.text):
        part = _part(met["part"] or met["alone"])
        yield _asked(where.words(met), _of_day(part, 0, now), at, "", DOUBTFUL)


def _urgent(where: _Offsets, at: int, now: datetime, *, when_said: bool) -> Iterator[Understood]:
    """An urgency is now, unless a day or an hour is said: "dentiste en urgence dimanche"."""
    for met in _URGENT.finditer(where.text):
        asked = _asked(where.words(met), moments.next_hours(NOW_H)(now), at, "now")
        yield (
            Understood(asked.start, asked.end, "when", (Meaning(asked.meanings[0].label, ()),)) if when_said else asked
        )


def _from_now(where: _Offsets, met: re.Match[str], at: int, now: datetime) -> Understood:
    """A band of the table that begins now; its word in the sentence goes before those of the same hours of a clock."""
    return _asked(where.words(met), moments.next_hours(int(met["count"]))(now), at)


def _hours(met: re.Match[str]) -> float:
    """The hours that a delay says; one for "dans l'heure"."""
    said = met["count"] or met["alone"] or "une"
    unit = 24 if (met["unit"] or "").startswith("j") else 1
    return min(_number(said) * unit, HORIZON_H) or 1


def _number(said: str) -> int:
    return _NUMBERS[said] if said in _NUMBERS else int(said)


def _in_hours(where: _Offsets, met: re.Match[str], at: int, now: datetime) -> Understood:
    """What "dans 2 heures" means: until then for some, from then for others."""
    hours = min(_number(met["count"]), HORIZON_H - 1) or 1
    start, end = where.words(met)
    until, since = (
        moments.next_hours(hours)(now),
        (moments.next_hours(hours)(now)[1], moments.next_hours(hours + 1)(now)[1]),
    )
    meanings = (
        Meaning(f"d’ici {hours} h", moments.asking(until, at)),
        Meaning(f"dans {hours} h", moments.asking(since, at)),
    )
    return Understood(start, end, "when", meanings, DOUBTFUL)


# Days ---------------------------------------------------------------------------------------------------------------


def _days(where: _Offsets, now: datetime) -> Iterator[_Day]:
    for met in _DAYS.finditer(where.text):
        part = "day_end" if met["end"] else _part(met["part"]) if met["part"] else "day"
        days = _days_from(met["day"], part, now)
        begins = _LONG_AGO if met["until"] else HOURS[part][0]
        yield _Day(*where.words(met), days, (begins, HOURS[part][1]), "" if met["until"] else _named(days, part))
    for met in _THIS.finditer(where.text):
        part = "day_end" if met["end"] else _part(met["part"])
        days, named = _this(part, now)
        yield _Day(*where.words(met), days, HOURS[part], named)
    for met in _TODAY.finditer(where.text):
        yield _Day(*where.words(met), 0, HOURS["day"])
    for met in _WEEKEND.finditer(where.text):
        yield _Day(*where.words(met), *_weekend(now))


def _part(said: str) -> str:
    """The part of the day that a word says."""
    return next(part for pattern, part in _PARTS.items() if re.fullmatch(pattern, said))


def _days_from(said: str, part: str, now: datetime) -> int:
    """Days from today. A weekday is today's while its part is not over, else the next."""
    if said in _WEEKDAYS:
        days = (_WEEKDAYS.index(said) - now.weekday()) % 7
        over = days == 0 and moments.between(0, *HOURS[part])(now) is None
        return 7 if over else days
    return 2 if said.startswith("apres") else int(said == "demain")


_LONG_AGO: Final = -HORIZON_H
"""Hours of a day at which what is asked until then begins: before now, whatever the day."""

_NAMED: Final[Mapping[tuple[int, str], str]] = {
    (0, "evening"): "evening",
    (0, "night"): "night",
    (1, "morning"): "tomorrow_morning",
    (1, "day"): "tomorrow",
}
"""The moments that have a name in the form: days from today and part of the day."""


def _named(days: int, part: str) -> str:
    return _NAMED.get((days, part), "")


def _this(part: str, now: datetime) -> tuple[int, str]:
    """From which day is the part that is called this one, and its name; a night that goes on is yesterday's."""
    goes_on = part == "night" and now.hour < moments.MORNING
    return (-1 if goes_on else 0), _named(0, part)


def _weekend(now: datetime) -> tuple[int, tuple[int, int]]:
    """Saturday and Sunday; what is left of them on a Sunday."""
    saturday = 5
    return (-1, (0, 48)) if now.weekday() > saturday else (saturday - now.weekday(), (0, 48))


# Hours --------------------------------------------------------------------------------------------------------------


def _clocks(where: _Offsets) -> Iterator[_Clock]:
    for met in _CLOCK.finditer(where.text):
        read = _read(met)
        if read is not None:
            yield _Clock(*where.words(met), *read)


def _read(met: re.Match[str]) -> tuple[float | None, float | None] | None:
    """From when, until when; None for what is no hour of a day."""
    said = _ONE_HOUR.findall(met["between"] or met["hour"] or met["own"])
    hours = [hour for each in said if (hour := _of_hour(each)) is not None]
    if not hours or len(hours) < len(said):
        return None
    if met["part"] and _part(met["part"]) in _AFTER_NOON:
        hours = [hour + 12 if hour < 12 else hour for hour in hours]  # noqa: PLR2004 - half a day
    if met["between"]:
        last = hours[-1] or 24.0
        return (hours[0], last) if hours[0] < last else None
    return _OPERATORS[met["op"] or "a"](hours[0])


_AFTER_NOON: Final = frozenset({"afternoon", "evening"})
"""Parts of a day whose hours may be counted from noon: `8 h du soir`."""


def _of_hour(said: str) -> float | None:
    """`18h30` is 18.5; None beyond 24 h."""
    if said in {"midi", "minuit"}:
        return 12.0 if said == "midi" else 24.0
    hour, *minutes = (int(digits) for digits in re.findall(r"\d+", said))
    return hour + (minutes[0] / 60 if minutes else 0) if hour <= 24 else None  # noqa: PLR2004 - a day


def _from(hour: float) -> tuple[float | None, float | None]:
    return hour, None


def _until(hour: float) -> tuple[float | None, float | None]:
    return None, hour


_OPERATORS: Final[Mapping[str, Callable[[float], tuple[float | None, float | None]]]] = {
    **dict.fromkeys(("a partir de", "a partir d", "apres", "des"), _from),
    **dict.fromkeys(("avant", "jusqu a", "jusque", "d ici"), _until),
    **dict.fromkeys(("a", "pour"), lambda hour: (hour, hour + 1)),
    "vers": lambda hour: (hour - 1, hour + 1),
}
"""What the word before an hour makes of it."""


# Together -----------------------------------------------------------------------------------------------------------


def _apart(found: Iterable[_Said]) -> list[_Said]:
    """Those that do not overlap, the longest first, in the order of the sentence."""
    kept: list[_Said] = []
    for each in sorted(found, key=lambda one: one.start - one.end):
        if all(each.end <= other.start or other.end <= each.start for other in kept):
            kept.append(each)
    return sorted(kept, key=lambda one: one.start)


def _together(days: list[_Day], clocks: list[_Clock], at: int, now: datetime) -> Iterator[Understood]:
    """A day and an hour are one moment; of several days, or several hours, the first is taken, the others are not."""
    for day in days[1:]:
        yield _asked((day.start, day.end), moments.between(day.days, *day.hours)(now), at, day.moment, DOUBTFUL)
    for clock in clocks[1:]:
        yield Understood(clock.start, clock.end, "when", (), DOUBTFUL)
    if clocks and days:
        yield from _both(days[0], clocks[0], at, now)
    elif clocks:
        yield _asked((clocks[0].start, clocks[0].end), _next(clocks[0], now), at)
    elif days:
        yield _asked((days[0].start, days[0].end), _span(days[0], now), at, days[0].moment)


def _both(day: _Day, clock: _Clock, at: int, now: datetime) -> Iterator[Understood]:
    begins, ends = (_of_part(hour, day) for hour in (clock.begins, clock.ends))
    start = day.hours[0] if begins is None else begins
    end = day.hours[1] if ends is None else ends
    span = moments.between(day.days, start, end)(now) if start < end else None
    said = _asked((clock.start, clock.end), span, at)
    yield said
    yield Understood(day.start, day.end, "when", (Meaning(said.meanings[0].label, ()),) if said.meanings else ())


def _of_part(hour: float | None, day: _Day) -> float | None:
    """Eight o'clock in the evening is twenty hours."""
    afternoon = day.hours in {HOURS["evening"], HOURS["afternoon"], HOURS["night"]}
    return hour + 12 if hour is not None and afternoon and hour < 12 else hour  # noqa: PLR2004 - half a day


def _next(clock: _Clock, now: datetime) -> moments.Span | None:
    """The hours of today, of tomorrow when they are over; "avant 20 h" said after is over."""
    start, end = clock.begins or 0.0, clock.ends or 24.0
    today = moments.between(0, start, end)(now)
    return today if today or clock.begins is None else moments.between(1, start, end)(now)


def _span(day: _Day, now: datetime) -> moments.Span | None:
    return moments.between(day.days, *day.hours)(now)


def _of_day(part: str, days: int, now: datetime) -> moments.Span | None:
    return moments.between(days, *HOURS[part])(now)


def _asked(
    words: tuple[int, int], span: moments.Span | None, at: int, moment: str = "", certainty: float = SURE
) -> Understood:
    """The words of a moment and what it asks; no meaning when it is over or too far."""
    if span is None or span[0].timestamp() >= at + HORIZON_H * 3600:
        return Understood(*words, "when", (), DOUBTFUL)
    meaning = Meaning(_label(span, at), moments.asking(span, at))
    return Understood(*words, "when", (meaning,), certainty, moment)


def _label(span: moments.Span, at: int) -> str:
    """`du 24 à 08:00 au 24 à 12:00`, or until when for what has begun."""
    begun = span[0].timestamp() <= at
    until = f"{span[1]:%d/%m à %H:%M}"
    return f"d’ici le {until}" if begun else f"du {span[0]:%d/%m à %H:%M} au {until}"
