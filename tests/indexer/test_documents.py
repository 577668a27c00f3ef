"""From rows to offers, a rule a test. `made` also checks that the follower and the count of the database agree."""

import pytest
from sqlalchemy import Engine

from indexer import reading
from indexer.documents import all_offers
from models.clock import local
from models.codes import SPECIALTY_GROUPS, STRUCTURE_TYPES
from models.offer import (
    AnsweredSource,
    Code,
    Offer,
    Participation,
    Person,
    PlacePoint,
    SilentSource,
    SlotSource,
    offer_id,
)
from models.slot_rows import AHEAD_S
from tests.indexer.given import CLAIRE, DAY, HOUR, JEAN, NOW, YESTERDAY, Given, made


def the_one(engine: Engine) -> Offer:
    (offer,) = made(engine)
    return offer


def codes(values: tuple[Code, ...] | None) -> list[str] | None:
    return None if values is None else [value.code for value in values]


# One offer per person and place ---------------------------------------------------------------------------------------


def test_an_activity_is_an_offer_with_the_person_the_place_and_what_they_do(database: Engine, given: Given) -> None:
    given.practice(phone="+33478000001")
    offer = the_one(database)
    assert offer.id == offer_id(f"p:{CLAIRE}", "tech:R1")
    assert (offer.subject, offer.kind) == (f"p:{CLAIRE}", "professional")
    assert offer.person == Person("10100000001", "Dr", "Claire", "MARTEL")
    assert offer.professions == (Code("10", "Médecin"),)
    assert offer.specialties == (Code("SM54", "Médecine générale"),)
    assert offer.phones == ("+33478000001",)
    assert (offer.place.address, offer.place.postal_code, offer.place.departement) == (
        "12 rue des Lilas",
        "69100",
        "69",
    )
    assert offer.place.point == PlacePoint(45.77, 4.88, "housenumber")
    assert offer.structure.name == "CABINET DES LILAS"
    assert (offer.slot_state, offer.availabilities) == ("none", ())
    assert (offer.skills, offer.care, offer.equipment, offer.languages) == (None, None, None, None)
    assert (offer.sector, offer.accessible, offer.new_patients, offer.participation) == (None, None, None, None)


def test_activities_of_a_person_at_one_place_are_one_offer(database: Engine, given: Given) -> None:
    given.practice(profession="10", skill="SM54", phone="+33478000001")
    given.activity(profession="21", skill_type=None, skill=None, phone="+33478000001", phone2="+33478000002")
    given.activity(profession="10", skill="SM04")
    offer = the_one(database)
    assert codes(offer.professions) == ["10", "21"]
    assert codes(offer.specialties) == ["SM04", "SM54"]
    assert offer.phones == ("+33478000001", "+33478000002")


def test_each_place_of_a_person_is_an_offer(database: Engine, given: Given) -> None:
    given.practice(profession="10")
    given.place("tech:R2", postal_code="69003", insee="69383")
    given.activity(place="tech:R2", profession="60", skill_type=None, skill=None)
    offers = {offer.place.postal_code: offer for offer in made(database)}
    assert codes(offers["69100"].professions) == ["10"]
    assert codes(offers["69003"].professions) == ["60"]
    assert offers["69003"].specialties is None


@pytest.mark.parametrize(
    "activity",
    [
        {"departed_on": YESTERDAY},
        {"category": "E"},
        {"category": "F"},
        {"category": None},
        {"genre": "GENR04"},
        {"place": None},
        {"place": "tech:unheard-of"},
    ],
    ids=str,
)
def test_an_activity_that_patients_are_not_offered_is_no_offer(
    database: Engine, given: Given, activity: dict[str, object]
) -> None:
    given.professional()
    given.place()
    given.activity(**activity)  # type: ignore[arg-type] # columns of the row
    assert made(database) == []


