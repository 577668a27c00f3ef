"""What Elasticsearch is asked: plans in, bodies out, compared by equality."""

from typing import Any

import msgspec
import pytest

from indexer import elastic_bodies as bodies
from indexer import elastic_clauses as q
from indexer import elastic_query as query
from indexer.elastic_cells import cover
from indexer.elastic_documents import TIE_SHIFT, encode
from indexer.elastic_fields import FIELDS, F
from indexer.elastic_mapping import FIELD_TYPES, mapping, properties
from indexer.elastic_scan import scale, scan
from models.codes import Viewer
from models.geo import Point
from relevance.criteria import ORDER, Name, asked
from relevance.found import Position
from relevance.plan import Circle, Membership, Plan, Text, Window
from relevance.rungs import EXACT, concessions, order, rungs
from relevance.text import EQUAL, PREFIX, TYPO
from tests.contract.corpus import CLOCK, HOUR, corpus

LYON = Point(45.75, 4.85)
TONIGHT = Window(CLOCK, CLOCK + 4 * HOUR)
MS = 1000

EVERYTHING = Plan(
    at=CLOCK,
    viewer=Viewer.REGULATION,
    kind="professional",
    text=Text(("martel", "le"), prefix=True),
    professions=frozenset({"10"}),
    specialties=frozenset({"SM54"}),
    structure_types=frozenset({"124"}),
    skills=frozenset({"CAPA05"}),
    care=frozenset({"suture"}),
    equipment=frozenset({"ecg"}),
    languages=frozenset({"ar"}),
    sectors=frozenset({"1"}),
    participation=frozenset({"cpts"}),
    overbooking=True,
    reorientation=True,
    accessible=True,
    new_patients=True,
    origin=LYON,
    area=Circle(10_000),
    window=TONIGHT,
    modalities=("domicile", "cabinet"),
)


def named_fields(body: Any) -> set[str]:
    """Every field that a body names, wherever it is."""
    if isinstance(body, list | tuple):
        return {field for each in body for field in named_fields(each)}
    if not isinstance(body, dict):
        return set()
    own = {key for key in body if key in FIELDS or "." in key}
    own |= {body["field"]} if isinstance(body.get("field"), str) else set()
    return own | {field for each in body.values() for field in named_fields(each)}


def regulator(**more: Any) -> Plan:
    """A doctor within 10 km tonight."""
    asked_for = {"professions": frozenset({"10"}), "origin": LYON, "area": Circle(10_000.0), "window": TONIGHT}
    return Plan(**{"at": CLOCK, "viewer": Viewer.REGULATION} | asked_for | more)


def available(modality: str, start: int, end: int) -> dict[str, Any]:
    return {"range": {f"available.regulation.{modality}": {"gte": start * MS, "lt": end * MS}}}


def test_every_criterion_has_its_filter():
    assert set(query.MET) == set(Name) == set(asked(EVERYTHING))


def test_every_field_is_mapped_and_every_mapped_field_is_named():
    assert set(FIELD_TYPES) == FIELDS


def test_every_queried_field_is_mapped():
    numbers = scale(regulator())
    assert numbers is not None
    asked_for = [query.ranked(EVERYTHING, rung).query for rung in (EXACT, *concessions(EVERYTHING))]
    asked_for += [bodies.inner_counts(EVERYTHING), bodies.ring_counts(EVERYTHING, LYON), scan(regulator(), numbers, 20)]
    assert named_fields(asked_for) <= FIELDS


def test_documents_have_mapped_fields_only():
    known = mapping("offers", "g")["properties"]
    assert known == properties(FIELD_TYPES)
    for offer in corpus(1, 50):
        assert set(msgspec.json.decode(encode(offer))) <= set(known)


