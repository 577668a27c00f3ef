"""Every state that a search may be in, and what its page says then."""

import re
from collections.abc import Sequence
from random import Random
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient

from models.codes import Viewer
from relevance.plan import Plan
from search_api.pages import render
from search_api.parameters import FIELDS
from search_api.problems import SECURITY
from tests.contract.engines import fill
from tests.memory_engine import MemoryEngine
from tests.pages import serving, world
from tests.pages.conftest import client, read

MISSED = re.compile("Manque :|À demander :")
HOME_VISIT = "/recherche?specialty=SM54&address=Villeurbanne&modality=domicile"
PICKED = world.offers()[1].id
EVENING = f"{HOME_VISIT}&from=2026-11-23T18:00:00%2B01:00&within_hours=6"


def test_nothing_asked_yet_offers_three_requests_that_find_someone(visit):
    start = visit("/")
    examples = start.page.one("ul", class_="examples")
    links = [each.attributes["href"] for each in start.page.all("a") if each.text and each.text in examples.text]
    assert start.status == 200
    assert len(links) == 3
    assert visit(links[0]).page.cards


def test_the_home_page_asks_the_question_of_its_viewer(visit):
    assert visit("/", Viewer.PUBLIC).page.one("h1").text.startswith("Qui, près d’ici, peut me recevoir")
    assert visit("/").page.one("h1").text.startswith("Qui, près d’ici, peut prendre ce patient")


@pytest.mark.parametrize("query", ["text=&address=&radius_km=&kind=&order=relevance", "order=nearest"])
def test_an_empty_form_is_the_home_page(visit, query):
    assert visit(f"/recherche?{query}").path == "/"


def test_a_form_becomes_its_canonical_link(visit):
    sent = visit("/recherche?text=&address=Villeurbanne&radius_km=&specialty=SM54&modality=domicile&from=&when=evening")
    assert sent.path == EVENING


def test_a_search_opened_at_the_home_page_is_answered(visit):
    assert visit("/?address=Bron").path == "/recherche?address=Bron"


def test_the_head_says_how_many_where_and_how_fresh(visit):
    text = visit(EVENING).page.text
    assert "20 résultats exacts" in text
    assert "Villeurbanne (69), rayon habituel de 5 km" in text
    assert "index mis à jour il y a 2 s" in text


def test_a_criterion_is_a_chip_that_removes_it(visit):
    page = visit(EVENING).page
    assert page.chips == ["Villeurbanne", "Médecine générale", "À domicile", "Ce soir · 18-24 h"]
    assert visit(page.href("×Retirer : Ce soir · 18-24 h")).path == HOME_VISIT
    assert visit(page.href("Tout effacer")).path == "/"


def test_preferring_a_modality_puts_it_first(visit):
    page = visit(f"{HOME_VISIT}&modality=cabinet").page
    preferred = visit(page.href("↑Préférer : Au cabinet"))
    assert preferred.path.endswith("&modality=cabinet&modality=domicile")
    assert preferred.page.chips[-2:] == ["Au cabinet", "À domicile"]


def test_a_cpts_gives_its_postal_codes_each_removable_all_resettable(visit):
    page = visit("/recherche?cpts=690000200&profession=70").page
    assert page.chips == ["CPTS Est lyonnais", "69003", "69120", "69500", "Masseur-kinésithérapeute"]
    without = visit(page.href("×Retirer : 69120"))
    assert without.page.chips == ["69003", "69500", "Masseur-kinésithérapeute"]
    assert visit(without.page.href("Réinitialiser : CPTS Est lyonnais")).page.chips == page.chips


def test_a_request_that_never_had_a_cpts_has_nothing_to_reset(visit):
    assert "Réinitialiser" not in visit("/recherche?postal_code=69003").page.text


def test_the_order_is_a_link_and_the_current_one_is_marked(visit):
    page = visit(HOME_VISIT).page
    nearest = visit(page.href("Le plus proche"))
    assert nearest.path == f"{HOME_VISIT}&order=nearest"
    (current,) = nearest.page.all("a", aria_current="true")
    assert current.text == "Le plus proche"