@pytest.mark.parametrize("activity", [{"category": "M"}, {"genre": None}, {"genre": ""}], ids=str)
def test_military_carers_and_activities_without_a_kind_are_offered(
    database: Engine, given: Given, activity: dict[str, object]
) -> None:
    given.practice(**activity)
    assert len(made(database)) == 1


def test_someone_who_left_the_file_is_not_offered(database: Engine, given: Given) -> None:
    given.professional(departed_on=YESTERDAY)
    given.place()
    given.activity()
    assert made(database) == []


def test_a_place_without_any_address_is_no_offer(database: Engine, given: Given) -> None:
    given.practice()
    given.execute("UPDATE place SET street = NULL, postal_code = NULL, insee = NULL, commune = ''")
    assert made(database) == []


def test_an_address_without_a_point_is_an_offer(database: Engine, given: Given) -> None:
    given.practice()
    given.execute("UPDATE place SET lat = NULL, lon = NULL, precision = NULL")
    assert the_one(database).place.point is None


def test_a_suppressed_person_or_structure_gives_nothing(database: Engine, given: Given) -> None:
    given.practice(place="finess:690000001")
    given.structure()
    given.slot()
    assert len(made(database)) == 2
    given.suppressed(f"p:{CLAIRE}")
    (structure,) = made(database)
    assert (structure.kind, structure.professions) == ("structure", None)
    given.suppressed("s:690000001")
    assert made(database) == []


# What they do ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("head", "members"), SPECIALTY_GROUPS.items(), ids=SPECIALTY_GROUPS)
def test_specialties_of_a_group_are_its_head_once(
    database: Engine, given: Given, head: str, members: frozenset[str]
) -> None:
    given.practice(skill=min(members))
    for member in members:
        given.activity(skill=member)
    assert codes(the_one(database).specialties) == [head]


def test_an_ordinal_savoir_faire_is_a_specialty_and_any_other_a_skill(database: Engine, given: Given) -> None:
    given.practice(skill="SM54")
    given.activity(skill_type="CAPA", skill="CAPA05")
    given.skill(type="S", code="SM53")
    given.skill(type="C", code="C33")
    offer = the_one(database)
    assert codes(offer.specialties) == ["SM54"]
    assert offer.skills == (Code("C33", "Allergologie"), Code("CAPA05", "Évaluation et traitement de la douleur"))


def test_a_skill_counts_where_its_profession_is_practised(database: Engine, given: Given) -> None:
    given.practice(profession="10")
    given.skill(profession="60", code="CAPA06")
    given.skill(profession="10", code="CAPA02", departed_on=YESTERDAY)
    assert the_one(database).skills is None


def test_declared_skills_add_to_registered_ones(database: Engine, given: Given) -> None:
    given.practice(skill_type="CAPA", skill="CAPA05")
    given.declares(skills=["CAPA02", "CAPA05"])
    assert codes(the_one(database).skills) == ["CAPA02", "CAPA05"]


def test_no_skill_is_unknown_unless_it_was_declared(database: Engine, given: Given) -> None:
    given.practice()
    assert the_one(database).skills is None
    given.declares(skills=[])
    assert the_one(database).skills == ()


def test_an_unknown_code_has_the_label_of_the_file(database: Engine, given: Given) -> None:
    given.practice(profession="ZZ", skill="SM999")
    given.activity(skill_type="CAPA", skill="CAPA99")
    given.unknown_code("profession", "ZZ", "Métier nouveau")
    given.unknown_code("skill", "SM999", "Spécialité nouvelle")
    offer = the_one(database)
    assert Code("ZZ", "Métier nouveau") in (offer.professions or ())
    assert offer.specialties == (Code("SM999", "Spécialité nouvelle"),)
    assert offer.skills == (Code("CAPA99", "CAPA99"),)


def test_phones_are_told_once_and_mailboxes_never(database: Engine, given: Given) -> None:
    given.practice(phone="+33478000001", phone2="claire@example.org")
    given.activity(phone="+33478000001", phone2=None)
    assert the_one(database).phones == ("+33478000001",)