def test_the_exact_part_is_one_conjunction_of_filters_with_its_signals_beside():
    assert query.ranked(regulator()).query == {
        "bool": {
            "filter": [
                near_lyon(10_000),
                q.within(F.POINT, LYON, 10_000.0),
                {"term": {"profession": "10"}},
                available("any", CLOCK, CLOCK + 4 * HOUR),
            ],
            "should": [
                q.nearness(F.POINT, LYON, 5_000.0, 0.19),
                everybody_but(q.until(F.UNSEEN_SINCE, CLOCK - HOUR), 0.03),
                q.constant(seen(4, 1), 0.03 * (2 / 3)),
                q.constant(seen(12, 4), 0.03 * (1 / 3)),
                q.constant(q.term(F.PARTICIPATION, "any"), 0.02),
                everybody_but(q.after(F.SINKS_UNTIL, CLOCK), 0.05),
            ],
            "minimum_should_match": 0,
        }
    }


def everybody_but(few: dict[str, Any], boost: float) -> dict[str, Any]:
    return q.constant({"bool": {"filter": [{"match_all": {}}], "must_not": [few]}}, boost)


def seen(older: int, newer: int) -> dict[str, Any]:
    """Last seen before so many hours ago, not before so many others."""
    return q.between(F.UNSEEN_SINCE, [(CLOCK - older * HOUR + 1, CLOCK - newer * HOUR)])


def test_what_every_offer_of_a_rung_is_worth_alike_is_not_asked():
    assert query.ranked(regulator()).offset == pytest.approx(0.105)
    assert query.ranked(regulator(participation=frozenset({"any"}))).offset == pytest.approx(0.105 + 0.02)


def test_only_slots_that_are_judged_age():
    """Of who asks no time, offers with nothing to judge are in the same rung: for them nothing ages."""
    plan = regulator(window=None)
    shown = available("any", CLOCK, CLOCK + 72 * HOUR)
    old = q.all_of([shown, q.until(F.UNSEEN_SINCE, CLOCK - HOUR)])
    should = query.ranked(plan).query["bool"]["should"]
    assert everybody_but(old, 0.03) in should
    assert q.constant(q.all_of([shown, seen(4, 1)]), 0.03 * (2 / 3)) in should


def test_where_nothing_is_judged_nothing_ages():
    question = query.ranked(regulator(modalities=("domicile",)), ("modality", "when"))
    assert "unseen_since" not in named_fields(question.query)
    assert question.offset == pytest.approx(0.03)


def test_a_call_is_asked_of_for_the_regulation_alone():
    assert "sinks_until" in named_fields(query.ranked(regulator()).query)
    for viewer in (Viewer.PUBLIC, Viewer.PROFESSIONAL):
        assert "sinks_until" not in named_fields(query.ranked(regulator(viewer=viewer)).query)


def test_several_values_of_a_criterion_are_alternatives():
    assert query.MET[Name.PROFESSION](regulator(professions=frozenset({"60", "10"}))) == {
        "terms": {"profession": ["10", "60"]}
    }


def near_lyon(metres: float) -> dict[str, Any]:
    """The neighbourhood of a circle around Lyon."""
    return q.between(F.CELL, cover(LYON, metres))


def test_an_area_given_up_is_a_ring_and_rings_are_disjoint():
    inside, near, far = (q.within(F.POINT, LYON, metres) for metres in (10_000.0, 20_000.0, 40_000.0))
    plan = regulator()
    assert query.area(plan, None) == ([near_lyon(10_000), inside], [])
    assert query.area(plan, "area:2R") == ([near_lyon(20_000), near], [inside])
    assert query.area(plan, "area:4R") == ([near_lyon(40_000), far], [near])
    assert query.area(plan, "area:beyond") == ([], [far])


def test_the_rings_of_a_membership_leave_out_its_members_wherever_they_are():
    codes = {"postal_codes": frozenset({"69100"}), "departements": frozenset({"38", "01"})}
    plan = regulator(area=Membership(10_000.0, **codes))
    members = {"bool": {"should": [{"term": {"postal_code": "69100"}}, {"terms": {"departement": ["01", "38"]}}]}}
    near, far = (q.within(F.POINT, LYON, metres) for metres in (20_000.0, 40_000.0))
    assert query.area(plan, None) == ([members], [])
    assert query.area(plan, "area:2R") == ([near_lyon(20_000), near], [members])
    assert query.area(plan, "area:4R") == ([near_lyon(40_000), far], [members, near])
    assert query.area(plan, "area:beyond") == ([], [members, far])


