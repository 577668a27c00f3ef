"""What somebody settles of their participation: every rule, the last word, one at a time. On both databases."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import Engine, select

from indexer.reading import PARTICIPATION
from models.store import writing
from models.tables import Editor, Outbox, Territory, TerritoryCommune
from registry import joining, mixing, participation
from registry.members import Member, members
from registry.participation import Settings, settings_of, settle
from registry.practice import Practice
from registry.refusals import Changed, NotThere, Refused
from tests.indexer.given import CLAIRE, JEAN, NOW, YESTERDAY, Given

SUBJECT = f"p:{CLAIRE}"
CDS, MSP, SOS, HOSPITAL = "690000001", "690000603", "34567890100012", "690000355"


@pytest.fixture
def world(registered: Engine, where: Practice) -> Engine:
    """Claire in her practice and salaried in a CDS; an MSP, an association and a CPTS; the editor Azur."""
    given = Given(registered)
    given.structure(CDS)
    given.structure(MSP, name="MSP DES LILAS", category="603", insee="69266", commune="Villeurbanne")
    given.structure(SOS, name="SOS MÉDECINS LYON", category="sos", siret=SOS)
    given.structure(HOSPITAL, name="HÔPITAL", category="355")
    given.structure("690000604", name="MSP FERMÉE", category="603", active=False)
    given.place(f"finess:{CDS}")
    given.activity(place=f"finess:{CDS}", mode="S")
    given.activity(place="tech:R7", departed_on=YESTERDAY)
    given.professional(JEAN)
    given.add(Territory, id="lilas", name="CPTS des Lilas", finess="690000009", digest="")
    given.add(TerritoryCommune, territory_id="lilas", insee="69266")
    given.add(Territory, id="gone", name="CPTS partie", digest="", departed_on=YESTERDAY)
    given.feed(f"p:{JEAN}")
    return registered


INDIVIDUAL = Settings(SUBJECT, active=True, via="individual", software=True, editors=("azur",))
BY_CPTS = INDIVIDUAL._replace(via="cpts", structure="lilas", places=("tech:R1",))
BY_MSP = INDIVIDUAL._replace(via="msp", structure=f"s:{MSP}")
BY_SOS = Settings(SUBJECT, active=True, via="sos", structure=f"s:{SOS}")
BY_CDS = INDIVIDUAL._replace(via="cds", structure=f"s:{CDS}")
NO_SOFTWARE = Settings(SUBJECT, active=True, via="individual", software=False, two_hours=True)
OF_CDS = Settings(f"s:{CDS}", active=True, generalists=3, two_hours=True)
OF_SOS = Settings(f"s:{SOS}", active=True, two_hours=True)
NOTHING = Settings(SUBJECT)

OF_PEOPLE = [INDIVIDUAL, BY_CPTS, BY_MSP, BY_SOS, BY_CDS, NO_SOFTWARE, NOTHING]


def written(engine: Engine, settings: Settings, at: int = NOW, version: int | None = None) -> Any:
    with writing(engine) as connection:
        return settle(connection, settings, at, version)


def row(engine: Engine, subject: str = SUBJECT) -> Any:
    with engine.connect() as connection:
        return connection.execute(select(PARTICIPATION).where(PARTICIPATION.c.subject == subject)).mappings().one()


def told(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(select(Outbox.subject).order_by(Outbox.seq)))  # type: ignore[call-overload]  # SQLModel


@pytest.mark.parametrize("settings", [*OF_PEOPLE, OF_CDS, OF_SOS, NOTHING._replace(reorientation=True)])
def test_what_keeps_the_rules_is_kept_as_it_was_given(world: Engine, settings: Settings):
    kept = written(world, settings)
    assert kept.model_dump() == dict(row(world, settings.subject))
    assert (kept.active, kept.structure, tuple(kept.places)) == (settings.active, settings.structure, settings.places)
    assert (kept.two_hours, kept.reorientation) == (settings.two_hours, settings.reorientation)
    assert (kept.changed_at, kept.version) == (NOW, 1)


@pytest.mark.parametrize("settings", OF_PEOPLE)
def test_what_was_settled_is_read_back_as_settings(world: Engine, settings: Settings):
    assert settings_of(written(world, settings)) == settings._replace(refuses_editor_slots=settings.refuses)


def test_a_structure_s_way_is_its_own(world: Engine):
    assert [written(world, each).via for each in (OF_CDS, OF_SOS)] == ["cds", "sos"]


BROKEN: list[tuple[Settings, str, str]] = [
    (INDIVIDUAL._replace(via=None), "via", "un choix parmi"),
    (INDIVIDUAL._replace(via="any"), "via", "à titre individuel"),
    (NOTHING._replace(via="individual"), "active", "acceptez d’abord"),
    (NOTHING._replace(places=("tech:R1",)), "active", "acceptez d’abord"),
    (BY_CPTS._replace(structure=None), "structure", "une CPTS qui existe"),
    (BY_CPTS._replace(structure="gone"), "structure", "une CPTS qui existe"),
    (BY_CPTS._replace(structure=f"s:{MSP}"), "structure", "une CPTS qui existe"),
    (BY_MSP._replace(structure=None), "structure", "une maison de santé"),
    (BY_MSP._replace(structure="s:690999999"), "structure", "une maison de santé"),
    (BY_MSP._replace(structure="s:690000604"), "structure", "une maison de santé"),
    (BY_MSP._replace(structure=f"s:{HOSPITAL}"), "structure", "une maison de santé"),
    (BY_MSP._replace(structure="<script>"), "structure", "une maison de santé"),
    (BY_SOS._replace(structure=f"s:{CDS}"), "structure", "une association SOS Médecins"),
    (BY_CDS._replace(structure=f"s:{MSP}"), "structure", "un centre de santé qui existe"),
    (INDIVIDUAL._replace(structure=f"s:{MSP}"), "structure", "aucune structure"),
    (BY_CPTS._replace(places=()), "places", "au moins un de vos lieux"),
    (BY_CPTS._replace(places=("tech:R1", "tech:R7")), "places", "où vous exercez"),
    (BY_MSP._replace(places=("tech:R1",)), "places", "que pour une CPTS"),
    (INDIVIDUAL._replace(software=None, editors=()), "software", "non, ou oui et lesquels"),
    (BY_SOS._replace(software=True, editors=("azur",)), "software", "l’association montre"),
    (BY_SOS._replace(refuses_editor_slots=True), "refuses_editor_slots", "l’association montre"),
    (INDIVIDUAL._replace(editors=()), "editors", "au moins un logiciel"),
    (NO_SOFTWARE._replace(editors=("azur",)), "editors", "en répondant oui"),
    (INDIVIDUAL._replace(editors=("azur", "autre")), "editors", "de la liste"),
    (NO_SOFTWARE._replace(two_hours=False), "two_hours", "2 heures par semaine"),
    (INDIVIDUAL._replace(refuses_editor_slots=True), "two_hours", "2 heures par semaine"),
    (INDIVIDUAL._replace(generalists=2), "generalists", "aux centres de santé"),
    (Settings(f"s:{MSP}", active=True), "active", "par ses médecins"),
    (OF_CDS._replace(generalists=None), "generalists", "de 1 à 500"),
    (OF_CDS._replace(generalists=0), "generalists", "de 1 à 500"),
    (OF_CDS._replace(generalists=501), "generalists", "de 1 à 500"),
    (OF_CDS._replace(active=False, generalists=10**30), "generalists", "de 1 à 500"),
    (OF_SOS._replace(generalists=2), "generalists", "aux centres de santé"),
    (OF_CDS._replace(two_hours=False), "two_hours", "par médecin généraliste"),
    (OF_SOS._replace(two_hours=False), "two_hours", "ne font qu’un"),
    (OF_SOS._replace(active=False), "two_hours", "ne font qu’un"),
    (OF_CDS._replace(via="cds"), "via", "pour elle-même"),
    (OF_CDS._replace(structure=f"s:{MSP}"), "structure", "pour elle-même"),
    (OF_CDS._replace(places=("tech:R1",)), "places", "pour tous ses lieux"),
    (OF_CDS._replace(software=True, editors=("azur",)), "software", "aux professionnels"),
    (OF_CDS._replace(editors=("azur",)), "editors", "aux professionnels"),
    (OF_CDS._replace(refuses_editor_slots=True), "refuses_editor_slots", "aux professionnels"),
]  # fmt: skip


@pytest.mark.parametrize(("settings", "field", "rule"), BROKEN)
def test_what_breaks_a_rule_is_refused_with_its_field_its_value_and_its_rule(
    world: Engine, settings: Settings, field: str, rule: str
):
    with pytest.raises(Refused) as refused:
        written(world, settings)
    (fault,) = [fault for fault in refused.value.faults if fault.field == field]
    assert rule in fault.rule
    assert fault.value == getattr(settings, field)
    assert told(world) == []


def test_every_rule_has_its_refusal():
    said = {rule.said for rule in (*participation.PEOPLE, *participation.STRUCTURES)}
    assert {rule for rule in said if not any(words in rule for _, _, words in BROKEN)} == set()


def test_every_fault_is_said_at_once(world: Engine):
    with pytest.raises(Refused) as refused:
        written(world, Settings(SUBJECT, active=True, via="cpts", software=False))
    assert [fault.field for fault in refused.value.faults] == ["structure", "places", "two_hours"]


def test_a_centre_de_sante_is_one_where_they_are_salaried(world: Engine):
    given = Given(world)
    given.structure("690000002")
    given.structure("690000003")
    given.activity(place="finess:690000003", mode="L")
    for elsewhere in ("690000002", "690000003"):
        with pytest.raises(Refused, match="comme salarié"):
            written(world, BY_CDS._replace(structure=f"s:{elsewhere}"))


def test_slots_of_no_software_are_refused_by_themselves(world: Engine):
    assert written(world, NO_SOFTWARE).refuses_editor_slots
    assert written(world, NOTHING._replace(software=False)).refuses_editor_slots
    assert not written(world, INDIVIDUAL).refuses_editor_slots


@pytest.mark.parametrize(
    ("via", "written_as", "kept"),
    [("cpts", "690000009", "lilas"), ("msp", MSP, f"s:{MSP}"), ("sos", SOS, f"s:{SOS}"), ("cds", CDS, f"s:{CDS}")],
)
def test_a_structure_is_chosen_by_its_number(world: Engine, via: str, written_as: str, kept: str):
    by_via = {"cpts": BY_CPTS, "msp": BY_MSP, "sos": BY_SOS, "cds": BY_CDS}
    assert written(world, by_via[via]._replace(structure=written_as)).structure == kept


def test_one_is_registered_since_one_takes_part_without_a_break(world: Engine):
    assert written(world, INDIVIDUAL, NOW).registered_at == NOW
    assert written(world, BY_MSP, NOW + 1).registered_at == NOW
    withdrawn = written(world, NOTHING, NOW + 2)
    assert (withdrawn.registered_at, withdrawn.via, withdrawn.structure) == (None, None, None)
    assert written(world, INDIVIDUAL, NOW + 3).registered_at == NOW + 3


def test_the_index_is_told_of_them_and_of_the_structure_that_they_join_or_leave(world: Engine):
    written(world, BY_MSP)
    assert told(world) == [SUBJECT, f"s:{MSP}"]
    written(world, BY_CPTS)
    assert told(world)[2:] == [SUBJECT, f"s:{MSP}"]
    written(world, NOTHING)
    assert told(world)[4:] == [SUBJECT]


def test_a_change_is_made_of_the_version_that_was_read(world: Engine):
    with pytest.raises(Changed):
        written(world, INDIVIDUAL, version=1)
    written(world, INDIVIDUAL, version=0)
    for stale in (0, 2):
        with pytest.raises(Changed):
            written(world, NOTHING, version=stale)
    assert written(world, NOTHING, version=1).version == 2


@pytest.mark.parametrize("version", [0, 1])
def test_of_many_changes_of_one_version_one_is_made(crowded: Engine, version: int):
    subject = Given(crowded).practice()
    if version:
        written(crowded, Settings(subject))

    def change(number: int) -> str:
        try:
            written(crowded, Settings(subject), NOW + number, version)
        except Changed:
            return "changed"
        return "made"

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(change, range(16))) == ["changed"] * 15 + ["made"]
    assert row(crowded)["version"] == version + 1


def test_an_editor_that_was_chosen_stays_possible_when_it_has_no_slot_any_more(world: Engine):
    written(world, INDIVIDUAL)
    Given(world).execute("DELETE FROM slot_feed")
    with world.connect() as connection:
        assert participation.editors(connection) == []
    assert written(world, INDIVIDUAL._replace(reorientation=True)).editors == ["azur"]


def test_an_editor_that_is_asked_for_slots_may_be_chosen_before_it_gives_any(world: Engine):
    given = Given(world)
    for name, active in (("brume", True), ("cedre", False)):
        given.add(Editor, name=name, base_url="https://x", flows=["ps"], active=active, declared_at=NOW, swept_until=0)
    with world.connect() as connection:
        assert participation.editors(connection) == ["azur", "brume"]
    assert written(world, INDIVIDUAL._replace(editors=("brume",))).editors == ["brume"]
    with pytest.raises(Refused, match="de la liste"):
        written(world, INDIVIDUAL._replace(editors=("cedre",)))


def test_one_who_joined_a_structure_that_closed_may_still_withdraw(world: Engine):
    written(world, BY_MSP)
    Given(world).execute(f"UPDATE structure SET departed_on = '{YESTERDAY}' WHERE id = '{MSP}'")
    with pytest.raises(Refused):
        written(world, BY_MSP)
    assert not written(world, NOTHING).active


@pytest.mark.parametrize(
    "subject", ["p:899999999999", "s:690999999", "s:690000604", "", "x", "p:", "p:\x00", f" {SUBJECT}"]
)
def test_only_who_is_in_the_directory_settles_something(world: Engine, subject: str):
    with pytest.raises(NotThere):
        written(world, Settings(subject))


def test_who_takes_part_through_sos_keeps_no_agenda_and_is_told_why(world: Engine):
    written(world, BY_SOS)
    with world.connect() as connection, pytest.raises(Refused, match="SOS Médecins, qui montre les créneaux"):
        mixing.check(connection, SUBJECT)
    written(world, INDIVIDUAL)
    written(world, OF_SOS)
    with world.connect() as connection:
        mixing.check(connection, SUBJECT)
        mixing.check(connection, f"s:{SOS}")


def test_a_structure_knows_who_takes_part_through_it_and_since_when(world: Engine):
    given = Given(world)
    given.activity(JEAN, "tech:R1", profession="60")
    written(world, BY_MSP, NOW)
    written(world, BY_MSP._replace(subject=f"p:{JEAN}"), NOW + 1)
    with world.connect() as connection:
        assert members(connection, f"s:{MSP}") == [
            Member(SUBJECT, "Claire", "MARTEL", ("10",), NOW),
            Member(f"p:{JEAN}", "Claire", "MARTEL", ("60",), NOW + 1),
        ]
        assert members(connection, f"s:{CDS}") == members(connection, "") == []
    written(world, BY_CPTS, NOW + 2)
    given.suppressed(f"p:{JEAN}")
    with world.connect() as connection:
        assert members(connection, f"s:{MSP}") == []
        assert [one.registered_at for one in members(connection, "lilas")] == [NOW]
        assert members(connection, "s:690000009") == members(connection, "lilas")  # as FINESS knows the CPTS
    given.execute(f"UPDATE professional SET departed_on = '{YESTERDAY}'")
    with world.connect() as connection:
        assert members(connection, "lilas") == []


@pytest.mark.parametrize(
    ("via", "text", "found"),
    [
        ("msp", "lilas", [MSP]),
        ("msp", "MSP villeurb", [MSP]),
        ("msp", MSP, [MSP]),
        ("msp", "690 000 603", [MSP]),
        ("msp", "", []),
        ("msp", "bellecour", []),
        ("msp", "fermée", []),
        ("cpts", "Lilas", ["690000009"]),
        ("sos", "lyon medecins", [SOS]),
        ("individual", "lilas", []),
        (None, "lilas", []),
    ],
)
def test_structures_are_found_by_their_words_or_their_number(world: Engine, via: str, text: str, found: list[str]):
    with world.connect() as connection:
        assert [one.number for one in joining.named(connection, via, text)] == found


def test_those_near_somebody_s_places_are_proposed(world: Engine):
    with world.connect() as connection:
        proposed = joining.near(connection, ["tech:R1", f"finess:{CDS}"], ["69266"])
        assert [one.number for one in joining.near(connection, [], ["69383"])] == [SOS]
        assert [(one.via, one.number) for one in proposed] == [
            ("cpts", "690000009"), ("cds", CDS), ("msp", MSP), ("sos", SOS),
        ]  # fmt: skip
        assert joining.near(connection, [], []) == []