def test_rungs_are_headings_with_their_count_and_what_is_missed_comes_first(visit):
    page = visit(EVENING).page
    rungs = page.all("details", class_="rung")
    headings = [each.text for each in page.all("h3")][-len(rungs) :]
    assert rungs
    assert all(heading.startswith("La même demande, ") for heading in headings)
    assert all("+ " in rung.text for rung in rungs)
    exact, approximate = page.cards[:20], page.cards[20:]
    assert not [card for card in exact if MISSED.search(card.text)]
    assert all(MISSED.search(card.text.split("Pourquoi ici")[0]) for card in approximate)


def test_rungs_are_opened_on_demand_where_something_is_exact(visit):
    page = visit(EVENING).page
    assert not [rung for rung in page.all("details", class_="rung") if "open" in rung.attributes]
    (total,) = re.findall(r"et (\d+) résultats approchants", page.text)
    assert page.href(f"et {total} résultats approchants") == "#approchants"
    assert page.one("h2", class_="approaching").text == f"Résultats approchants : {total}"


def test_the_first_rungs_are_open_where_nothing_is_exact_until_a_few_cards_are_seen(visit):
    rungs = visit(f"{EVENING}&care=suture&language=ar&approximate_limit=50").page.all("details", class_="rung")
    opened = ["open" in rung.attributes for rung in rungs]
    cards = [rung.text.count("Pourquoi ici") for rung in rungs]
    seen_before = [sum(cards[:rank]) for rank in range(len(rungs))]
    assert opened[0]
    assert opened == [before < 5 for before in seen_before]


def test_a_rung_leads_to_its_cards_or_to_a_wider_request(visit):
    page = visit(f"{EVENING}&approximate_limit=3").page
    beside = [each for each in page.all("a") if each.text.startswith("La même demande, ")]
    assert len(beside) >= 2
    for rung in beside:
        assert visit(rung.attributes["href"]).page.cards


def test_nothing_exact_shows_the_rungs_as_the_way_out(visit):
    page = visit(f"{EVENING}&care=suture&language=ar").page
    assert "Aucun résultat exact" in page.text
    assert "Personne ne répond à tous les critères" in page.text
    assert page.cards


def test_nothing_at_all_says_what_to_change_and_what_it_would_find(visit):
    page = visit("/recherche?text=benali&kind=structure").page
    assert "Aucune fiche ne répond à cette demande." in page.text
    assert "Vérifiez l’orthographe du nom" in page.text
    way = visit(page.href("Sans « Structures seulement »"))
    assert way.path == "/recherche?text=benali"
    (count,) = re.findall(r"Sans « Structures seulement » : (\d+) fiches", page.text)
    assert way.page.one("h1").text == f"{count} résultats exacts"


@pytest.mark.parametrize("number", ["0478000001", "04 78 00 00 01", "810000000001"])
def test_a_number_that_no_name_has_is_said_not_to_be_searched(visit, number):
    text = visit(f"/recherche?sentence={number}").page.text
    assert "Un numéro (téléphone, RPPS, FINESS) ne se cherche pas" in text
    assert "orthographe" not in text


def test_nothing_within_a_radius_says_how_far_there_is_someone(visit):
    page = visit("/recherche?address=Mornant&radius_km=5").page
    assert "même de loin" not in page.text
    farther = visit(page.href("Jusqu’à 20 km"))
    assert farther.path == "/recherche?address=Mornant&radius_km=20"
    assert farther.page.cards
    assert "Jusqu’à 10 km" not in page.text


def test_several_criteria_that_nobody_meets_are_said_so(visit):
    page = visit("/recherche?text=zzzzzzz&profession=96").page
    assert "Aucune fiche ne remplit un seul de ces critères." in page.text
    assert "renoncer à un seul critère ne suffit pas" in page.text
    assert not [link.text for link in page.all("a") if link.text.startswith("Sans «")]


