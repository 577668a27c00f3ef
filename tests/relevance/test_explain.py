"""The sentences: what is said of criteria, signals and rungs is what the rules decided."""

from dataclasses import replace

import pytest

from models.codes import VIAS, Viewer
from models.offer import Code, FruitlessCall, Offer, Participation, SilentSource, Sinking
from relevance import explain
from relevance.criteria import TABLE, Name
from relevance.found import Count
from relevance.judge import State, judge
from relevance.plan import Circle, Membership, Plan
from relevance.rungs import concessions
from relevance.text import question
from tests.relevance.factory import AT, HERE, HOUR, creneau, creneau_at, instant, north, offer, plage, plan

PARIS, GUADELOUPE, REUNION = "Europe/Paris", "America/Guadeloupe", "Indian/Reunion"
# The tests' clock is on a Wednesday at 12:47 in Paris.


def said(found: Offer, asked: Plan) -> dict[str, str]:
    """The sentence of each criterion."""
    return {told.name.value: told.label for told in explain.criteria(found, asked, judge(found, asked))}


def why(found: Offer, asked: Plan) -> dict[str, str]:
    """The sentence of each signal."""
    return {reason.signal.value: reason.text for reason in explain.reasons(found, asked, judge(found, asked))}


@pytest.mark.parametrize(
    ("metres", "words"),
    [
        (0, "0 m"),
        (64, "60 m"),
        (994, "990 m"),
        (996, "1 km"),
        (1_204, "1,2 km"),
        (5_000, "5 km"),
        (9_960, "10 km"),
        (23_400, "23 km"),
        (6_819_000, "6\u202f819 km"),
    ],
)
def test_a_distance_is_said_as_people_do(metres: float, words: str):
    assert explain.km(metres) == words


@pytest.mark.parametrize(
    ("distance", "words"),
    [
        (1_204, "À 1,2 km (5 km demandés)"),
        (7_400, "À 7,4 km (5 km demandés)"),
        (5_020, "À 5 km (5 km demandés, juste au-delà)"),
    ],
)
def test_the_area_says_how_far_and_what_was_asked(distance: float, words: str):
    assert said(offer(at=north(distance)), plan(km=5))["area"] == words


def test_an_offer_beyond_the_first_radius_says_that_the_area_grew():
    grown = plan(area=Circle(10_000), widened_from_m=5_000)
    assert said(offer(at=north(7_400)), grown)["area"] == "À 7,4 km (zone élargie à 10 km)"
    assert said(offer(at=north(3_000)), grown)["area"] == "À 3 km (5 km par défaut)"
    assert explain.widened(grown) == "zone élargie à 10 km : trop peu de résultats à 5 km"
    assert explain.widened(plan(km=5)) is None


def test_an_address_without_a_point_is_not_called_far():
    assert said(offer(at=None), plan(km=5))["area"] == "Adresse sans point : distance inconnue"


def test_a_membership_says_inside_or_outside_and_how_far():
    area = Membership(5_000, postal_codes=frozenset({"69100"}))
    assert said(offer(at=north(1_000)), plan(area=area))["area"] == "Dans la zone demandée, à 1 km"
    assert said(offer(at=None, postal_code="01000"), plan(area=area))["area"] == "Hors de la zone demandée"
    lost = offer(at=None, postal_code=None, insee=None, departement=None)
    assert said(lost, plan(area=area))["area"] == "Adresse sans code postal ni commune"


def test_what_nobody_declared_is_not_a_no():
    asked = plan(care=["visite-domicile"])
    assert said(offer(), asked)["care"] == "Visite à domicile : non renseigné"
    assert said(offer(care=["suture"]), asked)["care"] == "Visite à domicile : non"
    assert said(offer(care=[]), asked)["care"] == "Visite à domicile : non"


def test_alternatives_are_said_with_or_and_only_those_met_are_listed():
    asked = plan(care=["visite-domicile", "suture"])
    assert said(offer(), asked)["care"] == "Suture de plaie ou Visite à domicile : non renseigné"
    assert said(offer(care=["suture"]), asked)["care"] == "Suture"


def test_another_profession_is_named():
    assert said(offer(profession="60"), plan(professions=["10"]))["profession"] == "60, et non Médecin"