def test_when_and_modality_are_kept_by_one_availability():
    moment = query.time(regulator(modalities=("domicile",)), frozenset())
    assert moment.must == (available("domicile", CLOCK, CLOCK + 4 * HOUR),)
    assert moment.must_not == ()


def test_when_given_up_keeps_an_asked_modality_within_72_hours():
    moment = query.time(regulator(modalities=("domicile",)), frozenset({Name.WHEN}))
    assert moment.must == (available("domicile", CLOCK, CLOCK + 72 * HOUR),)
    assert moment.must_not == (available("domicile", CLOCK, CLOCK + 4 * HOUR),)


def test_modality_given_up_keeps_the_window_and_has_no_asked_modality_at_all():
    moment = query.time(regulator(modalities=("domicile",)), frozenset({Name.MODALITY}))
    assert moment.must == (available("any", CLOCK, CLOCK + 4 * HOUR),)
    assert moment.must_not == (available("domicile", CLOCK, CLOCK + 72 * HOUR),)


def test_both_given_up_have_neither():
    moment = query.time(regulator(modalities=("domicile",)), query.TIME)
    assert (moment.must, moment.judged) == ((), None)
    assert moment.must_not == (
        available("domicile", CLOCK, CLOCK + 72 * HOUR),
        available("any", CLOCK, CLOCK + 4 * HOUR),
    )


def test_bands_are_cumulative_and_cut_to_the_window():
    plan = regulator(window=Window(CLOCK + 6 * HOUR, CLOCK + 20 * HOUR))
    bands = [clause["constant_score"] for clause in query.ranked(plan).query["bool"]["should"][1:3]]
    assert [band["filter"] for band in bands] == [
        available("any", CLOCK + 6 * HOUR, CLOCK + 8 * HOUR),
        available("any", CLOCK + 6 * HOUR, CLOCK + 12 * HOUR),
    ]
    assert [band["boost"] for band in bands] == pytest.approx([0.105 / 6, 0.105 / 6])
    assert query.ranked(plan).offset == pytest.approx(0.105 * 3 / 6)