class Counting(MemoryEngine):
    """An engine that remembers how many plans it was asked to count, each time."""

    def __init__(self) -> None:
        super().__init__()
        self.counted: list[int] = []

    def counts(self, plans: Sequence[Plan], enough: int) -> tuple[int, ...]:
        self.counted.append(len(plans))
        return super().counts(plans, enough)


def test_ways_out_are_counted_in_one_round_trip_and_only_when_nothing_is_found():
    engine = Counting()
    fill(engine, tuple(world.offers()))
    read(client(engine), "/recherche?text=zzzzzzz&profession=96&kind=structure")
    read(client(engine), "/recherche?text=martel&profession=10")
    assert engine.counted == [3]


def test_no_card_of_an_exact_part_that_is_not_shown_does_not_deny_it(visit):
    page = visit(f"{EVENING}&exact_limit=0").page
    assert "20 résultats exacts" in page.text
    assert "Personne ne répond" not in page.text


def test_distances_are_said_where_they_have_an_origin(visit):
    by_name = visit("/recherche?text=benali").page
    assert "distance inconnue" not in " ".join(card.text for card in by_name.cards)
    assert not [link for link in by_name.all("a") if link.text == "Le plus proche"]
    assert visit("/recherche?text=benali&order=nearest").page.one("a", aria_current="true").text == "Le plus proche"
    near = visit("/recherche?profession=10&address=Villeurbanne&approximate_limit=50&exact_limit=0").page
    assert near.all("a", aria_current="true")
    assert [link for link in near.all("a") if link.text == "Le plus proche"]


@pytest.mark.parametrize(
    ("text", "link", "path"),
    [
        ("généraliste", "Chercher la spécialité « Médecine générale »", "specialty=SM54"),
        ("Kiné", "Chercher la profession « Masseur-kinésithérapeute »", "profession=70"),
        ("infirmières", "Chercher la profession « Infirmier »", "profession=60"),
        ("échographe", "Chercher l’équipement « Échographe »", "equipment=echographe"),
    ],
)
def test_a_trade_typed_as_a_name_is_offered_as_a_criterion(visit, text, link, path):
    page = visit(f"/recherche?text={text}&departement=69").page
    assert "departement=69" in visit(page.href(link)).path
    assert path in visit(page.href(link)).path


def test_a_name_is_not_taken_for_a_trade(visit):
    assert "cherché comme un nom" not in visit("/recherche?text=benali").page.text


def test_the_rungs_of_a_page_that_follows_are_open(visit):
    first = visit(f"{EVENING}&care=suture&language=ar&accessible=true&new_patients=true&approximate_limit=50").page
    rungs = visit(first.href("Résultats approchants suivants")).page.all("details", class_="rung")
    assert rungs
    assert all("open" in rung.attributes for rung in rungs)


def test_a_page_that_follows_says_which_results_it_has_and_numbers_them_on():
    offers = [world.doctor(number, Random(number)) for number in range(120)]
    visitor = client(serving.engine_of(offers))
    first = read(visitor, "/recherche?profession=10")
    second = read(visitor, first.page.href("Résultats exacts suivants"))
    third = read(visitor, second.page.href("Résultats exacts suivants"))
    assert "Résultats exacts 51 à 100 sur 120" in second.page.text
    assert "Résultats exacts 101 à 120 sur 120" in third.page.text
    numbers = [each.page.cards[0].text.split()[0] for each in (first, second, third)]
    assert numbers == ["1", "51", "101"]


def test_an_approximate_page_says_where_the_exact_results_are(visit):
    first = visit(EVENING)
    second = visit(first.page.href("Résultats approchants suivants"))
    assert "Résultats approchants 21 à 40 sur" in second.page.text
    assert second.page.cards[0].text.startswith("41 ")
    assert visit(second.page.href("Les résultats exacts sont sur la première page")).path == first.path


def test_an_offer_leads_back_to_its_card_in_the_results(visit):
    results = visit(EVENING)
    name = results.page.all("h3")[2].text
    offer = visit(results.page.href(name))
    back = offer.page.href("← Retour aux résultats")
    path, _, anchor = back.partition("#")
    assert path == results.path
    assert results.page.one("li", id=anchor).text.startswith("3 ")
    assert visit(offer.path.partition("?")[0]).page.href("← Nouvelle recherche") == "/"