@pytest.mark.parametrize(
    ("declared", "words"),
    [
        (True, "Accès de plain-pied"),
        (False, "Accès de plain-pied : non"),
        (None, "Accès de plain-pied : non renseigné"),
    ],
)
def test_yes_no_and_unknown_are_three_sentences(declared: bool | None, words: str):  # noqa: FBT001 - the declared value
    assert said(offer(accessible=declared), plan(accessible=True))["accessible"] == words


def test_participation_says_through_whom():
    asked = plan(participation=["individual"])
    through = Participation(active=True, via="cpts")
    assert said(offer(participation=through), asked)["participation"] == (
        "Participe au SAS par une CPTS, et non à titre individuel"
    )
    assert (
        said(offer(participation=through), plan(participation=["any"]))["participation"]
        == "Participe au SAS par une CPTS"
    )
    assert said(offer(), asked)["participation"] == "Participation au SAS : non déclarée"
    assert set(VIAS) >= {"individual", "cpts"}


def test_when_says_the_first_hour_in_the_zone_of_the_place():
    asked = plan(hours=(0, 8))
    assert said(offer(slots=[creneau(3)]), asked)["when"] == "Disponible aujourd’hui à 15 h 07"
    assert said(offer(slots=[creneau(20)]), asked)["when"] == "Pas au moment demandé, mais demain à 8 h 07"
    assert said(offer(slots=[plage(-1, 2)]), asked)["when"] == "Disponible maintenant"


@pytest.mark.parametrize(
    ("zone", "at", "start", "words"),
    [
        (PARIS, "2026-03-28T23:45+01:00", "2026-03-29T03:30+02:00", "demain à 3 h 30 (tranche 0-4 h)"),
        (PARIS, "2026-03-28T23:45+01:00", "2026-03-29T04:30+02:00", "demain à 4 h 30 (tranche 0-4 h)"),
        (PARIS, "2026-10-24T23:45+02:00", "2026-10-25T02:30+02:00", "demain à 2 h 30 (tranche 0-4 h)"),
        (PARIS, "2026-10-24T23:45+02:00", "2026-10-25T03:30+01:00", "demain à 3 h 30 (tranche 4-8 h)"),
        (GUADELOUPE, "2026-03-28T23:45-04:00", "2026-03-29T03:30-04:00", "demain à 3 h 30 (tranche 0-4 h)"),
        (REUNION, "2026-10-24T23:45+04:00", "2026-10-25T03:30+04:00", "demain à 3 h 30 (tranche 0-4 h)"),
        (REUNION, "2026-10-24T23:45+02:00", "2026-10-25T03:30+01:00", "aujourd’hui à 6 h 30 (tranche 4-8 h)"),
    ],
)
def test_in_the_night_of_the_change_the_hour_is_that_of_the_place_and_the_band_is_hours_elapsed(
    zone: str, at: str, start: str, words: str
):
    one, asked = offer(slots=[creneau_at(instant(start))], time_zone=zone), replace(plan(), at=instant(at))
    assert why(one, asked)["band"] == words


def test_a_plage_that_has_begun_is_said_from_the_start_of_the_window():
    assert said(offer(slots=[plage(-1, 8)]), plan(hours=(5, 8)))["when"] == "Disponible aujourd’hui à 17 h 07"


def test_no_known_slot_is_not_no_slot():
    asked = plan(hours=(0, 8))
    assert said(offer(), asked)["when"] == "Aucun créneau connu au moment demandé"
    assert said(offer(slot_state="known"), asked)["when"] == "Aucun créneau au moment demandé"
    assert said(offer(slot_state="unknown"), asked)["when"] == "Une source de créneaux n’a pas répondu"


def test_the_public_is_not_told_that_there_is_none_when_it_cannot_see_them():
    asked = plan(hours=(0, 8), viewer=Viewer.PUBLIC)
    hidden = offer(slots=[creneau(3, audience="regulation")])
    assert said(hidden, asked)["when"] == "Aucun créneau public au moment demandé"


def test_modality_says_what_is_offered_instead():
    asked = plan(hours=(0, 8), modalities=("domicile",))
    assert said(offer(slots=[creneau(3)]), asked)["modality"] == "Au cabinet, et non à domicile"
    assert said(offer(slots=[creneau(3, "domicile")]), asked)["modality"] == "À domicile"
    assert said(offer(), asked)["modality"] == "Aucun créneau connu à domicile"
    assert said(offer(slot_state="unknown"), asked)["modality"] == "À domicile : une source de créneaux n’a pas répondu"


