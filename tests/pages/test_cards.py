"""What a card says, and to whom."""

import html
import re
from collections.abc import Iterator
from random import Random

import pytest
from fastapi.testclient import TestClient
from msgspec import structs
from sqlalchemy import Engine

from models import codes
from models.codes import Viewer
from models.offer import AnsweredSource, CommuneRef, Offer, Participation, SilentSource, SlotSource, StructureRef
from relevance.criteria import TABLE
from relevance.signals import PROFILES
from search_api.pages.french import number
from tests.pages import serving, world
from tests.pages.conftest import client, read
from tests.pages.reading import Document
from tests.pages.world import AT, HOUR, MIDNIGHT, MINUTE, creneau, doctor, plage

NEAR = "/recherche?specialty=SM54&address=Villeurbanne"
HOSTILE = "<script>alert(1)</script>"


def shown(*offers: Offer, path: str = NEAR, viewer: Viewer = Viewer.REGULATION) -> Document:
    """The page of a search among these offers."""
    return read(client(serving.engine_of(offers), viewer), path).page


def gp(**values) -> Offer:
    """A general practitioner at Villeurbanne."""
    values.setdefault("place", world.place(world.VILLEURBANNE, 12, Random(1)))
    return doctor(1, Random(1), **{"availabilities": (), "information": None, **values})


def test_a_card_says_who_where_how_far_and_whom_to_call():
    card = shown(gp(structure=StructureRef(name="MSP des Lilas"))).cards[0]
    assert "Dr Aya BENALI" not in card.text
    assert card.text.startswith("1 Dr Éloïse BENALI Médecin · Médecine générale · Secteur 1 MSP des Lilas · 12 ")
    assert "69100 Villeurbanne" in card.text
    assert " km" in card.text
    assert "Appeler le 04 78 20 00 01" in card.text


def test_a_phone_is_called_by_its_number():
    (phone,) = [link for link in shown(gp()).all("a") if "Appeler" in link.text]
    assert phone.attributes["href"] == "tel:+33478200001"


def test_slots_are_said_by_modality_with_their_day_and_the_hour_of_the_place():
    slots = (
        creneau(MIDNIGHT + 18 * HOUR + 30 * MINUTE, "domicile"),
        creneau(MIDNIGHT + 19 * HOUR, "domicile"),
        creneau(MIDNIGHT + 33 * HOUR, "domicile"),
        creneau(MIDNIGHT + 57 * HOUR, "cabinet"),
    )
    text = shown(gp(availabilities=slots)).cards[0].text
    assert "À domicile aujourd’hui 18:30 19:00 demain 09:00" in text
    assert "Au cabinet mer. 25 nov. 09:00" in text


def test_hours_of_la_reunion_are_its_own():
    there = world.place(world.SAINT_DENIS, 8, Random(1))
    slots = (creneau(AT + 3 * HOUR, "cabinet"),)
    text = shown(gp(place=there, availabilities=slots), path="/recherche?departement=974").cards[0].text
    assert "aujourd’hui 23:42" in text
    assert "heures locales" in text


def test_the_asked_modality_comes_first():
    slots = (creneau(AT + HOUR, "cabinet"), creneau(AT + 2 * HOUR, "domicile"))
    text = shown(gp(availabilities=slots), path=f"{NEAR}&modality=domicile").cards[0].text
    assert text.index("À domicile") < text.index("Au cabinet")


def test_more_slots_are_behind_a_fold_with_their_number():
    slots = tuple(creneau(AT + hours * HOUR, "cabinet") for hours in range(1, 8))
    page = shown(gp(availabilities=slots))
    assert "4 autres créneaux" in [summary.text for summary in page.all("summary")]
    assert "00:42" in page.one("dl", class_="days").text


def test_the_source_of_the_slots_and_its_age_are_said():
    assert "vérifié il y a 3 min · Éditeur A" in shown(gp(availabilities=(creneau(AT + HOUR, "cabinet"),))).text


def test_what_is_written_by_hand_is_not_said_to_be_checked():
    written = structs.replace(plage(AT + HOUR, AT + 3 * HOUR, "cabinet"), checked_at=AT - 9 * 24 * HOUR)
    for path in (NEAR, f"{NEAR}&view=table"):
        assert (
            "écrit il y a 9 j · agenda tenu par le professionnel"
            in shown(gp(availabilities=(written,)), path=path).text
        )


def test_a_source_is_as_old_as_its_oldest_slot():
    slots = (creneau(AT + HOUR, "cabinet", checked=2), creneau(AT + 2 * HOUR, "cabinet", checked=50))
    assert "vérifié il y a 50 min · Éditeur A" in shown(gp(availabilities=slots)).text