def test_the_link_of_an_offer_to_keep_holds_nothing_of_the_request(visit):
    results = visit(EVENING)
    offer = visit(results.page.href(results.page.all("h3")[0].text))
    plain = offer.page.href("cette fiche, sans la demande")
    assert plain == offer.path.partition("?")[0] != offer.path
    assert offer.page.one("link", rel="canonical").attributes["href"] == plain


def test_nothing_within_a_few_centimetres_is_an_answer_as_another(visit):
    assert visit("/recherche?near=45.0,3.0&radius_km=0.00001").status == 200


def test_a_request_that_cannot_be_read_is_refused_in_a_sentence(visit):
    page = visit("/recherche?text=%ff")
    assert page.status == 422
    assert "La demande n’est pas écrite en UTF-8" in page.page.text


def test_a_refused_method_is_said_as_such():
    refused = client(serving.engine_of(())).delete("/")
    assert refused.status_code == 405
    assert refused.headers["allow"] == "GET, HEAD"
    assert "Méthode refusée" in refused.text


def test_a_widened_area_is_said_in_the_head_and_on_the_cards(visit):
    page = visit("/recherche?address=Vienne+(38)&specialty=SM54&modality=domicile&overbooking=true").page
    assert "Zone élargie à" in page.text
    assert any("zone élargie" in card.text for card in page.cards)
    assert not any("zone élargie" in card.text for card in page.cards if " m " in card.text[:80])


def test_namesakes_are_links_to_the_same_request(visit):
    page = visit("/recherche?address=Saint-Denis&specialty=SM54").page
    assert "Plusieurs lieux portent ce nom" in page.text
    other = visit(page.href("Saint-Denis (93)"))
    assert "Saint-Denis (93)" in other.page.text
    assert "Plusieurs lieux" not in other.page.text


def test_a_place_that_is_not_found_is_said_beside_its_field_with_what_looks_like_it(visit):
    refused = visit("/recherche?address=Vileurbane&specialty=SM54")
    field = refused.page.one("input", name="address")
    assert refused.status == 422
    assert field.attributes["aria-invalid"] == "true"
    assert field.attributes["value"] == "Vileurbane"
    assert "introuvable" in refused.page.one("span", id=str(field.attributes["aria-describedby"])).text
    assert visit(refused.page.href("Villeurbanne (69)")).status == 200


@pytest.mark.parametrize(
    ("name", "value", "label"),
    [
        ("within_hours", "90", "Pendant"),
        ("specialty", "SM99", "Spécialité"),
        ("postal_code", "abc", "Codes postaux"),
        ("commune", "Saint-Denis", "Commune"),
        ("kind", "robot", "Professionnels ou structures"),
        ("order", "best", "Ordre"),
        ("accessible", "maybe", "Accès de plain-pied"),
        ("from", "yesterday", "À partir de"),
        ("radius_km", "-3", "Rayon"),
    ],
)
def test_each_fault_is_beside_its_field_and_in_the_summary(visit, name, value, label):
    refused = visit(f"/recherche?address=Bron&{name}={value}")
    page = refused.page
    assert refused.status == 422
    assert page.href(label) == f"#f-{name}"
    (field,) = [each for each in page.elements if each.attributes.get("id") == f"f-{name}"]
    assert page.one("span", id=str(field.attributes["aria-describedby"])).text
    assert "autofocus" in page.one("div", id="erreurs").attributes


JARGON = re.compile(r"\bISO\b|%2B|[a-z]+_[a-z]+|INSEE|true|lat,lon")
WRONG = ("@@", "-1", "1e9", "0", "nan", "2020-01-01T00:00:00+01:00", "12", "x" * 201)


@pytest.mark.parametrize("name", sorted(set(FIELDS) - {"at"}))
def test_every_fault_is_said_in_the_words_of_the_form(visit, name: str):
    """Rules are the API's: one that is written anew there must find its words here."""
    for value in WRONG:
        refused = visit(f"/recherche?profession=10&{name}={quote(value)}")
        if refused.status == 422:
            said = refused.page.one("div", id="erreurs").text.replace(value, "")
            assert not JARGON.search(said), said