def test_a_name_says_how_well_it_was_read():
    asked = plan(near=None, text=question("martel"))
    assert said(offer("Claire MARTEL"), asked)["text"] == "Nom exact"
    assert said(offer("Claire MARTELLE"), asked)["text"] == "Début du nom"
    assert said(offer("Claire MARTAL"), asked)["text"] == "Nom à une faute près"
    assert said(offer("Ana DURAND"), asked)["text"] == "Un autre nom"


def test_signals_say_what_was_measured():
    asked = plan(km=5, hours=(0, 24), modalities=("domicile", "cabinet"))
    reasons = why(offer(at=north(1_204), slots=[creneau(5)], participation=Participation(active=True)), asked)
    assert reasons == {
        "distance": "à 1,2 km",
        "band": "aujourd’hui à 17 h 07 (tranche 4-8 h)",
        "freshness": "créneaux à jour",
        "modality": "au cabinet",
        "participation": "participe au SAS",
        "call": "aucun appel vain",
        "to_verify": "rien à vérifier",
    }


@pytest.mark.parametrize(
    ("outcome", "ago", "words"),
    [
        ("no_answer", 600, "un appel sans réponse il y a 10 min"),
        ("refused", 7_300, "un appel refusé il y a 2 h"),
        ("full_today", 0, "complet aujourd’hui, dit par téléphone à l’instant"),
        ("refused", -20, "un appel refusé à l’instant"),
    ],
)
def test_a_call_of_which_nothing_came_says_what_it_gave_and_when(outcome: Sinking, ago: int, words: str):
    called = offer(fruitless=FruitlessCall(outcome, AT - ago, AT + 600))
    assert why(called, plan())["call"] == words


def test_slots_that_nobody_confirms_say_when_they_were_last_seen():
    asked = plan(hours=(0, 8))
    assert why(offer(slots=[creneau(3)], unseen_since=AT - 5 * HOUR), asked)["freshness"] == (
        "créneaux vus pour la dernière fois il y a 5 h"
    )
    assert why(offer(unseen_since=AT - 5 * HOUR), asked)["freshness"] == "aucun créneau à confirmer"


def test_slots_are_not_called_up_to_date_while_a_source_of_several_is_silent():
    silent = (SilentSource("editor", "brume", AT - 60),)
    assert why(offer(slots=[creneau(3)], silent_sources=silent), plan(hours=(0, 8)))["freshness"] == "une source répond"


@pytest.mark.parametrize(
    ("metres", "sector", "words"),
    [
        (1_000, None, "à vérifier : rien n’est refusé"),
        (7_000, None, "à vérifier en partie : autre chose ne convient pas"),
        (7_000, Code("1", "Secteur 1"), "rien à vérifier"),
        (1_000, Code("2", "Secteur 2"), "rien à vérifier"),
    ],
)
def test_what_is_to_verify_is_what_nobody_declared(metres: float, sector: Code | None, words: str):
    asked = plan(km=5, sectors=["1"])
    assert why(offer(at=north(metres), sector=sector), asked)["to_verify"] == words


def test_a_signal_never_speaks_of_slots_that_the_viewer_cannot_see():
    hidden = offer(slots=[creneau(3, audience="regulation")])
    assert why(hidden, plan(viewer=Viewer.PUBLIC))["band"] == "aucun créneau connu qui convienne"


LADDER = {
    ("area:2R",): "la même demande, entre 5 et 10 km",
    ("area:4R",): "la même demande, entre 10 et 20 km",
    ("area:beyond",): "la même demande, à plus de 20 km (ou sans point connu)",
    ("profession",): "la même demande, une autre profession que « Médecin » (ou non renseignée)",
    ("profession", "area:2R"): (
        "la même demande, une autre profession que « Médecin » (ou non renseignée) et entre 5 et 10 km"
    ),
}


@pytest.mark.parametrize(("rung", "words"), LADDER.items())
def test_a_rung_is_read_as_a_concession(rung: tuple[str, ...], words: str):
    assert explain.rung_label(rung, plan(km=5, professions=["10"]), PARIS) == words


