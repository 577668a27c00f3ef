"""Every rule under "What a search means", by name."""

from dataclasses import replace
from itertools import pairwise
from typing import get_args

import pytest
from msgspec.structs import replace as replace_offer

from models.calls import KEPT_S, SINKING
from models.codes import Viewer
from models.geo import Point
from models.offer import Code, FruitlessCall, Participation, Sinking, StructureRef, tie
from relevance import oracle, signals, widening
from relevance.criteria import LOSSES, ORDER, TABLE, Name, asked, forbidden
from relevance.found import CAP, Count
from relevance.judge import State, judge
from relevance.plan import Circle, Membership, Order, Plan, Window
from relevance.rungs import concessions, loss, order, rungs
from relevance.signals import Signal
from relevance.text import ABBREVIATIONS, PREFIX, TYPO, question
from tests.relevance.factory import AT, HERE, HOUR, creneau, creneau_at, instant, north, offer, plage, plan


def states(one, asked_plan):
    return {name.value: state.value for name, state in judge(one, asked_plan).states.items()}


def found(offers, asked_plan):
    return oracle.search(offers, asked_plan)


def names(hits):
    return [hit.offer.name for hit in hits]


# Exact and approximate ----------------------------------------------------------------------------------------------


def test_exact_meets_every_criterion_and_approximate_at_least_one():
    both = offer("A A", care=["suture"])
    one = offer("B B", care=["vaccination"])
    none = offer("C C", care=["vaccination"], profession="60")
    answer = found([both, one, none], plan(professions={"10"}, care={"suture"}))
    assert names(answer.exact.hits) == ["A A"]
    assert names(answer.approximate.hits) == ["B B"]
    assert answer.approximate.total == Count(1)


def test_a_request_with_one_criterion_has_no_approximate_part():
    answer = found([offer("A A"), offer("B B", profession="60")], plan(professions={"10"}))
    assert names(answer.exact.hits) == ["A A"]
    assert (answer.approximate.total.value, answer.rungs) == (0, ())


def test_totals_are_exact_up_to_ten_thousand_then_at_least():
    assert Count.of(CAP) == Count(CAP, exact=True)
    assert Count.of(CAP + 1) == Count(CAP, exact=False)


def test_the_kind_is_a_filter_and_is_never_given_up():
    structure = offer(structure_name="MSP", professions=None)
    answer = found([structure, offer("A A")], plan(professions={"10"}, care={"suture"}, kind="structure"))
    assert not answer.exact.hits
    assert not answer.approximate.hits


def test_the_same_approximate_page_is_never_longer_than_asked():
    offers = [offer(f"A {number}", care=None) for number in range(30)]
    answer = found(offers, plan(professions={"10"}, care={"suture"}))
    assert len(answer.approximate.hits) == 20
    assert answer.approximate.more


# Unknown ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["care", "equipment", "skills", "languages", "specialties"])
def test_a_list_that_nobody_declared_is_unknown_and_a_declared_one_without_the_value_is_unmet(name):
    criterion = {"skills": "skill", "languages": "language", "specialties": "specialty"}.get(name, name)
    request = plan(**{name: {"x"}})
    assert states(offer(**{name: None}), request)[criterion] == "unknown"
    assert states(offer(**{name: []}), request)[criterion] == "unmet"
    assert states(offer(**{name: ["y"]}), request)[criterion] == "unmet"
    assert states(offer(**{name: ["y", "x"]}), request)[criterion] == "met"


@pytest.mark.parametrize("name", ["accessible", "new_patients"])
def test_yes_no_attributes_are_unknown_until_declared(name):
    request = plan(**{name: True})
    assert [states(offer(**{name: value}), request)[name] for value in (None, False, True)] == [
        "unknown",
        "unmet",
        "met",
    ]


def test_the_sector_is_unknown_until_declared():
    request = plan(sectors={"1"})
    values = (None, Code("2", "2"), Code("1", "1"))
    assert [states(offer(sector=value), request)["sector"] for value in values] == ["unknown", "unmet", "met"]


def test_a_structure_without_known_activity_has_unknown_professions():
    request = plan(professions={"10"})
    assert states(offer(structure_name="MSP", professions=None), request)["profession"] == "unknown"


def test_the_structure_type_is_that_of_the_place_of_practice():
    request = plan(structure_types={"603"})
    assert states(offer(structure=StructureRef(type=Code("603", "MSP"))), request)["structure_type"] == "met"
    assert states(offer(), request)["structure_type"] == "unknown"


@pytest.mark.parametrize(
    ("asked_for", "declared"),
    [
        ({"participation": {"any"}}, Participation(active=False)),
        ({"participation": {"cpts"}}, Participation(active=True, via="msp")),
        ({"overbooking": True}, Participation(active=True)),
        ({"reorientation": True}, Participation(active=True)),
    ],
)
def test_participation_overbooking_and_reorientation_not_declared_are_unmet(asked_for, declared):
    (name,) = asked_for
    assert states(offer(participation=None), plan(**asked_for))[name] == "unmet"
    assert states(offer(participation=declared), plan(**asked_for))[name] == "unmet"