def test_an_unknown_parameter_can_be_removed(visit):
    page = visit("/recherche?address=Bron&foo=1").page
    assert "foo : paramètre inconnu" in page.text
    assert visit(page.href("Retirer : foo")).path == "/recherche?address=Bron"


def test_a_link_of_an_older_version_of_the_page_asks_what_it_asked(visit):
    """A specialty that has joined a group, defaults that are said, a view and a parameter that are no more."""
    older = "/recherche?specialty=SM26&address=Villeurbanne&modality=domicile&order=relevance&exact_limit=50&view=cards"
    assert visit(older).path == HOME_VISIT
    refused = visit(f"{older}&page=2")
    assert refused.status == 422
    assert visit(refused.page.href("Retirer : page")).path == HOME_VISIT


def test_slots_that_are_partly_unknown_are_said(visit):
    assert "Agenda Azur n’a pas répondu (interrogé il y a 11 min)" in visit(HOME_VISIT).page.text


def test_an_index_that_is_late_is_said():
    late = serving.application(serving.engine_of(world.offers()), lag=300)
    assert (
        "L’index est en retard : mis à jour il y a 5 min. Vérifiez les créneaux au téléphone."
        in read(TestClient(late), HOME_VISIT).page.text
    )


def test_pages_follow_one_another_and_come_back_to_the_first(visit):
    first = visit(HOME_VISIT)
    second = visit(first.page.href("Résultats approchants suivants"))
    names = [{card.text for card in visited.page.cards} for visited in (first, second)]
    assert second.page.cards
    assert not names[0] & names[1]
    assert visit(second.page.href("Revenir à la première page")).path == first.path


@pytest.mark.parametrize(
    "query",
    ["address=Bron&exact_limit=2&view=table", "postal_code=69003&prefill=690000200", f"specialty=SM54&picked={PICKED}"],
)
def test_every_exact_result_is_a_file_away_whatever_the_page_shows(visit, engine, query):
    page = visit(f"/recherche?{query}").page
    sheet = client(engine).get(page.href("Résultats exacts en tableur (CSV)"))
    assert sheet.headers["Content-Type"].startswith("text/csv")
    assert page.one("h1").text.split()[0] == str(len(sheet.text.splitlines()) - 1)


def test_there_is_no_file_of_nothing_exact(visit):
    assert "en tableur" not in visit("/recherche?text=zzzzzzz").page.text


def test_a_stopped_engine_is_said_with_what_still_works():
    engine = serving.engine_of(world.offers())
    engine.down = True
    visited = read(client(engine), HOME_VISIT)
    assert visited.status == 503
    assert visited.headers["retry-after"] == "5"
    assert "Ce qui marche encore" in visited.page.text
    assert visited.page.href("Réessayer la même page") == HOME_VISIT


class StoppingOnceCounted(MemoryEngine):
    """An engine that stops after the counts that choose a radius, before the search."""

    def counts(self, plans: Sequence[Plan], enough: int) -> tuple[int, ...]:
        counted = super().counts(plans, enough)
        self.down = True
        return counted


def test_an_engine_that_stops_between_the_counts_and_the_search_is_said():
    engine = StoppingOnceCounted()
    fill(engine, tuple(world.offers()))
    visited = read(client(engine), "/recherche?profession=10&address=Villeurbanne")
    assert engine.down
    assert visited.status == 503
    assert visited.headers["retry-after"] == "5"
    assert "Ce qui marche encore" in visited.page.text


@pytest.mark.parametrize("path", ["/", HOME_VISIT, "/recherche?foo=1", f"/offres/{next(iter(world.offers())).id}"])
@pytest.mark.parametrize(
    ("viewer", "kept"),
    [(Viewer.PUBLIC, "private, no-cache"), (Viewer.PROFESSIONAL, "no-store"), (Viewer.REGULATION, "no-store")],
)
def test_what_is_reserved_stays_on_no_disk(visit, path, viewer, kept):
    assert visit(path, viewer).headers["cache-control"] == kept


