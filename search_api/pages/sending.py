"""What a form that is posted is made of: its boxes and their rules, what was typed, what is wrong with it.

What was typed is given back whole whatever happens; only files must be joined again, which no browser gives back.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlencode

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from starlette.responses import RedirectResponse

from search_api.pages import french
from search_api.pages.faults import Wrong
from search_api.parameters import Pairs
from search_api.posting import Pace, Posted
from search_api.problems import SECURITY, is_control
from search_api.services import Services

TICKET: Final = "ticket"
RECEIPT: Final = "recu"
"""In the address of the thanks: the reference, signed."""
TRAP: Final = "site"
"""A box that nobody sees: what fills it fills everything."""
NO_STORE: Final[Mapping[str, str]] = {"Cache-Control": "no-store"}
"""A form holds a ticket, and its answer what was typed: nobody keeps them."""
_PHONE: Final = re.compile(r"[+()\d .\-/]+")
_KEPT_CONTROLS: Final = frozenset("\n\t")


@dataclass(frozen=True, slots=True)
class Box:
    """A field: its name, its label, how many characters it takes, what its value must be (a rule, or None)."""

    name: str
    label: str
    most: int
    required: bool = True
    lines: bool = False
    rule: Callable[[str], str | None] = lambda _: None


@dataclass(frozen=True, slots=True)
class Sheet:
    """A form as it is drawn: what it holds, what is wrong with it, its ticket."""

    ticket: str
    values: Mapping[str, str] = field(default_factory=dict)
    faults: tuple[Wrong, ...] = ()

    def wrong(self, name: str) -> tuple[Wrong, ...]:
        """The faults of a field."""
        return tuple(fault for fault in self.faults if fault.field == name)


# Rules --------------------------------------------------------------------------------------------------------------


def email(value: str) -> str | None:
    """What an e-mail address must be, where this is none."""
    try:
        validate_email(value, check_deliverability=False)
    except EmailNotValidError:
        return "une adresse comme nom@exemple.fr"
    return None


def phone(value: str) -> str | None:
    """What a telephone number must be, where this is none: French, or with the code of its country."""
    rule = "un numéro comme 04 72 00 00 01, ou +32… hors de France"
    try:
        number = phonenumbers.parse(value, "FR") if _PHONE.fullmatch(value) else None
    except phonenumbers.NumberParseException:
        return rule
    return None if number and phonenumbers.is_possible_number(number) else rule


def one_of(options: Iterable[str]) -> Callable[[str], str | None]:
    """The rule of a box whose value is chosen."""
    known = frozenset(options)
    return lambda value: None if value in known else "à choisir dans la liste"


# What was sent ------------------------------------------------------------------------------------------------------


def typed(boxes: Iterable[Box], posted: Posted) -> dict[str, str]:
    """What each box held, without what is not seen."""
    return {box.name: _seen(posted.fields.get(box.name, "")) for box in boxes}


def faults(boxes: Iterable[Box], posted: Posted) -> Iterator[Wrong]:
    """What is wrong, in the order of the boxes."""
    for box in boxes:
        rule = _broken(box, posted.fields.get(box.name, ""))
        if rule:
            yield wrong(box.name, box.label, rule)
    if posted.fields.get(TRAP):
        yield wrong(TRAP, "Case à laisser vide", "laissez cette case vide : elle arrête les robots")


def wrong(name: str, label: str, rule: str) -> Wrong:
    """A fault beside its field, and in the summary with a link to it."""
    return Wrong(name, rule, label, f"#f-{name}" if name != TICKET else None, "", None, ())


def _broken(box: Box, sent: str) -> str | None:
    value = _seen(sent)
    if value != _lines(sent):
        return "des caractères invisibles ont été retirés : relisez, puis envoyez de nouveau"
    if not value:
        return "à remplir" if box.required else None
    if not box.lines and "\n" in value:
        return "sur une seule ligne"
    if len(value) > box.most:
        return f"{french.number(box.most)} caractères au plus, il y en a {french.number(len(value))}"
    return box.rule(value)


def _lines(sent: str) -> str:
    """A text with the ends of lines that everybody has, and without the blanks around it."""
    return sent.replace("\r\n", "\n").replace("\r", "\n").strip()


def _seen(sent: str) -> str:
    return "".join(each for each in _lines(sent) if each in _KEPT_CONTROLS or not is_control(each)).strip()


# What comes of it ---------------------------------------------------------------------------------------------------

STALE: Final = wrong(TICKET, "Formulaire", "il était ouvert depuis trop longtemps : relisez, puis envoyez de nouveau")
TOO_MANY: Final = wrong(TICKET, "Envois", "trop d’envois depuis votre réseau en une heure : réessayez plus tard")
STATUS: Final = {TOO_MANY: 429}
"""The status of a form that has this fault; of the others, 422."""
UNKEPT: Final = (
    "L’envoi n’a pas été enregistré : la base de données ne répond pas. Rien de ce que vous avez écrit n’est perdu : "
    "attendez un instant, puis envoyez de nouveau."
)


def refusals(
    services: Services, posted: Posted, boxes: Iterable[Box], *, fresh: bool, pace: Pace | None = None
) -> tuple[Wrong, ...]:
    """Everything for which a form is not kept; `fresh`: its ticket is one of ours, and not too old."""
    allowed = (pace or services.pace).allows(posted.sender, services.clock())
    return (*([] if allowed else [TOO_MANY]), *faults(boxes, posted), *([] if fresh else [STALE]))


def status_of(refused: Iterable[Wrong]) -> int:
    """The status of a form that is drawn again."""
    return next((STATUS[fault] for fault in refused if fault in STATUS), 422)


def thanked(path: str, given: Pairs, receipt: str) -> RedirectResponse:
    """To the thanks: a page that can be read again without sending anything again."""
    query = urlencode([*(pair for pair in given if pair[0] != RECEIPT), (RECEIPT, receipt)])
    return RedirectResponse(f"{path}?{query}", 303, {**SECURITY, **NO_STORE})