def test_participation_through_an_asked_way_is_met():
    one = offer(participation=Participation(active=True, via="cpts", overbooking=True, reorientation=True))
    request = plan(participation={"cpts", "msp"}, overbooking=True, reorientation=True)
    assert set(states(one, request).values()) == {"met"}


def test_unknown_is_given_up_like_unmet_in_the_same_rung_and_lifted_inside_it():
    far, silent = offer("Far A", north(100), care=["x"]), offer("Silent B", north(100), care=None)
    answer = found([far, silent], plan(professions={"10"}, care={"suture"}))
    assert [count.rung for count in answer.rungs] == [("care",)]
    assert names(answer.approximate.hits) == ["Silent B", "Far A"]
    assert judge(silent, plan(professions={"10"}, care={"suture"})).values[Signal.TO_VERIFY] == 1


def test_to_verify_needs_every_given_up_criterion_to_be_unknown():
    one = offer(care=None, equipment=[])
    request = plan(professions={"10"}, care={"suture"}, equipment={"ecg"})
    assert judge(one, request).values[Signal.TO_VERIFY] == 0


def test_when_is_unknown_if_nothing_matches_and_a_source_could_not_be_asked():
    request = plan(hours=(0, 4), professions={"10"})
    assert states(offer(slot_state="unknown"), request)["when"] == "unknown"
    assert states(offer(slots=[creneau(30)], slot_state="unknown"), request)["when"] == "unknown"
    assert states(offer(slots=[creneau(1)], slot_state="unknown"), request)["when"] == "met"


def test_someone_without_any_source_of_slots_is_unmet():
    assert states(offer(slot_state="none"), plan(hours=(0, 4)))["when"] == "unmet"
    assert states(offer(slot_state="known"), plan(hours=(0, 4)))["when"] == "unmet"


# When and modality --------------------------------------------------------------------------------------------------

DOMICILE_TONIGHT = {"hours": (0, 4), "modalities": ("domicile",)}


def test_one_availability_in_the_window_and_of_the_modality_meets_both():
    assert states(offer(slots=[creneau(2, "domicile")]), plan(**DOMICILE_TONIGHT)) == {"modality": "met", "when": "met"}


def test_two_availabilities_that_each_meet_one_do_not_meet_both():
    one = offer(slots=[creneau(2, "cabinet"), creneau(30, "domicile")])
    assert states(one, plan(**DOMICILE_TONIGHT)) == {"modality": "met", "when": "unmet"}


def test_the_asked_modality_within_72_hours_gives_up_when_only():
    assert judge(offer(slots=[creneau(71, "domicile")]), plan(**DOMICILE_TONIGHT)).rung == ("when",)


def test_any_availability_in_the_window_gives_up_modality_only():
    assert judge(offer(slots=[creneau(2)]), plan(**DOMICILE_TONIGHT)).rung == ("modality",)


def test_otherwise_both_are_given_up():
    assert judge(offer(slots=[creneau(30)]), plan(**DOMICILE_TONIGHT)).rung == ("modality", "when")


def test_with_modality_alone_the_window_is_the_72_hours():
    request = plan(modalities=("domicile",))
    assert states(offer(slots=[creneau(71.9, "domicile")]), request)["modality"] == "met"
    assert states(offer(slots=[creneau(72, "domicile")]), request)["modality"] == "unmet"


def test_a_creneau_is_in_a_window_if_it_starts_in_it():
    request = plan(hours=(2, 4))
    starts = (1.9, 2, 3.9, 4)
    assert [states(offer(slots=[creneau(hour)]), request)["when"] for hour in starts] == [
        "unmet",
        "met",
        "met",
        "unmet",
    ]


def test_a_creneau_that_started_before_the_clock_is_gone():
    assert states(offer(slots=[creneau(-0.1)]), plan(hours=(0, 4)))["when"] == "unmet"


def test_a_plage_is_in_a_window_if_it_starts_before_its_end_and_ends_after_its_start():
    request = plan(hours=(2, 4))
    spans = ((0, 2), (0, 2.1), (3, 9), (4, 9), (-5, 1))
    expected = ["unmet", "met", "met", "unmet", "unmet"]
    assert [states(offer(slots=[plage(*span)]), request)["when"] for span in spans] == expected


def test_an_empty_plage_overlaps_nothing():
    assert states(offer(slots=[plage(3, 3)]), plan(hours=(2, 4)))["when"] == "unmet"
    assert judge(offer(slots=[plage(3, 3)]), plan()).seen == ()