def test_a_departement_given_as_an_address_is_searched_whole_by_a_link(visit):
    refused = visit("/recherche?profession=10&address=Rhône&radius_km=5")
    assert refused.status == 422
    assert visit(refused.page.href("tout le département Rhône (69)")).path == "/recherche?profession=10&departement=69"


def test_a_name_of_several_communes_is_told_by_links_to_each(visit):
    refused = visit("/recherche?profession=10&commune=Bron&commune=Saint-Denis")
    assert refused.status == 422
    assert "plusieurs communes portent ce nom" in refused.page.text
    assert "INSEE" not in refused.page.one("div", id="erreurs").text
    chosen = visit(refused.page.href("Saint-Denis (974)"))
    assert chosen.page.chips == ["Bron (69)", "Saint-Denis (974)", "Médecin"]


def test_words_that_several_cpts_have_are_told_by_links_to_each(visit):
    refused = visit("/recherche?cpts=cpts")
    assert "plusieurs CPTS ont ces mots dans leur nom" in refused.page.text
    assert visit(refused.page.href("CPTS Est lyonnais")).page.chips[0] == "CPTS Est lyonnais"
    assert "aucune CPTS n’a ces mots dans son nom" in visit("/recherche?cpts=Nulle").page.text


def test_a_moment_that_is_over_is_said_beside_its_buttons(visit):
    refused = visit("/recherche?address=Bron&when=this_morning")
    page = refused.page
    assert refused.status == 422
    assert page.href("Quand") == "#f-when"
    assert "Quand : ce moment est passé, choisissez-en un autre (reçu : « Ce matin »)" in page.text
    assert page.one("fieldset", id="f-when").attributes["aria-describedby"] == "faute-when"


JARGON = re.compile(r"[a-z]+_[a-z]+|\b(near|address|true|ISO|INSEE|référentiel|curseur|paramètre)\b|%2B|\d\.\d")
BAD = {
    **dict.fromkeys(["accessible", "new_patients", "overbooking", "reorientation"], "maybe"),
    **dict.fromkeys(["commune", "departement", "cpts", "postal_code", "kind", "order", "modality", "from"], "zzz"),
    **dict.fromkeys(["near", "participation", "cursor", "exact_limit", "when", "address"], "zzz"),
    "within_hours": "90",
    "radius_km": "900",
}


@pytest.mark.parametrize(("name", "value"), BAD.items(), ids=BAD)
def test_a_fault_is_said_in_the_words_of_the_form(visit, name, value):
    refused = visit(f"/recherche?text=m&{name}={value}")
    said = refused.page.one("div", id="erreurs").text
    assert refused.status == 422
    assert not JARGON.search(said)


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("within_hours=90", "Pendant : 72 heures au plus"),
        ("within_hours=0", "Pendant : un nombre entier d’heures, une au moins"),
        ("address=Bron&radius_km=900", "Rayon : 200 km au plus"),
        ("address=Bron&radius_km=x", "Rayon : un nombre de kilomètres, plus grand que zéro, par exemple 7,5"),
        ("radius_km=5", "Rayon : un rayon demande une adresse ou une commune"),
        ("from=hier", "À partir de : une date et une heure"),
    ],
)
def test_a_fault_has_its_unit(visit, query, words):
    assert words in visit(f"/recherche?text=m&{query}").page.text


def test_a_past_instant_is_said_as_it_was_asked(visit):
    page = visit("/recherche?text=m&from=2026-11-22T18:00:00%2B01:00&within_hours=3").page
    assert "À partir de : hier à 18 h, pendant 3 h" in page.chips
    assert "cet instant est passé" in page.text