# Where ----------------------------------------------------------------------------------------------------------------


def test_the_address_and_the_point_of_the_structure_win_over_those_of_the_rpps(database: Engine, given: Given) -> None:
    given.practice(place="finess:690000001")
    given.structure(long_name="CENTRE DE SANTÉ BELLECOUR", siret="12345678900011")
    offer = next(offer for offer in made(database) if offer.kind == "professional")
    assert (offer.place.address, offer.place.postal_code) == ("1 place Bellecour", "69002")
    assert offer.place.point == PlacePoint(45.7578, 4.832, "site")
    assert offer.structure.name == "CENTRE DE SANTÉ BELLECOUR"
    assert (offer.structure.finess, offer.structure.siret) == ("690000001", "12345678900011")


def test_a_structure_without_a_point_keeps_the_point_of_the_rpps(database: Engine, given: Given) -> None:
    given.practice(place="finess:690000001")
    given.structure(lat=None, lon=None, precision=None)
    points = {offer.place.point for offer in made(database)}
    assert points == {PlacePoint(45.77, 4.88, "housenumber")}


@pytest.mark.parametrize("gone", [{"active": False}, {"departed_on": YESTERDAY}], ids=str)
def test_a_closed_structure_is_no_offer_and_its_address_does_not_win(
    database: Engine, given: Given, gone: dict[str, object]
) -> None:
    given.practice(place="finess:690000001", sector="SA05")
    given.structure(**gone)
    offer = the_one(database)
    assert (offer.kind, offer.place.postal_code) == ("professional", "69100")
    assert offer.structure.type == Code("124", "Centre de santé")


def test_the_type_of_structure_is_the_category_of_finess_else_the_sector_else_unknown(
    database: Engine, given: Given
) -> None:
    given.practice(CLAIRE, "finess:690000001", sector="SA07")
    given.structure(category="603")
    given.practice(JEAN, "tech:R2", sector="SA07")
    given.place("tech:R3")
    given.activity(JEAN, "tech:R3", sector="SA43")
    types = {offer.id: offer.structure.type for offer in made(database) if offer.kind == "professional"}
    assert types == {
        offer_id(f"p:{CLAIRE}", "finess:690000001"): Code("603", STRUCTURE_TYPES["603"]),
        offer_id(f"p:{JEAN}", "tech:R2"): Code("cabinet", STRUCTURE_TYPES["cabinet"]),
        offer_id(f"p:{JEAN}", "tech:R3"): None,
    }


def test_the_commune_has_its_official_name_and_the_zone_is_the_one_of_the_departement(
    database: Engine, given: Given
) -> None:
    given.practice()
    given.execute("UPDATE place SET insee = '97411', commune = 'ST DENIS', departement = '974', postal_code = '97400'")
    place = the_one(database).place
    assert place.commune is not None
    assert (place.commune.insee, place.commune.name) == ("97411", "Saint-Denis")
    assert place.time_zone == "Indian/Reunion"
    assert local(NOW, place.time_zone).utcoffset() != local(NOW, "Europe/Paris").utcoffset()


def test_an_unlisted_commune_keeps_the_name_of_the_file(database: Engine, given: Given) -> None:
    given.practice()
    given.execute("UPDATE place SET insee = '69999', commune = 'Nouvelle-Commune'")
    commune = the_one(database).place.commune
    assert commune is not None
    assert commune.name == "Nouvelle-Commune"


# Structures -----------------------------------------------------------------------------------------------------------


def test_a_structure_is_an_offer_with_its_name_type_phone_and_numbers(database: Engine, given: Given) -> None:
    subject = given.structure(phone="+33400000009", siret="12345678900011")
    offer = the_one(database)
    assert offer.id == offer_id(subject, "finess:690000001")
    assert (offer.kind, offer.person, offer.name) == ("structure", None, "CDS BELLECOUR")
    assert offer.structure.type == Code("124", "Centre de santé")
    assert offer.phones == ("+33400000009",)
    assert (offer.professions, offer.specialties, offer.skills) == (None, None, None)