def test_a_plage_that_has_begun_counts_now_and_is_in_band_zero():
    judgement = judge(offer(slots=[plage(-3, 1)]), plan(hours=(0, 4)))
    assert judgement.states[Name.WHEN] is State.MET
    assert judgement.values[Signal.BAND] == 1


@pytest.mark.parametrize(
    ("hour", "band"), [(0, 0), (3.99, 0), (4, 1), (8, 2), (12, 3), (23.99, 3), (24, 4), (48, 5), (71.99, 5)]
)
def test_time_bands_are_without_their_end(hour, band):
    assert judge(offer(slots=[creneau(hour)]), plan()).values[Signal.BAND] == pytest.approx((6 - band) / 6)


@pytest.mark.parametrize(
    ("at", "start", "band"),
    [
        # Paris, 29 March: from 2 h to 3 h; by the clocks on the wall, the second one would be in the next band.
        ("2026-03-28T23:45+01:00", "2026-03-29T03:30+02:00", 0),
        ("2026-03-28T23:45+01:00", "2026-03-29T04:30+02:00", 0),
        ("2026-03-28T23:45+01:00", "2026-03-29T04:45+02:00", 1),
        ("2026-03-28T12:00+01:00", "2026-03-29T12:00+02:00", 3),
        # Paris, 25 October: from 3 h to 2 h; by the clocks on the wall, the third one would be in the first band.
        ("2026-10-24T23:45+02:00", "2026-10-25T02:30+02:00", 0),
        ("2026-10-24T23:45+02:00", "2026-10-25T02:30+01:00", 0),
        ("2026-10-24T23:45+02:00", "2026-10-25T03:30+01:00", 1),
        ("2026-10-24T12:30+02:00", "2026-10-25T11:30+01:00", 4),
        # Guadeloupe and La Réunion do not change their hour.
        ("2026-03-28T23:45-04:00", "2026-03-29T03:30-04:00", 0),
        ("2026-03-28T23:45-04:00", "2026-03-29T03:45-04:00", 1),
        ("2026-10-24T23:45+04:00", "2026-10-25T03:30+04:00", 0),
        ("2026-10-24T23:45+04:00", "2026-10-25T03:45+04:00", 1),
    ],
)
def test_bands_are_hours_elapsed_whatever_the_clocks_on_the_wall_do(at, start, band):
    one, request = offer("A A", slots=[creneau_at(instant(start))]), replace(plan(), at=instant(at))
    (hit,) = found([one], request).exact.hits
    assert judge(hit.offer, request).values[Signal.BAND] == pytest.approx((6 - band) / 6)


@pytest.mark.parametrize(
    ("at", "inside", "outside"),
    [
        ("2026-03-28T22:00+01:00", "2026-03-29T04:59+02:00", "2026-03-29T05:00+02:00"),
        ("2026-10-24T22:00+02:00", "2026-10-25T02:59+01:00", "2026-10-25T03:00+01:00"),
    ],
)
def test_a_window_of_six_hours_is_six_hours_elapsed_in_the_night_of_the_change(at, inside, outside):
    clock = instant(at)
    request = replace(plan(), at=clock, window=Window(clock, clock + 6 * HOUR))
    whens = [states(offer(slots=[creneau_at(instant(start))]), request)["when"] for start in (inside, outside)]
    assert whens == ["met", "unmet"]


def test_the_band_is_cut_to_the_window():
    assert judge(offer(slots=[plage(2, 10)]), plan(hours=(6, 12))).values[Signal.BAND] == pytest.approx(5 / 6)


def test_the_band_is_read_from_the_availabilities_that_meet_when_and_modality():
    one = offer(slots=[creneau(1, "cabinet"), creneau(9, "domicile")])
    assert judge(one, plan(modalities=("domicile",))).values[Signal.BAND] == pytest.approx(4 / 6)


def test_in_a_rung_that_gives_up_when_the_band_is_that_of_the_asked_modality_within_72_hours():
    one = offer(slots=[creneau(1, "cabinet"), creneau(30, "domicile")])
    assert judge(one, plan(**DOMICILE_TONIGHT)).values[Signal.BAND] == pytest.approx(2 / 6)


def test_in_a_rung_that_gives_up_modality_the_band_is_that_of_the_window():
    one = offer(slots=[creneau(5, "cabinet"), creneau(1, "cabinet")])
    judgement = judge(one, plan(hours=(4, 8), modalities=("domicile",)))
    assert judgement.values[Signal.BAND] == pytest.approx(5 / 6)
    assert judgement.values[Signal.MODALITY] == 0


def test_no_judged_availability_gives_no_band():
    assert judge(offer(slots=[creneau(30)]), plan(**DOMICILE_TONIGHT)).values[Signal.BAND] == 0


