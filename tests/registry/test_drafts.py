"""What may be written in an agenda: every rule, with its field and its words."""

from datetime import date

import pytest

from registry.drafts import AHEAD, CAPACITY, advice, faults
from registry.recurrence import interval
from tests.registry.test_recurrence import MONDAY, PARIS, REUNION, at, draft

NOW = at("2026-10-19T07:00")
"""Nine o'clock on that Monday, in Paris."""


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"kind": "rdv"}, "kind"),
        ({"modalities": ()}, "modalities"),
        ({"modalities": ("cabinet", "fax")}, "modalities"),
        ({"starts": 485}, "starts"),
        ({"starts": -15}, "starts"),
        ({"starts": 1_440}, "starts"),
        ({"ends": 725}, "ends"),
        ({"ends": 1_455}, "ends"),
        ({"starts": 720, "ends": 720}, "ends"),
        ({"starts": 735, "ends": 720}, "ends"),
        ({"capacity": None}, "capacity"),
        ({"capacity": 0}, "capacity"),
        ({"capacity": CAPACITY + 1}, "capacity"),
        ({"kind": "creneau", "capacity": 2}, "capacity"),
        ({"weekdays": (7,)}, "weekdays"),
        ({"last_day": MONDAY}, "last_day"),
        ({"weekdays": (1,), "last_day": date(2026, 10, 18)}, "last_day"),
        ({"weekdays": (1,), "last_day": MONDAY}, "weekdays"),
        ({"first_day": date(2026, 10, 18)}, "first_day"),
        ({"first_day": MONDAY + AHEAD + (date(2026, 1, 2) - date(2026, 1, 1))}, "first_day"),
        ({"starts": 525}, "starts"),
    ],
    ids=str,
)
def test_a_broken_rule_is_said_of_its_field(given: dict[str, object], field: str):
    assert field in {fault.field for fault in faults(draft(**{"starts": 600, **given}), NOW, PARIS)}


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"kind": "creneau", "capacity": None},
        {"kind": "creneau", "capacity": 1},
        {"starts": 540},
        {"ends": 1_440},
        {"starts": 480, "weekdays": (0,)},
        {"weekdays": (0, 6), "last_day": MONDAY},
        {"capacity": CAPACITY, "modalities": ("teleconsultation", "domicile")},
        {"first_day": MONDAY + AHEAD},
    ],
    ids=str,
)
def test_what_holds_the_rules_has_no_fault(given: dict[str, object]):
    assert faults(draft(**{"starts": 600, **given}), NOW, PARIS) == ()


def test_every_fault_is_said_at_once():
    found = faults(draft(kind="x", modalities=(), starts=7, ends=5), NOW, PARIS)
    assert [fault.field for fault in found] == ["kind", "modalities", "starts", "ends", "ends"]
    assert all(fault.rule for fault in found)


def test_the_past_is_that_of_the_place():
    assert not faults(draft(starts=600), NOW, PARIS)
    assert [fault.field for fault in faults(draft(starts=600), NOW, REUNION)] == ["starts"]


def test_what_is_under_way_keeps_its_start_and_ends_while_it_may():
    begun = interval(draft(), MONDAY, PARIS)
    now = at("2026-10-19T07:00")
    assert [fault.field for fault in faults(draft(), now, PARIS)] == ["starts"]
    assert faults(draft(ends=555), now, PARIS, begun) == ()
    assert [fault.field for fault in faults(draft(ends=540), now, PARIS, begun)] == ["ends"]
    assert [fault.field for fault in faults(draft(starts=495), now, PARIS, begun)] == ["starts"]
    assert [fault.field for fault in faults(draft(), begun.end, PARIS, begun)] == ["starts"]


def test_a_long_creneau_is_allowed_with_advice():
    long = draft(kind="creneau", starts=600, ends=675, capacity=None)
    assert faults(long, NOW, PARIS) == ()
    assert "plage" in (advice(long) or "")
    assert advice(draft(kind="creneau", starts=600, ends=660)) is None
    assert advice(draft()) is None