def test_bands_known_to_be_empty_are_not_asked():
    """Who gives up the window has nothing in it."""
    judged = query.ranked(regulator(), ("when",)).query["bool"]["should"]
    spans = [
        clause["constant_score"]["filter"]["range"]
        for clause in judged
        if "range" in clause.get("constant_score", {}).get("filter", {})
    ]
    ends = [span["available.regulation.any"]["lt"] // MS for span in spans]
    assert ends == [CLOCK + hours * HOUR for hours in (8, 12, 24, 48, 72)]


def test_the_viewer_decides_the_field_of_availabilities():
    (must,) = query.time(regulator(viewer=Viewer.PUBLIC), frozenset()).must
    assert set(must["range"]) == {"available.public.any"}


def test_participation_takes_no_part_for_others_than_the_regulation():
    assert "participation" not in named_fields(query.ranked(regulator(viewer=Viewer.PUBLIC)).query)


def test_a_name_is_met_at_nested_levels_and_a_short_token_forgives_no_typo():
    levels = dict(query.name_levels(Text(("martel", "le"))))
    term, typo, prefix = q.term(F.NAME, "martel"), q.one_typo(F.NAME, "martel"), q.prefix(F.NAME, "le")
    assert levels == {
        EQUAL: {"bool": {"filter": [term, q.term(F.NAME, "le")]}},
        PREFIX: {"bool": {"filter": [term, prefix]}},
        TYPO: {"bool": {"filter": [{"bool": {"should": [term, typo]}}, prefix]}},
    }


def test_a_name_is_met_by_the_tokens_of_one_of_the_readings_and_a_joined_one_forgives_no_typo():
    levels = dict(query.name_levels(Text(("gall",), joined=(("legall",),))))
    typo = {"bool": {"should": [q.prefix(F.NAME, "gall"), q.one_typo(F.NAME, "gall")]}}
    assert levels == {
        EQUAL: {"bool": {"should": [q.term(F.NAME, "gall"), q.term(F.NAME, "legall")]}},
        PREFIX: {"bool": {"should": [q.prefix(F.NAME, "gall"), q.prefix(F.NAME, "legall")]}},
        TYPO: {"bool": {"should": [typo, q.prefix(F.NAME, "legall")]}},
    }


def test_a_rung_is_verified_by_what_is_unknown_of_everything_given_up():
    (clause,) = [
        clause["constant_score"]["filter"]
        for clause in query.ranked(EVERYTHING, ("skill", "area:beyond", "modality", "when")).query["bool"]["should"]
        if "unknown" in named_fields(clause)
    ]
    assert clause == {"bool": {"filter": [q.term(F.UNKNOWN, tag) for tag in ("skill", "point", "when")]}}


@pytest.mark.parametrize("rung", [("text",), ("participation", "when"), ("area:2R",), EXACT])
def test_what_is_never_unknown_is_never_to_be_verified(rung):
    assert "unknown" not in named_fields(query.ranked(EVERYTHING, rung).query)


def test_a_page_goes_on_after_the_engine_s_own_sort_values():
    question = query.Question({"match_all": {}}, 0.25)
    body = bodies.hits(question, 20, Position(EXACT, 0.75, TIE_SHIFT + 7, "p1"))
    assert body["search_after"] == [0.5, 7]
    assert body["sort"] == ({"_score": "desc"}, {"tie": "asc"})


def test_all_but_one_criterion_tells_the_rungs_inside_the_area():
    plan = regulator(care=frozenset({"suture"}), modalities=("domicile",))
    body = bodies.inner_counts(plan)
    assert body["query"]["bool"]["minimum_should_match"] == 2
    assert set(body["aggs"]["counted"]["filters"]["filters"]) == {"profession", "care", "when", "modality"}


def test_rings_are_counted_by_distance_inside_a_neighbourhood():
    body = bodies.ring_counts(regulator(), LYON)
    ranges = body["aggs"]["counted"]["geo_distance"]["ranges"]
    assert ranges == [
        {"key": "area:2R", "from": 10_000, "to": 20_000},
        {"key": "area:4R", "from": 20_000, "to": 40_000},
    ]
    assert near_lyon(40_000) in body["query"]["bool"]["filter"]


def test_the_scan_s_numbers_order_the_rungs_like_the_ladder_and_tell_them():
    plan = regulator(modalities=("cabinet",), languages=frozenset({"ar"}), sectors=frozenset({"1"}), accessible=True)
    numbers = scale(plan)
    ladder = list(rungs(plan))
    assert ladder == sorted(ladder, key=order)
    scores = [numbers.score(rung) for rung in ladder]
    assert scores == sorted(scores, reverse=True)
    assert len(set(scores)) == len(scores)
    assert [numbers.rung(float(score)) for score in scores] == ladder


def test_the_scan_s_numbers_are_whole_in_float32_or_there_is_no_scan():
    assert scale(EVERYTHING) is None
    fewer = Plan(at=CLOCK, origin=LYON, area=Circle(1_000), professions=frozenset({"10"}), window=TONIGHT)
    assert scale(fewer).whole < 1 << 24


def test_a_facet_leaves_its_own_criterion_out_and_the_others_share_a_search():
    plan = regulator(care=frozenset({"suture"}))
    asked_for = dict(bodies.facets(plan, (Name.PROFESSION, Name.CARE, Name.SECTOR, Name.LANGUAGE)))
    assert set(asked_for) == {(Name.PROFESSION,), (Name.CARE,), (Name.SECTOR, Name.LANGUAGE)}
    assert "profession" not in named_fields(asked_for[Name.PROFESSION,]["query"])
    assert {"profession", "care"} <= named_fields(asked_for[Name.SECTOR, Name.LANGUAGE]["query"])


def test_every_criterion_is_in_the_table_s_order():
    assert asked(EVERYTHING) == ORDER