def test_modality_is_worth_more_when_asked_first():
    request = plan(modalities=("domicile", "teleconsultation", "cabinet"))
    values = [judge(offer(slots=[creneau(1, name)]), request).values[Signal.MODALITY] for name in request.modalities]
    assert values == pytest.approx([1, 2 / 3, 1 / 3])


def test_without_modality_none_is_preferred():
    assert Signal.MODALITY not in judge(offer(slots=[creneau(1)]), plan()).values


# Audiences ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("viewer", "seen"),
    [
        (Viewer.PUBLIC, {"public"}),
        (Viewer.PROFESSIONAL, {"public", "professional"}),
        (Viewer.REGULATION, {"public", "professional", "regulation", "cpts"}),
    ],
)
def test_a_viewer_sees_its_own_slots_and_the_wider_ones(viewer, seen):
    for audience in ("public", "professional", "regulation", "cpts"):
        request = plan(hours=(0, 4), viewer=viewer)
        met = states(offer(slots=[creneau(1, audience=audience)]), request)["when"] == "met"
        assert met is (audience in seen)


def test_the_public_may_not_ask_participation_overbooking_or_reorientation():
    request = plan(participation={"any"}, overbooking=True, reorientation=True, care={"x"}, viewer=Viewer.PUBLIC)
    assert set(forbidden(request)) == {Name.PARTICIPATION, Name.OVERBOOKING, Name.REORIENTATION}
    assert not forbidden(replace(request, viewer=Viewer.REGULATION))


def test_participation_and_calls_take_part_in_no_score_of_the_public():
    one = offer(participation=Participation(active=True))
    public = judge(one, plan(viewer=Viewer.PUBLIC))
    assert not public.values.keys() & {Signal.PARTICIPATION, Signal.CALL}
    weights = signals.weights("relevance", Viewer.REGULATION)
    assert judge(one, plan()).score - public.score == pytest.approx(weights["participation"] + weights["call"])


# What sinks ---------------------------------------------------------------------------------------------------------

REFUSED = FruitlessCall("refused", AT - 600, AT - 600 + 4 * HOUR)


@pytest.mark.parametrize("viewer", [Viewer.PUBLIC, Viewer.PROFESSIONAL])
@pytest.mark.parametrize("order", get_args(Order))
def test_what_a_call_gave_moves_nothing_for_anybody_but_the_regulation(viewer: Viewer, order: Order):
    one, called = (offer(slots=[creneau(1)], fruitless=fruitless) for fruitless in (None, REFUSED))
    asked_plan = plan(viewer=viewer, order=order, km=5, hours=(0, 4))
    assert judge(called, asked_plan) == judge(one, asked_plan)
    mine = replace(asked_plan, viewer=Viewer.REGULATION)
    assert judge(called, mine).score < judge(one, mine).score


@pytest.mark.parametrize("order", get_args(Order))
@pytest.mark.parametrize(("away", "behind"), [(0, 700), (1_000, 2_000), (3_000, 4_000), (5_000, 6_000)])
def test_who_refused_ten_minutes_ago_comes_after_those_nearby_free_as_soon(order: Order, away: int, behind: int):
    request = plan(order=order, professions={"10"}, hours=(0, 4), km=50)
    called = offer("Called A", north(away), slots=[creneau(1)], fruitless=REFUSED)
    other = offer("Nearby B", north(behind), slots=[creneau(2)])
    assert names(found([called, other], request).exact.hits) == ["Nearby B", "Called A"]


@pytest.mark.parametrize("order", ["relevance", "nearest"])
@pytest.mark.parametrize("away", [0, 1_000, 3_000, 5_000])
def test_who_refused_comes_before_somebody_twenty_kilometres_further(order: Order, away: int):
    request = plan(order=order, professions={"10"}, hours=(0, 4), km=50)
    called = offer("Called A", north(away), slots=[creneau(1)], fruitless=REFUSED)
    other = offer("Far B", north(away + 20_000), slots=[creneau(1)])
    assert names(found([other, called], request).exact.hits) == ["Called A", "Far B"]


def test_in_the_order_of_hours_who_refused_comes_before_who_is_free_later():
    request = plan(order="soonest", professions={"10"}, hours=(0, 24), km=50)
    called = offer("Called A", north(1_000), slots=[creneau(1)], fruitless=REFUSED)
    later = offer("Later B", north(1_000), slots=[creneau(5)])
    assert names(found([later, called], request).exact.hits) == ["Called A", "Later B"]


@pytest.mark.parametrize(("left", "value"), [(1, 0.0), (0, 1.0), (-1, 1.0)])
def test_a_call_sinks_until_it_tells_nothing_any_more(left: int, value: float):
    called = offer(fruitless=FruitlessCall("no_answer", AT + left - 1_800, AT + left))
    assert judge(called, plan()).values[Signal.CALL] == value


def test_who_was_reached_or_is_being_called_does_not_sink():
    assert {"reached", "calling"} == KEPT_S.keys() - SINKING
    assert set(get_args(Sinking)) == SINKING