def test_a_plage_says_its_hours_and_what_is_left():
    slots = (plage(MIDNIGHT + 19 * HOUR, MIDNIGHT + 23 * HOUR, "cabinet", left=1),)
    assert "aujourd’hui 19:00–23:00 (1 place)" in shown(gp(availabilities=slots)).text


def test_a_plage_that_has_begun_says_until_when():
    slots = (plage(AT - HOUR, MIDNIGHT + 20 * HOUR, "cabinet", left=3),)
    assert "en cours, jusqu’à 20 h (3 places)" in shown(gp(availabilities=slots)).text


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("known", "Aucun créneau connu dans les 72 heures."),
        ("none", "Aucun agenda connu."),
    ],
)
def test_no_known_slot_is_never_said_as_no_slot(state, words):
    assert words in shown(gp(slot_state=state)).cards[0].text


def test_slots_that_are_unknown_say_who_did_not_answer_and_since_when():
    azur, brume = SilentSource("editor", "Azur", AT - 240), SilentSource("editor", "Brume", AT - 2 * HOUR)
    one = shown(gp(slot_state="unknown", silent_sources=(azur,)))
    assert "Créneaux inconnus : Azur n’a pas répondu (interrogé il y a 4 min)." in one.cards[0].text
    assert "pour une fiche affichée : Azur n’a pas répondu (interrogé il y a 4 min)." in one.text
    two = shown(gp(slot_state="unknown", silent_sources=(azur, brume))).cards[0].text
    assert "Azur (interrogé il y a 4 min) et Brume (interrogé il y a 2 h) n’ont pas répondu." in two


def test_who_has_no_slot_is_said_with_when_they_said_so():
    azur, brume = AnsweredSource("editor", "Azur", AT - 12 * 60), AnsweredSource("editor", "Brume", AT - 20 * HOUR)
    none = shown(gp(answered_sources=(azur, brume))).cards[0].text
    assert "Aucun créneau connu dans les 72 heures. vérifié il y a 12 min · Azur — vérifié il y a 20 h · Brume" in none
    silent = (SilentSource("editor", "Azur", AT - 240),)
    unknown = shown(gp(slot_state="unknown", silent_sources=silent, answered_sources=(brume,))).cards[0].text
    assert "(interrogé il y a 4 min). aucun créneau connu, vérifié il y a 20 h · Brume" in unknown
    slots = (creneau(AT + HOUR, "cabinet", source=0),)
    source = AnsweredSource("editor", slots[0].source.name, AT - 180)
    some = shown(gp(availabilities=slots, answered_sources=(brume, source))).cards[0].text
    assert "vérifié il y a 3 min · Éditeur A — aucun créneau connu, vérifié il y a 20 h · Brume" in some


def test_slots_of_which_some_may_be_missing_are_said_so():
    silent = (SilentSource("editor", "Azur", AT - 240),)
    slots = (creneau(AT + HOUR, "cabinet"),)
    card = shown(gp(availabilities=slots, slot_state="unknown", silent_sources=silent)).cards[0]
    assert "D’autres créneaux sont peut-être ouverts : Azur n’a pas répondu" in card.text


def test_what_nobody_declared_is_a_question_and_what_is_refused_is_missed():
    unknown = shown(gp(care=None), path=f"{NEAR}&care=visite-domicile").cards[0].text
    refused = shown(gp(care=()), path=f"{NEAR}&care=visite-domicile").cards[0].text
    assert "À demander : Visite à domicile : non renseigné" in unknown
    assert "Manque : Visite à domicile : non" in refused


def test_why_it_is_here_tells_the_signals_the_criteria_and_the_score():
    text = shown(gp(availabilities=(creneau(AT + HOUR, "cabinet"),))).cards[0].text
    assert "Pourquoi ici : à" in text
    assert "Rempli : Médecine générale" in text
    assert "× 0,19" in text


# Who sees what ------------------------------------------------------------------------------------------------------

RESERVED = gp(
    participation=Participation(active=True, via="cpts", overbooking=True, reorientation=True),
    information="Appeler la ligne directe après 20 h",
    availabilities=(
        creneau(AT + HOUR, "cabinet"),
        creneau(AT + 2 * HOUR, "cabinet", audience="regulation"),
        creneau(AT + 3 * HOUR, "cabinet", audience="cpts"),
        creneau(AT + 4 * HOUR, "cabinet", audience="professional"),
    ),
)
FOR_THE_REGULATION = (
    "Participe au SAS par une CPTS",
    "Reçoit en sus",
    "Forfait de réorientation",
    "ligne directe",
    "19:42",
    "20:42",
)


@pytest.mark.parametrize("path", [NEAR, f"/offres/{RESERVED.id}"])
def test_the_regulation_sees_what_is_reserved_to_it(path):
    text = shown(RESERVED, path=path).text
    assert all(words in text for words in (*FOR_THE_REGULATION, "18:42", "21:42"))


