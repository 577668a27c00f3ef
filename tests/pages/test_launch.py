"""A search opened by another program: what is understood, what is said not to be, the patient's doctor first."""

from collections.abc import Sequence
from random import Random
from urllib.parse import parse_qsl, quote, urlencode

import msgspec
import pytest
from fastapi.testclient import TestClient

from models.codes import Viewer
from models.gazetteer import gazetteer
from models.geo import Point
from models.offer import Offer, Person
from relevance.places import french_places
from search_api.pages import launch
from search_api.pages.launch import Launch, Unread
from search_api.planning import Planner
from search_api.problems import QueryTooLong
from tests.pages import serving, world
from tests.pages.conftest import Visited, read

PLANNER = Planner(gazetteer(), french_places(), lambda: serving.TERRITORIES)
RPPS = "10100000014"


def launched(**sent: str) -> Launch:
    return launch.read(list(sent.items()), PLANNER)


def asked(name: str, **sent: str) -> list[str]:
    return [value for key, value in launched(**sent).pairs if key == name]


def unread(**sent: str) -> list[tuple[str, str]]:
    """The fields that were not understood, each with its reason; a place is not missed where none is tried."""
    said = [(each.field, each.reason) for each in launched(**sent).not_understood]
    placed = sent.keys() & {"city", "inseecode", "streetname", "streetnumber"}
    return [each for each in said if placed or each != ("city", "missing")]


# The place


def test_an_address_is_rebuilt_from_its_parts_and_its_number_is_kept_whole():
    sent = {"streetnumber": "12 bis", "streetname": "rue Anatole France", "inseecode": "69266", "city": "VILLEURBANNE"}
    assert asked("address", **sent) == ["12 bis rue Anatole France, 69100 Villeurbanne"]
    assert unread(**sent) == []


@pytest.mark.parametrize(
    ("sent", "address"),
    [
        ({"inseecode": "75113", "city": "PARIS"}, "Paris 13e Arrondissement (75)"),
        ({"inseecode": "75056", "city": "Paris 13"}, "Paris (75)"),
        ({"inseecode": "69383", "city": "LYON CEDEX 03"}, "Lyon 3e Arrondissement (69)"),
        ({"inseecode": "97411", "city": "ST DENIS"}, "Saint-Denis (974)"),
        ({"inseecode": "98818", "city": "NOUMEA"}, "Nouméa (988)"),
        ({"inseecode": "2a004"}, "Ajaccio (2A)"),
        ({"inseecode": "69266", "city": "Les Charpennes"}, "Villeurbanne (69)"),
        ({"inseecode": "97411", "streetname": "rue de Paris"}, "rue de Paris, Saint-Denis (974)"),
        ({"inseecode": "69266", "streetname": "rue de Lyon"}, "rue de Lyon, 69100 Villeurbanne"),
        ({"city": "Saint-Denis"}, "Saint-Denis"),
        ({"city": "Bron", "streetname": "rue A", "streetnumber": "3-5"}, "3-5 rue A, Bron"),
    ],
)
def test_a_place_is_that_of_its_code_else_of_its_name(sent, address):
    assert asked("address", **sent) == [address]
    assert unread(**sent) == []
    assert PLANNER.faults_of_address(address) == ()


def test_a_code_wins_over_a_name_that_contradicts_it_and_it_is_said():
    assert asked("address", inseecode="69266", city="Lyon") == ["Villeurbanne (69)"]
    assert unread(inseecode="69266", city="Lyon") == [("city", "contradicts")]


def test_the_former_name_of_a_commune_does_not_contradict_its_code():
    assert asked("address", inseecode="69096", city="Grigny") == ["Grigny-sur-Rhône (69)"]
    assert unread(inseecode="69096", city="GRIGNY") == []


def test_a_former_commune_is_the_one_that_has_its_name_in_its_own():
    assert gazetteer().commune("69152") is None
    found = {"inseecode": "69152", "city": "PIERRE BENITE"}
    assert unread(**found) == [("inseecode", "by-name")]
    located = PLANNER.places.locate(*asked("address", **found))
    assert located
    assert located.label == "Oullins-Pierre-Bénite (69)"