@pytest.mark.parametrize(
    ("age", "value"),
    [(0, 1), (3_599, 1), (3_600, 2 / 3), (4 * HOUR - 1, 2 / 3), (4 * HOUR, 1 / 3), (12 * HOUR, 0), (23 * HOUR, 0)],
)
def test_slots_that_no_source_confirms_sink_as_they_age(age: int, value: float):
    old = offer(slots=[creneau(1)], slot_state="unknown", unseen_since=AT - age)
    for viewer in Viewer:
        assert judge(old, plan(viewer=viewer)).values[Signal.FRESHNESS] == pytest.approx(value)


def test_old_slots_come_after_confirmed_ones_nearby_and_before_none():
    request = plan(km=20, hours=(0, 24), professions={"10"})
    aged = {
        hours: offer(f"Aged {hours}", north(1_000), slots=[creneau(1)], unseen_since=AT - hours * HOUR)
        for hours in (0, 2, 6, 20)
    }
    nearby = offer("Nearby B", north(1_500), slots=[creneau(1)])
    far = offer("Far C", north(5_000), slots=[creneau(1)])
    hits = found([*reversed(aged.values()), nearby, far], request).exact.hits
    assert names(hits) == ["Aged 0", "Aged 2", "Nearby B", "Aged 6", "Aged 20", "Far C"]


def test_nothing_ages_where_no_slot_is_judged():
    """Who is silent and has no slot left is to be verified, and not below who refuses."""
    silent = offer(slot_state="unknown", unseen_since=AT - 20 * HOUR)
    hidden = offer(slots=[creneau(1, audience="regulation")], unseen_since=AT - 20 * HOUR)
    asked_plan = plan(hours=(0, 4), viewer=Viewer.PUBLIC)
    for one in (silent, hidden):
        assert judge(one, asked_plan).values[Signal.FRESHNESS] == 1
    assert judge(hidden, plan(hours=(0, 4))).values[Signal.FRESHNESS] == 0


def test_what_sinks_changes_neither_rungs_nor_totals():
    request = plan(km=5, hours=(0, 8), professions={"10"})
    slots = [creneau(1)]
    plain = [offer(f"A {rank}", north(rank * 900), slots=slots) for rank in range(9)]
    sunk = [replace_offer(one, unseen_since=AT - 20 * HOUR, fruitless=REFUSED) for one in plain]
    one, other = found(plain, request), found(sunk, request)
    assert (one.exact.total, one.approximate.total, one.rungs) == (
        other.exact.total,
        other.approximate.total,
        other.rungs,
    )
    assert names(one.exact.hits) == names(other.exact.hits)


# Area ---------------------------------------------------------------------------------------------------------------


def test_a_radius_includes_its_edge():
    assert states(offer(at=north(4_999)), plan(km=5))["area"] == "met"
    assert states(offer(at=north(5_001)), plan(km=5))["area"] == "unmet"


def test_an_area_by_radius_is_unknown_without_a_point_and_given_up_beyond():
    judgement = judge(offer(at=None), plan(km=5))
    assert judgement.states[Name.AREA] is State.UNKNOWN
    assert judgement.rung == ("area:beyond",)


def test_giving_up_the_area_has_three_steps_each_a_rung():
    request = plan(km=5, professions={"10"})
    steps = [judge(offer(at=north(metres)), request).rung for metres in (6_000, 9_999, 10_001, 19_999, 20_001)]
    assert steps == [("area:2R",), ("area:2R",), ("area:4R",), ("area:4R",), ("area:beyond",)]


def test_a_membership_is_any_of_its_codes():
    area = Membership(5_000, frozenset({"69100"}), frozenset({"38544"}), frozenset({"974"}))
    elsewhere = {"postal_code": "01000", "insee": "01053", "departement": "01"}
    assert states(offer(), plan(area=area))["area"] == "met"
    assert states(offer(**{**elsewhere, "insee": "38544"}), plan(area=area))["area"] == "met"
    assert states(offer(**{**elsewhere, "departement": "974"}), plan(area=area))["area"] == "met"
    assert states(offer(**elsewhere), plan(area=area))["area"] == "unmet"


def test_a_membership_is_unknown_for_a_place_without_any_code():
    bare = offer(postal_code=None, insee=None, departement=None)
    assert states(bare, plan(area=Membership(5_000, frozenset({"69100"}))))["area"] == "unknown"


def test_giving_up_a_membership_has_the_same_steps_from_its_origin():
    area = Membership(5_000, frozenset({"01000"}))
    request = plan(area=area, professions={"10"})
    assert [judge(offer(at=north(metres)), request).rung for metres in (0, 9_000, 19_000, 30_000)] == [
        ("area:2R",), ("area:2R",), ("area:4R",), ("area:beyond",)
    ]  # fmt: skip