def test_an_association_known_by_its_siret_is_an_offer(database: Engine, given: Given) -> None:
    subject = given.structure("34173748400020", name="SOS Médecins de Rennes", category="sos", source="echo")
    offer = the_one(database)
    assert offer.id == offer_id(subject, "siret:34173748400020")
    assert (offer.structure.finess, offer.structure.siret) == (None, "34173748400020")
    assert offer.structure.type is not None
    assert offer.structure.type.code == "sos"


def test_a_structure_has_the_professions_and_specialties_of_live_activities_at_its_place(
    database: Engine, given: Given
) -> None:
    given.structure()
    given.practice(CLAIRE, "finess:690000001", skill="SM53")
    given.professional(JEAN)
    given.activity(JEAN, "finess:690000001", profession="60", skill_type=None, skill=None)
    given.activity(JEAN, "finess:690000001", profession="70", departed_on=YESTERDAY)
    given.activity(JEAN, "finess:690000001", profession="80", genre="GENR04")
    given.activity(CLAIRE, "finess:690000001", skill_type="CAPA", skill="CAPA02")
    structure = next(offer for offer in made(database) if offer.kind == "structure")
    assert codes(structure.professions) == ["10", "60"]
    assert codes(structure.specialties) == ["SM54"]
    assert structure.skills is None


def test_a_structure_has_the_professions_and_specialties_of_its_public_slots(database: Engine, given: Given) -> None:
    subject = given.structure()
    given.slot(subject, specialties=["SM53", "SCD01"])
    for audience in ("professional", "regulation", "cpts"):
        given.slot(subject, specialties=["SM04", "60"], audience=audience)
    offer = the_one(database)
    assert codes(offer.professions) == ["10", "40"]
    assert codes(offer.specialties) == ["SCD01", "SM54"]


def test_a_structure_without_address_takes_the_one_of_the_rpps(database: Engine, given: Given) -> None:
    given.structure(street=None, postal_code=None, insee=None, commune=None, lat=None, lon=None)
    assert made(database) == []
    given.place("finess:690000001")
    assert the_one(database).place.postal_code == "69100"


def association(given: Given) -> str:
    nowhere = {"street": None, "postal_code": None, "insee": None, "commune": None, "lat": None, "lon": None}
    return given.structure("34173748400020", name="SOS Médecins de Rennes", category="sos", source="fhir:e", **nowhere)


def test_each_fixed_point_of_an_association_is_an_offer_with_or_without_slots(database: Engine, given: Given) -> None:
    subject = association(given)
    assert made(database) == []
    point = {"siret": "34173748400020", "source": "fhir:e", "phone": "+33299000001"}
    given.place("addr:rennes nord", name="Rennes Nord", postal_code="35700", **point)
    given.place("addr:rennes sud", name="Rennes Sud", postal_code="35000", **point)
    given.slot(subject, place_key="addr:rennes nord")
    offers = {offer.place.postal_code: offer for offer in made(database)}
    assert {code: len(offer.availabilities) for code, offer in offers.items()} == {"35700": 1, "35000": 0}
    north = offers["35700"]
    assert north.id == offer_id(subject, "addr:rennes nord")
    assert (north.name, north.place.address) == ("SOS Médecins de Rennes", "Rennes Nord, 12 rue des Lilas")
    assert north.phones == ("+33299000001",)
    assert (north.structure.siret, codes((north.structure.type,) if north.structure.type else None)) == (
        "34173748400020",
        ["sos"],
    )


def test_a_structure_is_also_an_offer_where_its_slots_are(database: Engine, given: Given) -> None:
    subject = given.structure()
    given.place("tech:R2")
    given.slot(subject, place_key="tech:R2")
    given.slot(subject, place_key="tech:unheard-of")
    assert {offer.place.postal_code: len(offer.availabilities) for offer in made(database)} == {"69002": 0, "69100": 1}