def test_the_code_of_a_former_commune_leaves_the_name_in_its_departement():
    assert gazetteer().commune("74217") is None
    assert asked("address", inseecode="74217", city="Annecy") == ["Annecy (74)"]
    assert asked("address", inseecode="97499", city="Saint-Denis") == ["Saint-Denis (974)"]
    assert unread(inseecode="74217", city="Annecy") == [("inseecode", "by-name")]


@pytest.mark.parametrize("city", ["", "Nullepart-lès-Bains"])
def test_a_code_and_a_name_that_are_unknown_leave_the_departement(city):
    assert asked("departement", inseecode="74217", city=city) == ["74"]
    assert unread(inseecode="74217", city=city) == [("inseecode", "departement")]


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"city": ""}, [("city", "missing")]),
        ({"city": "Nullepart-lès-Bains"}, [("city", "unknown")]),
        ({"inseecode": "zz"}, [("inseecode", "code"), ("city", "missing")]),
        ({"inseecode": "00000"}, [("inseecode", "code"), ("city", "missing")]),
        ({"streetname": "rue A"}, [("streetname", "townless"), ("city", "missing")]),
    ],
)
def test_without_any_commune_the_search_is_without_a_place_and_it_is_said(sent, said):
    assert list(launched(**sent).pairs) == [("specialty", "SM54")]
    assert unread(**sent) == said


def test_a_number_without_a_street_is_left_out_and_said():
    assert asked("address", streetnumber="5", city="Bron") == ["Bron"]
    assert unread(streetnumber="5", city="Bron") == [("streetnumber", "streetless")]


def test_a_number_that_is_none_leaves_the_street():
    assert asked("address", streetnumber="cinq", streetname="rue A", city="Bron") == ["rue A, Bron"]
    assert unread(streetnumber="cinq", streetname="rue A", city="Bron") == [("streetnumber", "number")]


def test_a_street_that_cannot_be_read_leaves_the_commune_and_is_said():
    assert asked("address", streetname="Le Bourg", inseecode="97411") == ["Saint-Denis (974)"]
    assert unread(streetname="Le Bourg", inseecode="97411") == [("streetname", "unplaced")]
    long = "rue " + "a" * 190
    assert asked("address", streetname=long, inseecode="69266") == ["Villeurbanne (69)"]