def test_distances_cross_the_antimeridian():
    request = plan(near=Point(-14.0, 179.95), km=12)
    assert states(offer(at=Point(-14.0, -179.95)), request)["area"] == "met"


def test_without_radius_and_text_the_radius_doubles_until_five_are_exact():
    request = plan(km=5, professions={"10"})
    assert [choice.area.radius_m for choice in widening.choices(request)] == [5_000, 10_000, 20_000]
    assert widening.chosen(widening.choices(request), [4, 5, 9]).area == Circle(10_000)
    assert widening.chosen(widening.choices(request), [0, 1, 4]).area == Circle(20_000)
    assert widening.chosen(widening.choices(request), [5, 9, 9]).widened_from_m is None


def test_widening_stops_at_a_hundred_kilometres():
    assert [choice.area.radius_m for choice in widening.choices(plan(km=40))] == [40_000, 80_000, 100_000]
    assert [choice.area.radius_m for choice in widening.choices(plan(km=120))] == [120_000]


# Text ---------------------------------------------------------------------------------------------------------------


def meets(text, name, *, prefix=True):
    request = plan(text=question(text, prefix=prefix))
    return judge(offer(name), request).values[Signal.NAME]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("martel", "Claire MARTEL"),
        ("MARTEL claire", "Claire MARTEL"),
        ("eluard", "Éloïse ÉLUARD"),
        ("jean pierre", "Jean-Pierre MARTEL"),
        ("jeanpierre", "Jean-Pierre MARTEL"),
        ("legall", "Ana LE GALL"),
        ("le gall", "Ana LE GALL"),
        ("de la fontaine", "Ana DE LA FONTAINE"),
        ("delafontaine", "Ana DE LA FONTAINE"),
        ("nguyen", "Ana N'GUYEN"),
        ("st etienne", "Ana SAINT-ETIENNE"),
        ("saint etienne", "Ana ST ETIENNE"),
        ("Dr Martel", "Claire MARTEL"),
        ("docteur Martel", "Claire MARTEL"),
        ("sts pères", "Ana SAINTS-PERES"),
        ("saints pères", "Ana STS PERES"),
        ("stes maries", "Ana SAINTES-MARIES"),
    ],
)
def test_case_accents_hyphens_particles_elisions_and_abbreviations_do_not_matter(text, name):
    assert meets(text, name) == 1


WRITTEN_TWO_WAYS = (
    ("Claire LE GALL", "Claire LEGALL"),
    ("Ana DE LA FONTAINE", "Ana DELAFONTAINE"),
    ("Ana DU PONT", "Ana DUPONT"),
    ("Jean-Pierre MARTEL", "Jeanpierre MARTEL"),
    ("Ana N'GUYEN", "Ana NGUYEN"),
    ("Ana O'BRIEN", "Ana OBRIEN"),
    ("Ana LE BIHAN", "Ana LEBIHAN"),
    ("Ana M’BAYE", "Ana MBAYE"),
)


@pytest.mark.parametrize("way", WRITTEN_TWO_WAYS, ids=lambda way: way[1])
def test_a_name_in_several_words_and_the_same_in_one_find_each_other(way):
    for asked_name, name in (way, way[::-1]):
        assert meets(asked_name, name) == 1
        assert meets(f"Dr {asked_name}", name) == 1


def test_a_joined_name_may_still_be_growing():
    assert meets("claire le ga", "Claire LEGALL") == PREFIX
    assert meets("de la font", "Ana DELAFONTAINE") == PREFIX
    assert meets("claire le ga", "Claire LEGALL", prefix=False) == 0
    assert meets("le ga claire", "Claire LEGALL") == 0


def test_no_typo_is_forgiven_in_a_joined_name():
    assert meets("le gal", "Ana LEGALL", prefix=False) == 0
    assert meets("du pomt", "Ana DUPONT") == 0
    assert meets("jean pierre matrel", "Jeanpierre MARTEL") == 0


def test_the_best_reading_gives_the_quality_and_in_it_the_weakest_token():
    assert meets("le gall", "Ana LEGALL GALLOIS") == 1
    assert meets("jean pierre mart", "Jeanpierre MARTEL") == PREFIX


def test_neighbours_are_joined_in_questions_of_four_words_beside_titles():
    assert question("ana maria le gall").joined == (
        ("anamaria", "gall"),
        ("ana", "mariale", "gall"),
        ("ana", "maria", "legall"),
        ("anamariale", "gall"),
        ("ana", "marialegall"),
    )
    assert question("Docteur ana maria le gall").joined == question("ana maria le gall").joined
    assert question("ana maria rose le gall").joined == ()


def test_no_reading_of_a_question_is_there_twice():
    assert question("martel").joined == ()
    assert question("de la").joined == (("dela",),)
    assert question("le le gall").joined == (("lele", "gall"), ("legall",), ("lelegall",))


