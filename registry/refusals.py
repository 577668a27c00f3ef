"""Why an operation on what people declare was not done. Nothing was written then; each says so in French.

Refused            what was given breaks rules: every fault, each with its field, its value and its rule
├── EditorSlots    the agenda cannot be written: an editor's slots are shown
NotThere           no such place of practice, entry, day, slot or orientation
Changed            somebody else changed it meanwhile
└── Taken          somebody else took the slot, or its last place
"""

# ruff: noqa: N818 - named by what happened
from typing import Any, Final, NamedTuple

NOBODY: Final = "l’annuaire n’a aujourd’hui ni personne ni structure de cet identifiant"
"""What is said alike of whom nothing is known and of who objected."""


class Fault(NamedTuple):
    """What is wrong: the field, the value that was given, and the rule in French."""

    field: str
    value: Any
    rule: str


class Refused(ValueError):
    """What was given breaks rules; `faults` are all of them."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(" ; ".join(f"{fault.field} : {fault.rule}" for fault in faults))
        self.faults = faults


class EditorSlots(Refused):
    """The agenda cannot be written by hand while the slots of these editors are shown."""

    def __init__(self, editors: tuple[str, ...], *, may_refuse: bool) -> None:
        names = ", ".join(editors)
        rule = (
            f"les créneaux d’un logiciel ({names}) sont montrés ; ils ne se mélangent pas avec l’agenda tenu à la main"
        )
        refuse = ". Refusez d’abord l’affichage des créneaux de l’éditeur dans la participation"
        super().__init__(Fault("agenda", names, rule + refuse * may_refuse))
        self.editors = editors


class NotThere(LookupError):
    """No such place of practice, entry or slot, or no occurrence on this day."""


class Changed(RuntimeError):
    """It was changed by somebody else since it was read."""


def check_unchanged(read: object, now: object, wanted: object) -> None:
    """Check that what is replaced is as it was read, or is already what is wanted: the same is sent twice.

    Raises:
        Changed: somebody else wrote something else meanwhile.

    """
    if now not in (read, wanted):
        raise Changed("changé entre-temps")


class Taken(Changed):
    """Somebody else took the slot, or its last place."""