class Knowing:
    """A geocoder that knows one street, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def locate(self, address: str) -> tuple[Point, str] | None:
        self.asked.append(address)
        return (Point(-20.9, 55.45), address) if address.startswith(("Le Bourg", "Annecy-le-Vieux")) else None


def test_what_the_gazetteer_cannot_read_the_geocoder_may():
    planner = Planner(gazetteer(), french_places(), dict, Knowing())
    street = launch.read([("streetname", "Le Bourg"), ("inseecode", "97411")], planner)
    former = launch.read([("inseecode", "74011"), ("city", "Annecy-le-Vieux")], planner)
    assert ("address", "Le Bourg, Saint-Denis (974)") in street.pairs
    assert ("address", "Annecy-le-Vieux") in former.pairs
    assert [each.reason for each in (*street.not_understood, *former.not_understood)] == ["by-name"]


class Finding:
    """A geocoder that finds every street at one address."""

    def __init__(self, written: str, point: Point) -> None:
        self.found = point, written

    def locate(self, _: str) -> tuple[Point, str] | None:
        return self.found


@pytest.mark.parametrize(
    ("insee", "written", "point", "said"),
    [
        ("69266", "12 Rue des Lilas 69100 Villeurbanne", Point(45.77, 4.88), []),
        ("69266", "12 Rue des Lilas 69500 Bron", Point(45.74, 4.91), ["elsewhere"]),
        ("69383", "12 Rue des Lilas 69003 Lyon", Point(45.75, 4.87), []),
        ("69123", "12 Rue des Lilas 69003 Lyon", Point(45.75, 4.87), []),
        ("69266", "Rue des Lilas, Bretagne, France", Point(48.1, -1.7), ["elsewhere"]),
        ("69266", "Rue des Lilas, Métropole, France", Point(45.77, 4.88), []),
    ],
)
def test_a_street_that_is_found_outside_the_commune_of_the_code_is_not_used_and_is_said(insee, written, point, said):
    planner = Planner(gazetteer(), french_places(), dict, Finding(written, point))
    read_of_it = launch.read([("streetnumber", "12"), ("streetname", "rue des Lilas"), ("inseecode", insee)], planner)
    assert [each.reason for each in read_of_it.not_understood] == said
    (address,) = [value for name, value in read_of_it.pairs if name == "address"]
    assert address.startswith("12 rue des Lilas") is not bool(said)


def test_a_commune_that_nobody_located_is_asked_by_its_code():
    nowhere = next(each for each in gazetteer().communes if each.point is None)
    assert asked("commune", inseecode=nowhere.insee) == [nowhere.insee]


# The trade


@pytest.mark.parametrize(
    ("sent", "pairs"),
    [
        ("", [("specialty", "SM54")]),
        ("urn:oid:1.2.250.1.213.2.28|SM04", [("specialty", "SM04")]),
        ("urn:oid:1.2.250.1.213.2.28|SM26", [("specialty", "SM54")]),
        ("URN:OID:1.2.250.1.71.1.2.7|70", [("profession", "70")]),
        ("SM40", [("specialty", "SM40")]),
        ("Cardiologie et maladies vasculaires", [("specialty", "SM04")]),
        ("Oto-rhino-laryngologie", [("specialty", "SM34")]),
        ("CARDIOLOGUE", [("specialty", "SM04")]),
        ("Consultation de médecine générale", [("specialty", "SM54")]),
        ("consultation d'ophtalmologie", [("specialty", "SM38")]),
        ("dermatologie", [("specialty", "SM15")]),
        ("gynécologie", [("specialty", "SM20"), ("specialty", "SM19")]),
        ("kiné", [("profession", "70")]),
        ("pharmacie", [("structure_type", "620")]),
        ("suture", [("care", "suture")]),
    ],
)
def test_a_specialty_is_a_code_a_label_or_an_everyday_word(sent, pairs):
    assert list(launched(specialty=sent).pairs) == pairs
    assert unread(specialty=sent) == []


@pytest.mark.parametrize(
    "sent", ["urn:oid:1.2.250.1.213.2.28|SM99", "urn:oid:1.2|cardiologue", "xyz", "chirurgie", "a"]
)
def test_a_specialty_that_is_unknown_or_too_wide_is_said_and_general_practice_searched(sent):
    assert list(launched(specialty=sent).pairs) == [("specialty", "SM54")]
    assert unread(specialty=sent) == [("specialty", "trade")]


def test_a_word_of_several_lists_takes_the_first_and_is_said():
    assert list(launched(specialty="psy").pairs) == [("specialty", "SM42")]
    assert unread(specialty="psy") == [("specialty", "several")]


# The doctor


@pytest.mark.parametrize(
    ("sent", "doctors"),
    [
        (RPPS, [RPPS]),
        (f"8{RPPS}", [RPPS]),
        (f"urn:oid:1.2.250.1.71.4.2.1|8{RPPS}", [RPPS]),
        ("10 100 000 014", [RPPS]),
        (f"{RPPS}, 810100000022;{RPPS}", [RPPS, "10100000022"]),
        ("Dr Claire MARTEL", ["Dr Claire MARTEL"]),
    ],
)
def test_a_doctor_is_numbers_or_a_name(sent, doctors):
    assert asked("doctor", practitioner=sent) == doctors
    assert unread(practitioner=sent) == []


@pytest.mark.parametrize("sent", ["1234", "!!", "Martin2", "urn:oid:1.2|MARTEL", "٠١٢٣٤٥٦٧٨٩٠", "محمد", "1" * 13])
def test_a_doctor_who_is_neither_is_said(sent):
    assert asked("doctor", practitioner=sent) == []
    assert unread(practitioner=sent) == [("practitioner", "identity")]


# Ill-formed values


@pytest.mark.parametrize("name", launch.SENT)
@pytest.mark.parametrize(("value", "reason"), [("é" * 201, "long"), ("Bron\x00", "control"), ("\u202eBron", "control")])
def test_a_value_that_is_too_long_or_has_controls_is_left_out_and_said(name, value, reason):
    read_of_it = launched(**{name: value})
    (said,) = [each for each in read_of_it.not_understood if each.field == name]
    assert said.reason == reason
    assert len(said.value) <= launch.RECEIVED
    assert "\x00" not in said.value
    assert list(read_of_it.pairs) == [("specialty", "SM54")]


def test_of_a_repeated_parameter_the_first_value_is_read_and_unknown_ones_are_ignored():
    read_of_it = launch.read([("city", "Bron"), ("city", "Lyon"), ("version", "3"), ("at", "x")], PLANNER)
    assert list(read_of_it.pairs) == [("specialty", "SM54"), ("address", "Bron")]
    assert read_of_it.not_understood == ()


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_an_older_program_may_write_in_its_own_letters(encoding):
    escaped = f"city={quote('Évreux', encoding=encoding)}".encode()
    assert launch.pairs(escaped) == [("city", "Évreux")]
    assert launch.pairs("city=Évreux".encode(encoding)) == [("city", "Évreux")]


def test_an_endless_query_is_refused():
    with pytest.raises(QueryTooLong):
        launch.pairs(b"city=" + b"a" * 100_000)


def test_what_a_link_says_was_not_understood_is_of_known_fields_and_reasons_only():
    good = Unread("city", "unknown", "Bron: a:b")
    forged = ["city:<b>:x", "origin:unknown:x", "city", "city:unknown", "", f"specialty:trade:{'a' * 500}"]
    read_back = launch.read_back([("unread", each) for each in (good.written, good.written, *forged)])
    assert read_back == (good, Unread("specialty", "trade", "a" * launch.RECEIVED))


def test_the_longest_that_can_be_sent_makes_a_link_that_can_be_opened():
    street, name = "rue " + "é" * 170, "é" * 200
    sent = {"practitioner": name, "specialty": "😀" * 200, "streetname": street, "inseecode": "97411", "city": "Lyon"}
    read_of_it = launch.read([*sent.items(), ("streetnumber", "😀" * 200)], PLANNER)
    pairs = [*read_of_it.pairs, *(("unread", each.written) for each in read_of_it.not_understood)]
    assert len(urlencode(pairs)) < 8_000


# The page

ADDRESS = "streetnumber=12+bis&streetname=rue+Anatole-France&inseecode=69266"


def client(offers: Sequence[Offer] = (), **values: object) -> TestClient:
    application = serving.application(serving.engine_of(offers or world.offers()), **values)  # type: ignore[arg-type] # given by tests
    return TestClient(application, raise_server_exceptions=False)


@pytest.fixture(scope="module")
def everybody() -> TestClient:
    return client()


def section(page: Visited) -> str:
    return page.page.one("section", aria_labelledby="medecin-traitant").text


def named(number: int, given: str, family: str, **values: object) -> Offer:
    doctor = world.doctor(number, Random(number), **values)
    assert doctor.person
    return msgspec.structs.replace(doctor, person=Person(doctor.person.rpps, "Dr", given, family))


def test_what_is_understood_leads_to_the_canonical_link_of_the_search(everybody):
    answered = everybody.get(f"/lancer?{ADDRESS}&specialty=cardiologue", follow_redirects=False)
    assert answered.status_code == 303
    location = answered.headers["location"]
    assert parse_qsl(location.removeprefix("/recherche?")) == [
        ("specialty", "SM04"),
        ("address", "12 bis rue Anatole-France, 69100 Villeurbanne"),
    ]
    assert answered.headers["cache-control"] == "no-store"
    assert answered.headers["referrer-policy"] == "no-referrer"
    assert read(everybody, location).path == location


def test_the_page_says_what_was_not_understood_and_only_once(everybody):
    page = read(everybody, "/lancer?streetnumber=5&city=Bron&specialty=xyz").page
    assert "Une partie de ce que votre logiciel a transmis n’a pas été comprise" in page.text
    assert "Numéro de rue : sans nom de rue, le numéro n’est pas cherché (reçu : « 5 »)." in page.text
    assert (
        "Spécialité : inconnue ou trop large, la médecine générale est cherchée à la place (reçu : « xyz »)."
        in page.text
    )
    assert page.chips == ["Bron", "Médecine générale"]
    next_one = read(everybody, page.href("Le plus proche"))
    assert "votre logiciel" not in next_one.page.text
    assert "unread" not in dict(page.sent)


def test_nothing_sent_opens_the_search_of_general_practice_and_says_so(everybody):
    page = read(everybody, "/lancer")
    assert page.path.startswith("/recherche?specialty=SM54&unread=")
    assert "aucune commune n’a été transmise, la recherche est sans lieu" in page.page.text


@pytest.mark.parametrize("name", [*launch.SENT, "origin", "doctor", "unread", "x"])
def test_html_stays_text_in_every_parameter(everybody, name):
    html = '"><script>alert(1)</script><img src=x onerror=a>'
    for address in ("/lancer", "/recherche?specialty=SM54"):
        page = read(everybody, f"{address}{'&' if '?' in address else '?'}{urlencode({name: html, 'city': 'Bron'})}")
        assert page.page.foreign == []
        assert "<script>" not in page.page.html
    forged = read(everybody, f"/recherche?specialty=SM54&{urlencode({'unread': f'city:unknown:{html}'})}")
    assert forged.page.foreign == []
    assert '« "><script>alert(1)' in forged.page.text


@pytest.mark.parametrize("value", ["//evil.example", "https://evil.example/", "\r\nLocation: https://evil.example"])
@pytest.mark.parametrize("name", [*launch.SENT, "origin", "next"])
def test_no_parameter_leads_elsewhere(everybody, name, value):
    answered = everybody.get(f"/lancer?{urlencode({name: value})}", follow_redirects=False)
    assert answered.headers["location"].startswith("/recherche?")
    assert "\n" not in answered.headers["location"]


def test_a_hundred_kilobytes_are_refused_by_a_page(everybody):
    page = read(everybody, f"/lancer?city={'a' * 60_000}")
    assert page.status == 414
    assert "Demande trop longue" in page.page.text


def test_head_is_answered_and_post_is_not(everybody):
    assert everybody.head("/lancer?city=Bron", follow_redirects=False).status_code == 303
    assert everybody.post("/lancer").status_code == 405


# The doctor first


def test_a_doctor_known_by_a_number_comes_first_with_slots_even_from_afar(everybody):
    page = read(everybody, f"/lancer?{ADDRESS}&practitioner=810100000122")
    first = page.page.cards[0]
    assert first.text.startswith("Dr Linh GAUTHIER")
    assert "97400 Saint-Denis" in first.text
    assert "Téléconsultation demain 21:02" in first.text
    assert "Manque : À 8 993 km (5 km demandés)" in first.text
    assert page.page.cards[1].text.startswith("1 ")
    assert len(page.page.all("h1")) == 1


def test_the_cards_of_a_doctor_who_is_found_too_have_each_their_own_anchor(everybody):
    page = read(everybody, "/lancer?city=Bron&practitioner=10100000027").page
    assert len([card for card in page.cards if "Dr Aya CHARVET" in card.text and "770 m" in card.text]) == 2
    identifiers = [each.attributes["id"] for each in page.elements if "id" in each.attributes]
    assert len(identifiers) == len(set(identifiers))


@pytest.mark.parametrize("view", ["list", "table"])
def test_the_doctor_is_marked_where_the_search_finds_them_too(everybody, view):
    page = read(everybody, f"/recherche?address=Bron&doctor=10100000027&view={view}").page
    rows = page.cards[1:] if view == "list" else page.all("tr")
    marked = [row.text for row in rows if "médecin traitant" in row.text]
    assert len(marked) == 1
    assert "Dr Aya CHARVET" in marked[0]


def test_the_doctor_is_marked_on_the_pages_that_follow_without_being_said_first_again(everybody):
    asked = "/recherche?address=Bron&exact_limit=5&approximate_limit=0"
    second = read(everybody, read(everybody, asked).page.href("Résultats exacts suivants")).page
    anchor = second.cards[2].attributes["id"]
    (person,) = [each.person for each in world.offers() if f"fiche-{each.id}" == anchor]
    first = read(everybody, f"{asked}&doctor={person.rpps}").page
    followed = read(everybody, first.href("Résultats exacts suivants")).page
    assert [card.attributes["id"] for card in followed.cards if "médecin traitant" in card.text] == [anchor]
    assert "medecin-traitant" not in followed.html


def test_the_doctor_stays_first_while_the_search_changes_and_can_be_left(everybody):
    page = read(everybody, f"/lancer?city=Bron&practitioner={RPPS}").page
    assert "Dr Marc OLIVIER" in section(read(everybody, page.href("Le plus proche")))
    assert dict(page.sent)["doctor"] == RPPS
    without = read(everybody, page.href("Ne plus afficher le médecin traitant"))
    assert without.path == "/recherche?specialty=SM54&address=Bron"
    assert "Médecin traitant" not in without.page.text


def test_a_doctor_alone_asks_nothing(everybody):
    assert read(everybody, f"/recherche?doctor={RPPS}").path == "/"


def test_every_place_of_a_doctor_is_shown_the_nearest_first():
    bron, vienne = (
        named(3, "Zoé", "ARNAUD", place=world.place(town, 3, Random(1))) for town in (world.BRON, world.VIENNE)
    )
    both = [msgspec.structs.replace(vienne, id=f"{vienne.id[:-12]}000000000000"), bron]
    for sent in (bron.person.rpps, "Dr ARNAUD Zoe"):
        page = read(client(both), f"/lancer?city=Bron&{urlencode({'practitioner': sent})}")
        text = section(page)
        assert text.index("69500 Bron") < text.index("38200 Vienne")


def test_a_name_that_several_doctors_have_chooses_none_and_leads_to_them():
    offers = [named(3, "Zoé", "ARNAUD"), named(4, "Léa", "ARNAUD"), named(5, "Zoé", "ARNAULD")]
    visitor = client(offers)
    page = read(visitor, "/lancer?city=Bron&practitioner=Arnaud")
    assert "plusieurs médecins portent le nom « Arnaud »" in section(page)
    namesakes = read(visitor, page.page.href("Chercher ce nom parmi les médecins"))
    assert namesakes.path == "/recherche?text=Arnaud&profession=10&address=Bron"
    assert "Dr Zoé ARNAUD" in section(read(visitor, "/lancer?city=Bron&practitioner=Zoé+Arnaud"))


def test_a_name_is_looked_for_among_doctors_only():
    physiotherapist = named(3, "Zoé", "ARNAUD", professions=world.coded({"70": "Masseur-kinésithérapeute"}, "70"))
    page = read(client([physiotherapist]), "/lancer?practitioner=Arnaud")
    assert "Médecin traitant non trouvé : aucun médecin ne porte le nom « Arnaud »." in section(page)


def test_a_number_that_nobody_has_is_said(everybody):
    page = read(everybody, "/lancer?city=Bron&practitioner=10999999999")
    assert "Médecin traitant non trouvé : aucune fiche n’a le numéro RPPS 10999999999." in section(page)
    assert page.page.cards


def test_a_database_that_does_not_answer_is_not_a_doctor_who_does_not_exist():
    page = read(client(database=False), f"/lancer?city=Bron&practitioner={RPPS}")
    assert "Médecin traitant non cherché : la base ne répond pas." in section(page)
    assert page.page.cards


def test_the_doctor_is_shown_as_the_viewer_may_see(everybody):
    sent = f"/lancer?city=Bron&practitioner={RPPS}"
    assert "Participe au SAS" in section(read(everybody, sent))
    assert "Participe au SAS" not in section(read(client(viewer=Viewer.PUBLIC), sent))


# The program


def test_a_program_that_is_not_declared_is_refused_with_the_rule():
    visitor = client(launchers=frozenset({"LRM Azur"}))
    assert read(visitor, "/lancer?origin=LRM+Azur&city=Bron").status == 200
    refused = read(visitor, "/lancer?origin=%3Cb%3EAutre&city=Bron")
    assert refused.status == 403
    assert "le logiciel « <b>Autre » n’est pas déclaré" in refused.page.text
    assert "Le paramètre origin est le nom d’un logiciel déclaré dans les réglages du service." in refused.page.text
    assert "le logiciel ne dit pas son nom" in read(visitor, "/lancer?city=Bron").page.text