@pytest.mark.parametrize(
    ("short", "long"),
    [
        ("MSP des Lilas", "Maison de santé pluriprofessionnelle des Lilas"),
        ("MSP des Lilas", "Maison de santé pluridisciplinaire des Lilas"),
        ("CHRU de Nancy", "Centre hospitalier régional universitaire de Nancy"),
        ("Pharmacie des Sts Pères", "Pharmacie des Saints-Pères"),
        *((f"{short} Lilas", f"{long} Lilas") for short, long in ABBREVIATIONS),
    ],
)
def test_a_structure_s_name_is_found_by_its_abbreviation_and_back(short, long):
    for text, name in ((short, long), (long, short)):
        request = plan(text=question(text))
        assert judge(offer(structure_name=name), request).values[Signal.NAME] == 1, (name, text)


def test_a_short_form_is_found_by_the_short_forms_of_some_of_its_words():
    hospital = offer(structure_name="CHRU de Nancy")
    assert all(
        states(hospital, plan(text=question(f"{short} nancy")))["text"] == "met" for short in ("ch", "chu", "chr")
    )


def test_only_the_last_token_may_be_a_prefix_and_only_while_typing():
    assert meets("claire mar", "Claire MARTEL") == PREFIX
    assert meets("cla martel", "Claire MARTEL") == 0
    assert meets("claire mar", "Claire MARTEL", prefix=False) == 0


@pytest.mark.parametrize("text", ["matrel", "martl", "marteel", "mortel"])
def test_one_typo_is_forgiven_from_four_characters(text):
    assert meets(text, "Claire MARTEL", prefix=False) == TYPO


def test_two_typos_or_a_typo_in_a_short_word_are_not_forgiven():
    assert meets("mratle", "Claire MARTEL", prefix=False) == 0
    assert meets("ano", "Ana BUI", prefix=False) == 0


def test_the_quality_is_that_of_the_weakest_token():
    assert meets("claire matrel", "Claire MARTEL", prefix=False) == TYPO


def test_a_question_of_particles_only_is_still_a_question():
    assert question("de la").tokens == ("de", "la")
    assert question("😀 !") is None


def test_text_looks_in_the_structure_s_name_for_a_structure_and_the_person_s_for_a_person():
    person = offer("Claire MARTEL", structure=StructureRef(name="Cabinet des Lilas"))
    assert states(person, plan(text=question("lilas")))["text"] == "unmet"
    assert states(offer(structure_name="Cabinet des Lilas"), plan(text=question("lilas")))["text"] == "met"


# Order --------------------------------------------------------------------------------------------------------------


def test_nearer_comes_first_among_equals():
    answer = found([offer("Far A", north(3_000)), offer("Near B", north(300))], plan(professions={"10"}))
    assert names(answer.exact.hits) == ["Near B", "Far A"]


def test_the_distance_signal_is_pivot_over_pivot_plus_distance():
    assert judge(offer(at=north(5_000)), plan()).values[Signal.DISTANCE] == pytest.approx(0.5, abs=1e-6)
    assert judge(offer(at=None), plan()).values[Signal.DISTANCE] == 0
    assert Signal.DISTANCE not in judge(offer(), plan(near=None)).values


def test_sooner_comes_first_in_the_order_soonest():
    near, soon = offer("Near A", north(0), slots=[creneau(50)]), offer("Soon B", north(9_000), slots=[creneau(1)])
    assert names(found([near, soon], plan(professions={"10"}, order="soonest")).exact.hits) == ["Soon B", "Near A"]
    assert names(found([near, soon], plan(professions={"10"}, order="nearest")).exact.hits) == ["Near A", "Soon B"]


def test_the_wrong_profession_costs_more_than_further_away_which_costs_more_than_tomorrow():
    assert LOSSES["profession"] > LOSSES["area:beyond"] > LOSSES["area:2R"] > LOSSES["when"]


def test_losses_are_exact_in_binary():
    assert all(row.loss * 4 == int(row.loss * 4) and row.loss > 0 for row in TABLE)


def test_the_ladder_is_read_by_loss_then_positions_then_score():
    request = plan(km=5, professions={"10"}, hours=(0, 4))
    tomorrow = offer("Tomorrow A", north(0), slots=[creneau(30)])
    further = offer("Further B", north(6_000), slots=[creneau(1)])
    nurse = offer("Nurse C", north(0), slots=[creneau(1)], profession="60")
    answer = found([nurse, further, tomorrow], request)
    assert names(answer.approximate.hits) == ["Tomorrow A", "Further B", "Nurse C"]
    assert [count.rung for count in answer.rungs] == [("when",), ("area:2R",), ("profession",)]