def test_the_first_of_a_month_is_said_as_people_say_it():
    assert explain.day(1_796_110_800, 1_795_938_000, "Europe/Paris") == "mardi 1er"  # 1 December 2026, from 29 November
    assert explain.day(1_796_197_200, 1_795_938_000, "Europe/Paris") == "mercredi 2"


def test_the_rest_of_the_three_days_is_said_from_the_window():
    midnight = explain.local(AT, PARIS).replace(hour=0, minute=0)
    to_midnight = 24 - (AT - midnight.timestamp()) / HOUR
    evening = plan(hours=(0, to_midnight), modalities=("domicile",))
    assert explain.rung_label(("when",), evening, PARIS) == "la même demande, demain ou après"
    assert explain.rung_label(("when",), plan(hours=(0, 2), modalities=("domicile",)), PARIS) == (
        "la même demande, après aujourd’hui à 14 h 07"
    )
    assert explain.rung_label(("when",), plan(hours=(2, 4)), PARIS) == (
        "la même demande, à un autre moment (ou sans créneau connu)"
    )


def test_giving_up_when_and_modality_says_once_that_there_may_be_no_slot():
    asked = plan(hours=(2, 4), modalities=("domicile", "cabinet"))
    assert explain.rung_label(("modality", "when"), asked, PARIS) == (
        "la même demande, autrement qu’à domicile ou au cabinet et à un autre moment (ou sans créneau connu)"
    )
    assert explain.rung_label(("modality",), asked, PARIS) == "la même demande, autrement qu’à domicile ou au cabinet"


def test_outside_a_membership_the_steps_are_counted_from_its_origin():
    area = Membership(6_000, postal_codes=frozenset({"69100"}))
    steps = {key: explain.rung_label((key,), plan(area=area), PARIS) for key in ("area:2R", "area:4R", "area:beyond")}
    assert steps == {
        "area:2R": "la même demande, hors de la zone (ou sans code connu), à moins de 12 km",
        "area:4R": "la même demande, hors de la zone (ou sans code connu), entre 12 et 24 km",
        "area:beyond": "la même demande, hors de la zone (ou sans code connu), à plus de 24 km (ou sans point connu)",
    }


EVERYTHING = plan(
    km=5, hours=(0, 8), modalities=("domicile",), text=question("martel"), participation=["any"], overbooking=True,
    reorientation=True, accessible=True, new_patients=True, professions=["10"], specialties=["SM54"],
    structure_types=["603"], skills=["CAPA02"], care=["suture"], equipment=["ecg"], languages=["ar"], sectors=["1"],
)  # fmt: skip


def test_every_row_of_the_criteria_table_has_its_words():
    singles = concessions(EVERYTHING)
    assert {rung[0] for rung in singles} == {row.key for row in TABLE}
    assert all(len(explain.rung_label(rung, EVERYTHING, PARIS)) > len("la même demande, ") for rung in singles)
    assert set(said(offer(), EVERYTHING)) == {name.value for name in Name}


def test_a_concession_that_may_hold_what_nobody_declared_says_so():
    states = judge(offer(professions=None), EVERYTHING).states
    undeclared = [name for name, state in states.items() if state is State.UNKNOWN]
    assert len(undeclared) == 10
    for name in undeclared:
        assert "(ou non renseigné" in explain.rung_label((name.value,), EVERYTHING, PARIS), name


@pytest.mark.parametrize(
    ("instant", "words"),
    [(AT, "maintenant"), (AT + 3 * HOUR, "aujourd’hui à 15 h 07"), (AT + 50 * HOUR, "vendredi 20 à 14 h 07")],
)
def test_a_moment_is_said_from_the_clock(instant: int, words: str):
    assert explain.moment(instant, AT, PARIS) == words


def test_small_words():
    assert explain.total(Count(12)) == "12"
    assert explain.total(Count.of(123_456)) == "10 000+"
    assert explain.ago(250) == "il y a 4 min"
    assert explain.ago(0) == "il y a 0 s"
    assert explain.phone("+33400000000") == "04 00 00 00 00"
    assert explain.phone("+262262000000") == "02 62 00 00 00"
    assert explain.phone("+41220000000") == "+41220000000"
    assert explain.km(HERE.lat * 0) == "0 m"