@pytest.mark.parametrize("path", [NEAR, f"/offres/{RESERVED.id}"])
@pytest.mark.parametrize("viewer", [Viewer.PUBLIC, Viewer.PROFESSIONAL])
def test_others_never_see_what_is_reserved_to_the_regulation(viewer, path):
    page = shown(RESERVED, path=path, viewer=viewer)
    assert "18:42" in page.text
    assert ("21:42" in page.text) == (viewer is Viewer.PROFESSIONAL)
    assert not [words for words in (*FOR_THE_REGULATION, "SAS", "participation") if words in page.html]


@pytest.mark.parametrize("name", ["participation", "overbooking", "reorientation"])
def test_the_form_asks_the_regulation_s_criteria_of_nobody_else(visit, name):
    assert visit("/").page.all("input", name=name)
    assert not visit("/", Viewer.PUBLIC).page.all("input", name=name)
    refused = visit(f"{NEAR}&{name}=true", Viewer.PUBLIC)
    assert refused.status == 403
    assert "Ce critère est réservé à la régulation" in refused.page.text
    assert not refused.page.cards


def test_the_view_of_the_regulation_is_said_in_a_banner(visit):
    assert "Vue de la régulation" in visit("/").page.one("aside", class_="banner").text
    assert not visit("/", Viewer.PUBLIC).page.all("aside")


# What people write --------------------------------------------------------------------------------------------------


WRITTEN = gp(
    structure=StructureRef(name=HOSTILE),
    information=f"'\"><b>{HOSTILE}",
    phones=('"><script>',),
    care=(world.Code("visite-domicile", HOSTILE),),
    place=structs.replace(
        world.place(world.VILLEURBANNE, 12, Random(1)),
        address=f"12 rue {HOSTILE}",
        commune=CommuneRef("69266", f"Villeurbanne{HOSTILE}"),
    ),
)
THERE = f"12 rue {HOSTILE}, 69100 Villeurbanne{HOSTILE}"


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (NEAR, THERE),
        (f"{NEAR}&view=table", 'Appeler le "><script>'),
        (f"{NEAR}&view=map", THERE),
        (f"/offres/{WRITTEN.id}", THERE),
        (f"/offres/{WRITTEN.id}/signaler", THERE),
        (f"/selection?picked={WRITTEN.id}", THERE),
        ("/widget?specialty=SM54&address=Villeurbanne", THERE),
    ],
)
def test_what_people_write_is_never_markup(path, words):
    page = shown(WRITTEN, path=path)
    assert words in page.text
    assert not page.foreign


@pytest.mark.parametrize("name", ["text", "address", "postal_code", "commune", "cpts", "departement", "sector", "foo"])
def test_what_is_asked_is_never_markup(visit, name):
    page = visit(f'/recherche?{name}="><script>alert(1)</script>').page
    assert not page.foreign


def test_a_booking_link_is_followed_to_the_web_only():
    source = SlotSource("editor", "A")
    bad, good = (
        world.Availability("creneau", AT + HOUR, AT + HOUR + 900, ("cabinet",), "public", source, 1, AT, url)
        for url in ("javascript:alert(1)", "https://example.org/rdv")
    )
    assert not [link for link in shown(gp(availabilities=(bad,))).all("a") if "Réserver" in link.text]
    (link,) = [
        link for link in shown(gp(availabilities=(good,)), viewer=Viewer.PUBLIC).all("a") if "Réserver" in link.text
    ]
    assert link.text == "Réserver 18:42"
    assert link.attributes["href"] == "https://example.org/rdv"
    assert link.attributes["rel"] == "noreferrer noopener nofollow"


@pytest.mark.parametrize(
    "path",
    [
        NEAR,
        "/offres/{id}",
        "/offres/{id}.ics",
        "/selection?picked={id}",
        "/lancer?practitioner={rpps}&city=Villeurbanne",
        "/widget?specialty=SM54&address=Villeurbanne",
    ],
)
@pytest.mark.parametrize("viewer", Viewer)
def test_booking_links_give_rights_to_regulators_alone(path: str, viewer: Viewer):
    """On every page that has them; the widget's are for anybody."""
    slot = structs.replace(creneau(AT + HOUR, "cabinet"), booking_url="https://example.org/rdv?a=1#b")
    offer = gp(availabilities=(slot,))
    assert offer.person
    text = client(serving.engine_of([offer]), viewer).get(path.format(id=offer.id, rpps=offer.person.rpps)).text
    links = set(re.findall(r"https://example\.org/rdv[^\s\"]*", html.unescape(text)))
    regulator = viewer is Viewer.REGULATION and "/widget" not in path
    assert links == {f"https://example.org/rdv?a=1{'&origin=sas' if regulator else ''}#b"}