# What is declared -----------------------------------------------------------------------------------------------------


def test_what_is_declared_is_in_the_offer(database: Engine, given: Given) -> None:
    given.practice()
    given.declares(
        participation=True,
        via="cpts",
        overbooking=True,
        reorientation=False,
        sector="1",
        accessible=True,
        new_patients=False,
        care=["visite-domicile"],
        equipment=[],
        languages=["en", "ar"],
        information="Appeler avant 18 h.",
    )
    offer = the_one(database)
    assert offer.participation == Participation(active=True, via="cpts", overbooking=True, reorientation=False)
    assert offer.sector == Code("1", "Secteur 1")
    assert (offer.accessible, offer.new_patients) == (True, False)
    assert offer.care == (Code("visite-domicile", "Visite à domicile"),)
    assert offer.equipment == ()
    assert codes(offer.languages) == ["ar", "en"]
    assert offer.information == "Appeler avant 18 h."
    assert offer.skills is None


def test_a_declaration_for_a_place_wins_field_by_field(database: Engine, given: Given) -> None:
    given.practice()
    given.place("tech:R2", postal_code="69003")
    given.activity(place="tech:R2")
    given.declares(sector="1", accessible=True, care=["suture"], participation=True, via="individual")
    given.declares(place="tech:R2", accessible=False, care=[], via="msp")
    offers = {offer.place.postal_code: offer for offer in made(database)}
    assert (offers["69100"].accessible, codes(offers["69100"].care)) == (True, ["suture"])
    assert (offers["69003"].accessible, codes(offers["69003"].care)) == (False, [])
    assert offers["69003"].sector == Code("1", "Secteur 1")
    assert offers["69003"].participation == Participation(active=True, via="msp")


def test_participation_is_unknown_when_nothing_about_it_was_declared(database: Engine, given: Given) -> None:
    given.practice()
    given.declares(sector="1")
    assert the_one(database).participation is None
    given.execute("UPDATE declaration SET overbooking = :yes", yes=True)
    assert the_one(database).participation == Participation(active=False, overbooking=True)


# When -----------------------------------------------------------------------------------------------------------------