def test_between_rungs_of_the_same_loss_the_first_positions_given_up_come_first():
    request = plan(km=5, professions={"10"}, modalities=("domicile",), sectors={"1"})
    assert loss(("area:2R", "sector")) == loss(("modality",)) == 2.25
    ladder = list(rungs(request))
    assert ladder[:8] == [
        ("area:2R",),
        ("sector",),
        ("area:2R", "sector"),
        ("modality",),
        ("area:4R",),
        ("area:2R", "modality"),
        ("modality", "sector"),
        ("area:4R", "sector"),
    ]


def test_inside_a_rung_the_score_decides_and_never_between_rungs_of_the_same_loss():
    request = plan(km=5, professions={"10"}, modalities=("domicile",), sectors={"1"}, order="nearest")
    sector_1, sector_2 = {"sector": Code("1", "1")}, {"sector": Code("2", "2")}
    here = offer("Here A", north(0), slots=[creneau(1)], **sector_1)
    near = offer("Near B", north(6_000), slots=[creneau(1, "domicile")], **sector_2)
    far = offer("Far C", north(9_000), slots=[creneau(1, "domicile")], **sector_2)
    hits = found([here, far, near], request).approximate.hits
    assert [hit.position.rung for hit in hits] == [("area:2R", "sector")] * 2 + [("modality",)]
    assert names(hits) == ["Near B", "Far C", "Here A"]
    assert hits[0].position.score > hits[1].position.score < hits[2].position.score


def test_rungs_come_in_order_each_once_and_leave_a_criterion_met():
    request = plan(km=5, professions={"10"}, hours=(0, 4), modalities=("domicile",), care={"x"})
    ladder = list(rungs(request))
    assert len(ladder) == len(set(ladder)) == 2**4 * 4 - 1 - 3
    assert all(order(before) <= order(after) for before, after in pairwise(ladder))
    assert all(len(rung) < len(asked(request)) for rung in ladder)
    assert concessions(request) == tuple(rung for rung in ladder if len(rung) == 1)
    assert loss(("area:2R", "when")) == LOSSES["area:2R"] + LOSSES["when"]


def test_every_order_ends_with_a_fixed_hash_of_the_id():
    offers = [offer(f"Twin {number}", north(1_000)) for number in range(40)]
    hits = found(offers, plan(professions={"10"})).exact.hits
    assert [tie(hit.offer.id) for hit in hits] == sorted(tie(one.id) for one in offers)


@pytest.mark.parametrize(("asked_name", "beside"), [("martin", "Ana MARTINE"), ("martine", "Ana MARTIN")])
def test_a_name_that_is_asked_precedes_one_like_it_that_is_nearer_and_free_now(asked_name, beside):
    asked = f"Paul {asked_name.upper()}"
    offers = [offer(asked, north(20_000)), offer(beside, north(500), slots=[creneau(1, "cabinet")])]
    assert names(found(offers, plan(text=question(asked_name, prefix=True))).exact.hits)[0] == asked


def test_weights_of_a_profile_sum_to_one():
    for profile in signals.PROFILES.values():
        assert set(profile) == set(Signal)
        assert sum(weight.value for weight in profile.values()) == pytest.approx(1)


CRITERIA_OF_THE_DESIGN = {
    "text (name of a person or structure)": Name.TEXT,
    "profession": Name.PROFESSION,
    "specialty": Name.SPECIALTY,
    "structure type": Name.STRUCTURE_TYPE,
    "skill": Name.SKILL,
    "care offered (PEC)": Name.CARE,
    "equipment": Name.EQUIPMENT,
    "area": Name.AREA,
    "modality": Name.MODALITY,
    "when": Name.WHEN,
    "SAS participation": Name.PARTICIPATION,
    "overbooking (en sus des disponibilités)": Name.OVERBOOKING,
    "forfait de réorientation": Name.REORIENTATION,
    "convention sector": Name.SECTOR,
    "step-free access": Name.ACCESSIBLE,
    "spoken language": Name.LANGUAGE,
    "takes new patients": Name.NEW_PATIENTS,
    "CPTS status": None,
}
"""The status that a CPTS gives someone is its coordinators' own: it comes with their accounts."""


def test_the_table_has_every_criterion_of_the_design_but_the_status_in_a_cpts():
    in_the_table = [name for name in CRITERIA_OF_THE_DESIGN.values() if name]
    assert sorted(in_the_table) == sorted(ORDER)
    assert [said for said, name in CRITERIA_OF_THE_DESIGN.items() if name is None] == ["CPTS status"]


def test_the_table_has_every_criterion_and_the_area_once_per_step():
    assert set(ORDER) == set(Name)
    assert [row.key for row in TABLE if row.criterion is Name.AREA] == ["area:2R", "area:4R", "area:beyond"]
    assert all(row.reason and row.unknown and row.label for row in TABLE)


def test_the_plan_of_nothing_asks_nothing():
    assert asked(Plan(at=0)) == ()
    assert plan(near=HERE).searched == plan(near=HERE).horizon