def test_motives_are_said_on_the_page_of_an_offer_before_their_hours():
    slots = [creneau(AT + (1 + rank) * 600, "cabinet") for rank in range(4)]
    told = ((HOSTILE,), (), ("Suivi", "Visite d’embauche"), (HOSTILE,))
    offer = gp(
        availabilities=tuple(structs.replace(slot, motives=each) for slot, each in zip(slots, told, strict=True))
    )
    page = shown(offer, path=f"/offres/{offer.id}")
    (row,) = page.all("tr")[1:]
    assert not page.foreign
    assert row.text.startswith(f"Aujourd’hui 18:02 {HOSTILE} : 17:52 18:22 Suivi, Visite d’embauche : 18:12 —")
    assert "Visite d’embauche" not in shown(offer).text


# One offer, and the rules -------------------------------------------------------------------------------------------


def test_an_offer_s_page_says_what_is_known_and_what_nobody_said():
    slots = (creneau(AT + HOUR, "cabinet"), creneau(AT + 30 * HOUR, "domicile"))
    offer = gp(availabilities=slots, languages=(), equipment=(), care=None, new_patients=None)
    page = shown(offer, path=f"/offres/{offer.id}")
    assert "Langues aucune déclarée" in page.text
    assert "Équipements aucun déclaré" in page.text
    assert "Prises en charge non renseigné" in page.text
    assert [row.text for row in page.all("tr")][1:] == [
        "Aujourd’hui 18:42 —aucun créneau connu —aucun créneau connu",
        "Demain —aucun créneau connu —aucun créneau connu 23:42",
    ]


def test_the_ranking_page_has_every_criterion_every_loss_every_signal_and_every_weight(visit):
    page = visit("/comment-les-resultats-sont-classes", Viewer.PUBLIC).page
    losses = [cell.text for cell in page.all("td", class_="n")]
    assert losses == [number(row.loss) for row in TABLE]
    for row in TABLE:
        assert row.reason in page.text
    for profile in PROFILES.values():
        for weight in profile.values():
            assert f"{number(weight.value, 3)} {weight.reason}" in page.text


def test_the_sources_are_credited_with_their_dates(visit):
    for path in (NEAR, "/sources"):
        text = visit(path).page.text
        assert "RPPS" in text
        assert "23/11/2026" in text
        assert "Agence du Numérique en Santé" in text


def test_labels_of_the_code_lists_are_set_in_french(visit):
    assert codes.EQUIPMENT["table-examen-bariatrique"] == "Table d'examen bariatrique"
    assert "Table d’examen bariatrique" in visit("/").page.text


def test_a_search_of_seventy_busy_offers_weighs_less_than_60_kb_compressed(written: Engine):
    random = Random(3)
    offers = [doctor(number, random, availabilities=world.agenda(random, number, 50)) for number in range(90)]
    visitor = TestClient(serving.application(serving.engine_of(offers), written=written))
    path = f"{NEAR}&modality=domicile&care=suture&approximate_limit=40"
    response = visitor.get(path, headers={"Accept-Encoding": "gzip"})
    page = Document(response.text)
    assert len(page.cards) == 30 + 40
    assert page.text.count("Orienter un patient vers") == 30 + 40
    assert response.headers["content-encoding"] == "gzip"
    assert int(response.headers["content-length"]) <= 60_000


def test_a_search_of_seventy_busy_offers_weighs_less_than_120_kb_with_all_that_it_loads():
    random = Random(3)
    offers = [doctor(number, random, availabilities=world.agenda(random, number, 50)) for number in range(90)]
    visitor = client(serving.engine_of(offers))
    weights = dict(loaded(visitor, f"{NEAR}&modality=domicile&care=suture&approximate_limit=50"))
    assert {name.rpartition("/")[2] for name in weights} >= {"style.css", "script.js", "keyboard.js", "favicon.svg"}
    assert sum(weights.values()) <= 120_000


def loaded(visitor: TestClient, address: str) -> Iterator[tuple[str, int]]:
    """What is asked for an address: itself, then what it loads at once; each with its compressed bytes."""
    response = visitor.get(address, headers={"Accept-Encoding": "gzip"})
    yield address, int(response.headers["content-length"])
    for found in re.findall(r'(?:rel="(?:stylesheet|icon)" href|script[^>]* src)="([^"]+)"', response.text):
        yield from loaded(visitor, found)
    for found in re.findall(r'^import [^"]*"\./([^"]+)";$', response.text, re.MULTILINE):
        yield from loaded(visitor, address.rpartition("/")[0] + "/" + found)


def test_the_style_sheet_of_every_page_is_small(visit):
    assert len(visit("/static/style.css").page.html) <= 28_000