def test_availabilities_are_those_of_the_place_and_of_every_place_in_order(database: Engine, given: Given) -> None:
    given.practice()
    given.place("tech:R2", postal_code="69003")
    given.activity(place="tech:R2")
    given.slot(start=NOW + 3 * HOUR, place_key="tech:R1", booking_url="https://rdv.example/1", motives=["Suivi"])
    given.slot(start=NOW + 2 * HOUR, place_key="tech:R2", audience="regulation", modalities=["domicile"])
    given.slot(start=NOW + 1 * HOUR, kind="plage", end=NOW + 5 * HOUR, capacity=4, modalities=["cabinet", "domicile"])
    offers = {offer.place.postal_code: offer for offer in made(database)}
    hours = {code: [(slot.start - NOW) // HOUR for slot in offer.availabilities] for code, offer in offers.items()}
    assert hours == {"69100": [1, 3], "69003": [1, 2]}
    plage, creneau = offers["69100"].availabilities
    assert (plage.kind, plage.end, plage.capacity, plage.modalities) == (
        "plage",
        NOW + 5 * HOUR,
        4,
        ("cabinet", "domicile"),
    )
    assert (creneau.source, creneau.checked_at) == (SlotSource("editor", "azur"), NOW - 60)
    assert (creneau.booking_url, creneau.motives, plage.motives) == ("https://rdv.example/1", ("Suivi",), ())
    assert offers["69003"].availabilities[1].audience == "regulation"


def test_slots_at_a_place_that_only_an_editor_knows_are_an_offer_there(database: Engine, given: Given) -> None:
    subject = given.practice(phone="+33478000001", sector="SA07")
    given.place("addr:elsewhere", source="fhir:azur", postal_code="69008", phone="+33478000008")
    assert len(made(database)) == 1
    given.slot(place_key="addr:elsewhere")
    offers = {offer.place.postal_code: offer for offer in made(database)}
    there = offers["69008"]
    assert there.id == offer_id(subject, "addr:elsewhere")
    assert (codes(there.professions), codes(there.specialties)) == (["10"], ["SM54"])
    assert (there.phones, there.structure.type) == (("+33478000008",), None)
    assert {code: len(offer.availabilities) for code, offer in offers.items()} == {"69100": 0, "69008": 1}


def test_slots_where_someone_practises_no_more_are_no_offer(database: Engine, given: Given) -> None:
    given.practice()
    given.place("tech:left")
    given.activity(place="tech:left", departed_on=YESTERDAY)
    given.slot(place_key="tech:left")
    assert [offer.availabilities for offer in made(database)] == [()]


def test_slots_of_someone_without_any_live_activity_are_no_offer(database: Engine, given: Given) -> None:
    given.professional()
    given.place("addr:elsewhere", source="fhir:azur")
    given.slot(place_key="addr:elsewhere")
    assert made(database) == []


def test_only_what_is_not_long_over_and_starts_within_seven_days_is_indexed(database: Engine, given: Given) -> None:
    given.practice()
    kept = [NOW - 2 * HOUR, NOW - HOUR - 899, NOW, NOW + AHEAD_S - 1]
    for start in kept:
        given.slot(start=start, end=max(start + 900, NOW - HOUR + 1))
    given.slot(start=NOW - HOUR - 900)
    given.slot(start=NOW + 7 * DAY)
    assert [slot.start for slot in the_one(database).availabilities] == kept


def test_the_slot_state_tells_whether_every_source_answered(database: Engine, given: Given) -> None:
    given.practice()
    assert the_one(database).slot_state == "none"
    given.feed(name="azur")
    assert the_one(database).slot_state == "known"
    assert the_one(database).silent_sources == ()
    given.feed(name="brume", answered=False, answered_at=NOW - HOUR)
    assert the_one(database).slot_state == "unknown"
    assert the_one(database).silent_sources == (SilentSource("editor", "brume", NOW),)
    assert the_one(database).answered_sources == (AnsweredSource("editor", "azur", NOW),)


def test_an_agenda_that_nobody_asked_for_yet_is_unknown_and_silent_about_nothing(
    database: Engine, given: Given
) -> None:
    given.practice()
    given.feed(answered=False, asked_at=0)
    assert the_one(database).slot_state == "unknown"
    assert the_one(database).silent_sources == the_one(database).answered_sources == ()


def test_availabilities_without_a_feed_are_known(database: Engine, given: Given) -> None:
    given.practice()
    given.slot(source_kind="agenda", source_name="agenda")
    assert the_one(database).slot_state == "known"


# The database ---------------------------------------------------------------------------------------------------------


def test_offers_are_the_same_on_every_database_whatever_the_size_of_a_batch(
    any_database: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = Given(any_database)
    for number in range(7):
        given.practice(f"81010000000{number}", f"finess:69000000{number}" if number % 2 else f"tech:R{number}")
        given.structure(f"69000000{number}")
        given.slot(f"p:81010000000{number}", specialties=["SM54"])
        given.declares(f"p:81010000000{number}", care=["suture"], languages=[])
    given.structure("34173748400020", name="SOS Médecins", category="sos")
    at_once = made(any_database)
    assert len(at_once) == 15
    assert {codes(offer.care) is None for offer in at_once if offer.kind == "professional"} == {False}
    with any_database.connect() as connection, monkeypatch.context() as patch:
        patch.setattr(reading.ranges, "__defaults__", (2,))
        by_two = sorted(all_offers(connection, NOW), key=lambda offer: offer.id)
    assert by_two == at_once