@pytest.mark.parametrize("path", ["/recherche", "/widget", "/widget/essayer"])
@pytest.mark.parametrize("value", ["9999-12-31T23:59-14:00", "0001-01-01T00:00%2B14:00", "0001-01-01T00:00"])
def test_an_instant_that_is_of_no_year_elsewhere_is_refused_beside_its_field(visit, path, value):
    page = visit(f"{path}?address=Papeete&fields=when&from={value}")
    assert page.status == 422
    assert re.search("Une (année entre 2000 et 2100|date et une heure)", page.page.text)


def test_one_hour_is_said_as_people_say_it(visit):
    assert "Dans l’heure" in visit("/recherche?text=m&within_hours=1").page.chips


def test_a_stopped_engine_leaves_the_form():
    engine = serving.engine_of(world.offers())
    engine.down = True
    assert read(client(engine), "/").status == 200


def test_an_expired_cursor_leads_back_to_the_request():
    engine = serving.engine_of(world.offers())
    visitor = client(engine)
    link = read(visitor, HOME_VISIT).page.href("Résultats approchants suivants")
    serving.expire(engine)
    expired = read(visitor, link)
    assert expired.status == 410
    assert expired.page.href("Relancer la recherche depuis le début, avec les mêmes critères") == HOME_VISIT


def test_an_altered_cursor_can_be_removed(visit):
    refused = visit(f"{HOME_VISIT}&cursor=abc")
    assert refused.status == 422
    assert "la suite demandée n’est pas celle de cette réponse" in refused.page.text
    assert visit(refused.page.href("Retirer : Suite de la réponse")).path == HOME_VISIT


@pytest.mark.parametrize("path", ["/nulle-part", "/offres/p1-0"])
def test_what_does_not_exist_is_a_page(visit, path):
    lost = visit(path)
    assert lost.status == 404
    assert lost.page.href("Nouvelle recherche la page d’accueil") == "/"


def test_programs_still_get_problems(visit):
    assert visit("/api/v1/nowhere").headers["content-type"] == "application/problem+json"
    assert visit("/api/v1/search").headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("path", ["/", HOME_VISIT, "/nulle-part", "/recherche?foo=1", "/static/style.css", "/sources"])
def test_no_page_sends_a_referrer_or_a_cookie(visit, path):
    headers = visit(path).headers
    assert headers["referrer-policy"] == "no-referrer"
    said = set(SECURITY) - {"Content-Security-Policy"}
    assert {name: headers[name.lower()] for name in said} == {name: SECURITY[name] for name in said}
    assert headers["content-security-policy"].startswith("default-src 'none'; ")
    assert "set-cookie" not in headers


@pytest.mark.parametrize("path", ["/", HOME_VISIT, "/recherche?foo=1", "/comment-les-resultats-sont-classes"])
def test_a_page_loads_nothing_that_is_not_ours_and_has_nothing_inline(visit, path):
    visited = visit(path)
    page, policy = visited.page, visited.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert [each.attributes["src"] for each in page.all("script")] == [render.static("script.js")]
    assert not [each.text for each in page.all("script") if each.text]
    assert not page.all("style")
    assert not [each for each in page.elements if any(name == "style" or name[:2] == "on" for name in each.attributes)]


def test_what_pages_load_is_kept_by_its_digest_and_found_without(visit):
    kept, plain = (visit(path) for path in (render.static("script.js"), "/static/script.js"))
    assert kept.status == plain.status == 200
    assert kept.page.html == plain.page.html
    assert visit("/static/0123456789ab/../../app.py").status == visit("/static/0123456789ab/none.js").status == 404


def test_a_crash_is_a_page_without_details():
    app = serving.application(serving.engine_of(()))
    app.state.services = None
    crashed = read(TestClient(app, raise_server_exceptions=False), "/")
    assert crashed.status == 500
    assert "Erreur interne" in crashed.page.text
    assert "Traceback" not in crashed.page.text


def test_every_page_has_one_title_and_one_main(visit):
    for path in ("/", HOME_VISIT, "/recherche?foo=1", "/sources", "/comment-les-resultats-sont-classes", "/nulle-part"):
        page = visit(path, Viewer.PUBLIC).page
        assert len(page.all("h1")) == len(page.all("main")) == 1
        assert page.one("title").text.endswith("Annuaire Soins")
