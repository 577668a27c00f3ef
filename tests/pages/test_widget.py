"""The widget: what a portal chooses, what stays fixed, what it weighs, and who may show it."""

from random import Random
from urllib.parse import parse_qsl, urlsplit

import msgspec
import pytest
from fastapi.testclient import TestClient

from models.codes import Viewer
from search_api.pages import render, widget_options
from search_api.pages.widget_options import SHOWABLE, TITLE, USUAL
from search_api.problems import SECURITY
from tests.memory_engine import MemoryEngine
from tests.pages import serving, world
from tests.pages.conftest import Visited, client, read

FIXED = "/widget?specialty=SM54&departement=69"
ASKED = "/widget?specialty=SM54&address=Villeurbanne&modality=domicile&fields=text,address,modality,when"
SITES = ("https://portail.example", "http://localhost:8080")
ELEMENT = "/widget/v1/annuaire-soins.js"


def inside(visited: Visited) -> list[list[tuple[str, str]]]:
    """What every link that stays in the widget asks."""
    links = (each.attributes["href"] or "" for each in visited.page.all("a"))
    return [parse_qsl(urlsplit(link).query) for link in links if link.startswith("/widget")]


def fields(visited: Visited) -> set[str]:
    """The names of the fields that a person sees."""
    drawn = [*visited.page.all("input"), *visited.page.all("select"), *visited.page.all("button")]
    return {each.attributes.get("name") or "" for each in drawn if each.attributes.get("type") != "hidden"} - {""}


# The request --------------------------------------------------------------------------------------------------------


def test_a_widget_of_nothing_has_a_title_a_form_and_a_link_to_the_directory(visit):
    widget = visit("/widget")
    assert widget.status == 200
    assert widget.page.one("h1").text == TITLE
    assert "open" in widget.page.one("details", class_="request").attributes
    assert widget.page.href("Ouvrir dans tout l’annuaire") == "/"
    assert not widget.page.cards
    assert not widget.page.all("header")


def test_the_parameters_of_the_api_prefill_it(visit):
    widget = visit(ASKED)
    assert dict(widget.page.sent)["address"] == "Villeurbanne"
    assert widget.page.chips == ["Villeurbanne", "À domicile"]
    assert len(widget.page.cards) == 14
    assert widget.page.cards[0].text.startswith("Dr ")


def test_what_a_form_sends_becomes_the_canonical_link_of_the_widget(visit):
    sent = visit("/widget?text=&address=Villeurbanne&departement=Rh%C3%B4ne&radius_km=&when=evening&accent=%23B00")
    assert sent.path == (
        "/widget?address=Villeurbanne&departement=69&from=2026-11-23T18:00:00%2B01:00&within_hours=6&accent=bb0000"
    )


def test_a_form_sent_as_it_is_asks_the_same(visit):
    path = f"{FIXED}&language=ar&address=Bron&title=Ici&accent=bb0000&fields={','.join(SHOWABLE)}"
    widget = visit(path)
    again = visit("/widget?" + "&".join(f"{name}={value}" for name, value in widget.page.sent))
    assert again.path == widget.path


def test_several_values_of_a_list_are_sent_again(visit):
    widget = visit("/widget?specialty=SM54&specialty=SM40&departement=69&fields=specialty,departement")
    assert [value for name, value in widget.page.sent if name == "specialty"] == ["SM54", "SM40"]


def test_exact_results_come_by_ten_and_the_following_page_goes_on(visit):
    first = visit(ASKED)
    following = visit(first.page.href("Résultats exacts suivants"))
    names = [[card.text for card in each.page.cards] for each in (first, following)]
    assert len(names[1]) == 10
    assert not set(names[0]) & set(names[1])
    assert "Résultats exacts 11 à 20 sur 43" in following.page.text
    assert following.page.href("Revenir à la première page") == first.path


def test_approximate_results_are_folded_by_concession_with_their_count(visit):
    page = visit(f"{ASKED}&radius_km=5").page
    rungs = page.all("details", class_="rung")
    assert rungs
    assert all("+ " in each.text and "open" not in each.attributes for each in rungs)
    headings = [each.text for each in page.all("h3") if each.text.startswith("La même demande, ")]
    assert len(headings) == len(rungs)


def test_with_nothing_exact_the_first_concession_is_open(visit):
    page = visit("/widget?specialty=SM54&address=Bron&language=ar&care=suture&fields=address,language,care").page
    assert "Aucun résultat exact" in page.text
    assert "open" in page.all("details", class_="rung")[0].attributes


def test_a_card_says_how_far_when_whom_to_call_and_what_is_unknown(visit):
    page = visit(f"{ASKED},language&language=ar").page
    text = " ".join(card.text for card in page.cards)
    assert "190 m · Médecin · Médecine générale" in text
    assert "À domicile" in text
    assert "À demander :" in text
    assert page.all("a", href="tel:+33478200056")


def test_a_card_begins_with_what_is_in_the_moment_asked():
    starts = (1, 5, 30)
    slots = tuple(world.creneau(world.AT + hours * world.HOUR, "cabinet") for hours in starts)
    visitor = client(serving.engine_of([world.doctor(1, Random(1), availabilities=slots)]))
    firsts = [
        [each.text for each in read(visitor, f"/widget?specialty=SM54{when}&fields=when").page.all("time")]
        for when in ("", "&from=2026-11-23T21:00:00%2B01:00&within_hours=3", "&when=tomorrow")
    ]
    assert firsts == [["18:42"], ["22:42"], ["23:42"]]


def test_links_that_leave_the_widget_open_apart(visit):
    page = visit(ASKED).page
    leaving = [
        each for each in page.all("a") if not (each.attributes["href"] or "").startswith(("/widget", "tel:", "#"))
    ]
    assert len(leaving) == len(page.cards) + 2
    assert {(each.attributes.get("target"), each.attributes.get("rel")) for each in leaving} == {
        ("_blank", "noopener noreferrer")
    }


def test_a_booking_link_opens_apart():
    (slot,) = world.agenda(Random(1), 1, 1)[:1]
    offer = world.doctor(1, Random(1), availabilities=(replace_url(slot, "https://rdv.example/1"),))
    page = read(client(serving.engine_of([offer]), Viewer.PUBLIC), "/widget?specialty=SM54").page
    assert page.one("a", href="https://rdv.example/1").attributes["target"] == "_blank"
    assert page.one("a", href="https://rdv.example/1").attributes["rel"] == "noreferrer noopener nofollow"


def test_the_directory_is_opened_with_the_same_request_and_nothing_of_the_widget(visit):
    page = visit(f"{ASKED}&accent=bb0000&title=Ici").page
    assert page.href("Ouvrir dans tout l’annuaire") == ASKED.replace("/widget", "/recherche").partition("&fields")[0]


def test_the_link_of_a_card_does_not_hold_the_request(visit):
    page = visit(ASKED).page
    assert all(
        "?" not in (each.attributes["href"] or "") for each in page.all("a") if "/offres/" in each.attributes["href"]
    )


def test_namesakes_of_a_place_are_links_inside(visit):
    page = visit("/widget?specialty=SM54&address=Saint-Denis&fields=address").page
    assert "Plusieurs lieux portent ce nom" in page.text
    assert page.href("Saint-Denis (93)") == "/widget?specialty=SM54&address=Saint-Denis+%2893%29&fields=address"


# What is fixed ------------------------------------------------------------------------------------------------------


def test_without_a_list_the_usual_fields_are_shown(visit):
    assert fields(visit("/widget")) == {*USUAL, "sentence", "from", "within_hours"} - {"text"}


def test_only_the_fields_that_the_portal_lists_are_shown(visit):
    assert fields(visit("/widget?fields=address,new_patients")) == {"address", "new_patients"}


@pytest.mark.parametrize("name", SHOWABLE)
def test_each_field_may_be_shown(visit, name):
    assert {name, "sentence"} & fields(visit(f"/widget?fields={name}"))


def test_a_widget_may_have_no_form_at_all(visit):
    widget = visit(f"{FIXED}&fields=none")
    assert not widget.page.all("form")
    assert widget.page.cards


@pytest.mark.parametrize("name", ["participation", "overbooking", "reorientation", "at", "foo"])
def test_what_the_public_may_not_ask_is_no_field(visit, name):
    assert fields(visit(f"/widget?fields={name},address")) == {"address"}


@pytest.mark.parametrize(
    "path",
    [
        f"{FIXED}&fields=text,address,when",
        f"{FIXED}&language=ar&text=kiné&fields=text",
        f"{FIXED}&text=zzzz&kind=structure&fields=text",
        f"{FIXED}&address=Vileurbane&fields=address",
        f"{FIXED}&sector=1&care=suture&fields=address,care",
        "/widget?specialty=SM54&specialty=SM40&cpts=690000200&fields=text",
        "/widget?specialty=SM54&radius_km=5&address=Saint-Denis&fields=address",
        "/widget?specialty=SM99&departement=69&fields=text",
    ],
)
def test_no_link_and_no_form_of_a_widget_loses_or_changes_what_is_fixed(visit, path):
    widget = visit(path)
    shown = set(dict(parse_qsl(urlsplit(path).query))["fields"].split(","))
    fixed = sorted(pair for pair in parse_qsl(urlsplit(widget.path).query) if pair[0] not in shown | {"fields"})
    for asked in [*inside(widget), widget.page.sent]:
        kept = {name for name, _ in fixed}
        assert sorted(pair for pair in asked if pair[0] in kept) == fixed


def test_what_is_fixed_has_no_chip(visit):
    assert visit(f"{FIXED}&address=Bron&fields=address").page.chips == ["Bron"]


def test_a_concession_that_gives_up_what_is_fixed_is_not_offered(visit):
    asked = "specialty=SM54&address=Villeurbanne&language=ar"
    free = visit(f"/widget?{asked}&fields=specialty,address,language").page
    fixed = visit(f"/widget?{asked}&fields=address").page
    assert "sans la langue « Arabe » (ou non renseignée)" in free.text
    assert [len(each.cards) for each in (free, fixed)] == [4, 0]
    assert "D’autres fiches s’en approchent" in fixed.text
    assert "D’autres fiches s’en approchent" not in free.text


def test_a_radius_that_is_fixed_waits_for_a_place(visit):
    assert "est à corriger" not in visit("/widget?radius_km=5&text=martel&fields=text,address").page.text
    around = visit("/widget?radius_km=2&text=martel&address=Bron&fields=text,address")
    assert "rayon de 2 km" in around.page.text
    assert visit("/widget?radius_km=2&departement=69&fields=text").status == 200


def test_what_a_person_adds_is_shown_and_may_be_given_up(visit):
    widget = visit(f"{FIXED}&text=kiné&fields=text")
    added = visit(widget.page.href("Chercher la profession « Masseur-kinésithérapeute »"))
    assert added.page.chips == ["Masseur-kinésithérapeute"]
    assert fields(added) == {"sentence", "profession"}


def test_what_a_sentence_asks_is_shown_and_never_overrides_what_is_fixed(visit):
    asked = visit("/widget?sentence=dentiste+à+domicile+demain&departement=69&specialty=SM54&fields=text,address")
    assert asked.page.chips == ["À domicile", "Demain · 0-24 h"]
    assert fields(asked) >= {"sentence", "modality", "when"}
    assert sorted(asked.page.sent)[:1] == [("address", "")]
    assert {("specialty", "SM54"), ("departement", "69")} <= set(asked.page.sent)
    assert "« dentiste »" in asked.page.text


def test_what_only_whole_pages_know_is_left_out(visit):
    sent = visit("/widget?address=Bron&view=table&doctor=10100000014&exact_limit=50&unread=city:unknown:x")
    assert sent.path == "/widget?address=Bron"


# What a portal chooses ----------------------------------------------------------------------------------------------


def test_a_title_is_words_and_never_markup(visit):
    widget = visit("/widget?title=%3Cb%3ETrouver%3C/b%3E")
    assert widget.page.one("h1").text == "<b>Trouver</b>"
    assert not widget.page.all("b")


@pytest.mark.parametrize("title", ["x" * 81, "a%00b", "a%E2%80%AEb"])
def test_a_title_that_cannot_be_is_ours_and_the_developer_finds_why(visit, title):
    widget = visit(f"/widget?title={title}")
    assert widget.page.one("h1").text == TITLE
    assert "title : 80 caractères au plus, sans caractère de contrôle" in comment(widget)


def comment(widget: Visited) -> str:
    """What the source says to the developer of the portal."""
    _, opened, rest = widget.page.html.partition("<!-- ")
    return rest.partition(" -->")[0] if opened else ""


def test_colours_are_those_of_the_address_of_the_sheet(visit):
    widget = visit("/widget?accent=%23BB0000&scheme=light&address=Bron")
    address = widget.page.one("link", rel="stylesheet").attributes["href"] or ""
    assert address == f"/widget/style.css?accent=bb0000&scheme=light&v={render.digest()}"
    assert "--accent: #bb0000;" in visit(address).page.html


@pytest.mark.parametrize("name", ["accent", "ground", "ink"])
@pytest.mark.parametrize("value", ["red", "0a5a7c}body{display:none", "%3C/style%3E", "url(//x)", "0" * 500])
def test_what_is_no_colour_is_ours_and_said_to_the_developer(visit, name, value):
    widget = visit(f"/widget?{name}={value}")
    sheet = visit(widget.page.one("link", rel="stylesheet").attributes["href"] or "").page.html
    assert sheet == visit("/widget/style.css").page.html
    assert comment(widget).startswith("Pour le site qui affiche ce module")
    assert f"{name} : une couleur de six chiffres hexadécimaux" in comment(widget)


def test_a_colour_that_cannot_be_read_is_said_to_the_developer_only(visit):
    widget = visit("/widget?accent=ffff00&scheme=light")
    assert "En clair, Accent : liens et boutons : illisible" in comment(widget)
    assert "illisible" not in widget.page.text
    assert not comment(visit("/widget?accent=bb0000&scheme=light"))


def test_of_a_repeated_choice_the_first_is_read(visit):
    assert visit("/widget?title=Un&title=Deux&accent=b00&accent=0b0").path == "/widget?title=Un&accent=bb0000"


def test_lists_of_fields_are_joined(visit):
    assert visit("/widget?fields=text&fields=address,none").path == "/widget?fields=text,address"


def test_every_choice_is_tried_by_these_tests():
    assert set(widget_options.OWN) == {"fields", "title", "accent", "ground", "ink", "scheme", "height"}


# Who sees it, and where ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("viewer", Viewer)
@pytest.mark.parametrize("path", [ASKED, f"{ASKED}&when=evening", "/widget/essayer?specialty=SM54"])
def test_it_is_the_public_s_view_whatever_the_server_shows_elsewhere(visit, viewer, path):
    """A page around the widget is seen by anybody, and it could show to anybody what the widget shows."""
    assert visit(path, viewer).page.html.replace(banner(visit, viewer), "") == visit(path, Viewer.PUBLIC).page.html
    refused = visit("/widget?overbooking=true&address=Bron", viewer)
    assert (refused.status, "réservé à la régulation" in refused.page.text) == (403, True)


def banner(visit, viewer: Viewer) -> str:
    """The line of whole pages that says whose view they are."""
    html = visit("/widget/essayer", viewer).page.html
    start = html.find('<aside class="banner"')
    return html[start : html.find("</aside>") + len("</aside>\n")] if start >= 0 else "\0"


def test_what_is_prefilled_is_said_where_it_is_composed(visit):
    text = visit("/widget/essayer?specialty=SM54&departement=69").page.text
    assert "Demandé : Rhône (69) · Médecine générale" in text
    assert "Demandé :" not in visit("/widget/essayer").page.text


def test_slots_and_words_reserved_to_the_regulation_are_never_in_a_widget(visit):
    page = visit(ASKED, Viewer.REGULATION).page
    assert world.INFORMATION not in page.text
    assert "régulation" not in page.text
    assert "SAS" not in page.text


def declared(*, path: str = ASKED, sites: tuple[str, ...] = SITES) -> Visited:
    app = serving.application(serving.engine_of(world.offers()), widget_sites=sites)
    return read(TestClient(app, raise_server_exceptions=False), path)


@pytest.mark.parametrize(
    "path",
    [ASKED, "/widget", "/widget?foo=1", "/widget/nulle-part", "/widget?cursor=x&address=Bron", f"/widget?{'x' * 9000}"],
)
def test_declared_sites_may_show_a_widget_and_its_errors_and_nobody_else(path):
    headers = declared(path=path).headers
    assert "frame-ancestors 'self' https://portail.example http://localhost:8080" in headers["content-security-policy"]
    assert "x-frame-options" not in headers
    alone = declared(path=path, sites=()).headers
    assert alone["content-security-policy"].endswith("frame-ancestors 'self'")


@pytest.mark.parametrize(
    "path", ["/", "/recherche?address=Bron", "/widget/essayer", "/nulle-part", "/api/v1/territories"]
)
def test_no_other_page_may_be_framed(path):
    headers = declared(path=path).headers
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"


def test_a_widget_runs_no_script_and_has_nothing_inline(visit):
    widget = visit(ASKED)
    policy = widget.headers["content-security-policy"]
    assert "script-src" not in policy
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    assert not widget.page.all("script")
    assert not widget.page.all("style")
    assert not [
        each for each in widget.page.elements if any(name == "style" or name[:2] == "on" for name in each.attributes)
    ]


def test_a_height_that_follows_adds_one_script_of_ours_that_knows_the_declared_sites():
    widget = declared(path=f"{ASKED}&height=follow")
    script = widget.page.one("script")
    assert script.attributes["src"] == render.static("widget-height.js")
    assert script.attributes["data-sites"] == " ".join(SITES)
    assert "script-src 'self'" in widget.headers["content-security-policy"]
    assert all(("height", "follow") in asked for asked in inside(widget))


@pytest.mark.parametrize("path", [ASKED, "/widget", "/widget/essayer", "/widget/style.css", ELEMENT, "/widget?foo=1"])
def test_nothing_of_it_sends_a_cookie_or_a_referrer(visit, path):
    headers = visit(path).headers
    assert "set-cookie" not in headers
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["x-content-type-options"] == SECURITY["X-Content-Type-Options"]


def test_the_element_may_be_loaded_by_any_site_and_kept(engine: MemoryEngine):
    visitor = client(engine)
    first = visitor.get(ELEMENT, headers={"Origin": "https://portail.example"})
    assert first.headers["access-control-allow-origin"] == "*"
    assert first.headers["cross-origin-resource-policy"] == "cross-origin"
    assert first.headers["content-type"].startswith("text/javascript")
    assert first.headers["cache-control"] == "public, max-age=3600"
    again = visitor.get(ELEMENT, headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


# What it weighs -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shown", ["", f"&fields={','.join(SHOWABLE)}"])
@pytest.mark.parametrize("query", ["", "&modality=domicile&modality=cabinet&care=suture&language=ar"])
def test_a_widget_of_busy_offers_weighs_less_than_50_kb_with_its_style_uncompressed(shown, query):
    """The HTML and its style sheet, which are all that it loads, in bytes before compression."""
    random = Random(3)
    offers = [world.doctor(number, random, availabilities=booked(random, number)) for number in range(90)]
    visitor = client(serving.engine_of(offers))
    page = visitor.get(f"/widget?specialty=SM54&address=Villeurbanne&accent=bb0000{query}{shown}")
    sheet = visitor.get("/widget/style.css?accent=bb0000")
    assert page.status_code == 200
    assert len(page.content) + len(sheet.content) < 50_000


def booked(random: Random, number: int):
    """A full agenda, each slot with a link of some hundred characters to book it."""
    site = "https://rdv.editeur-exemple.fr/praticien"
    return tuple(
        replace_url(slot, f"{site}/{number:06d}/creneaux/{slot.start}?motif=consultation&lieu=1")
        for slot in world.agenda(random, number, 50)
    )


def replace_url(slot, url: str):
    return msgspec.structs.replace(slot, booking_url=url)


# What goes wrong ----------------------------------------------------------------------------------------------------


def test_a_fault_is_beside_its_field_and_above(visit):
    widget = visit("/widget?address=Vileurbane&fields=address")
    assert widget.status == 422
    assert widget.page.one("input", id="f-address").attributes["aria-describedby"] == "faute-address"
    assert widget.page.one("span", id="faute-address").text == "Lieu introuvable"
    assert widget.page.href("Villeurbanne (69)") == "/widget?address=Villeurbanne+%2869%29&fields=address"


def test_a_fault_of_what_is_fixed_is_said_to_be_the_site_s(visit):
    page = visit("/widget?specialty=SM99&address=Bron&fields=address").page
    assert "Spécialité (réglage de ce site) : " in page.text
    assert not [each for each in page.all("a") if each.text.startswith("Retirer : Spécialité")]


def test_nothing_at_all_says_what_to_change_and_where_to_look(visit):
    page = visit("/widget?text=zzzzzzz&kind=structure&fields=text").page
    assert "Aucune fiche ne répond à cette demande" in page.text
    assert "Cherchez dans tout l’annuaire" in page.text


def test_a_stopped_engine_is_said_inside_the_frame():
    engine = serving.engine_of(())
    engine.down = True
    stopped = read(client(engine), f"{ASKED}&accent=bb0000")
    assert (stopped.status, stopped.headers["retry-after"]) == (503, "5")
    assert "Le moteur de recherche ne répond pas" in stopped.page.text
    assert stopped.page.href("Réessayer") == f"{ASKED}&accent=bb0000"
    assert not stopped.page.all("header")
    assert "accent=bb0000" in (stopped.page.one("link").attributes["href"] or "")


def test_an_expired_page_leads_back_to_the_request():
    engine = serving.engine_of(world.offers())
    visitor = client(engine)
    following = read(visitor, ASKED).page.href("Résultats exacts suivants")
    serving.expire(engine)
    expired = read(visitor, following)
    assert expired.status == 410
    assert read(visitor, expired.page.href("Relancer la recherche")).path == ASKED


@pytest.mark.parametrize("path", ["/widget/nulle-part", "/widget/v2/annuaire-soins.js", f"/widget?text={'é' * 5000}"])
def test_an_error_under_the_widget_is_small(visit, path):
    page = visit(path).page
    assert not page.all("header")
    assert page.href("Revenir au début") == "/widget"


def test_a_crash_is_said_inside_the_frame():
    app = serving.application(serving.engine_of(()))
    app.state.services = None
    crashed = read(TestClient(app, raise_server_exceptions=False), ASKED)
    assert crashed.status == 500
    assert "Erreur interne" in crashed.page.text
    assert "frame-ancestors 'self'" in crashed.headers["content-security-policy"]


@pytest.mark.parametrize(
    "name", ["text", "address", "specialty", "cpts", "foo", "fields", "title", "accent", "scheme", "height"]
)
@pytest.mark.parametrize(
    "value", ['"><script>alert(1)</script>', "--><script>alert(1)</script>", "\x00", "\u202e", "x" * 3000]
)
@pytest.mark.parametrize("page", ["/widget", "/widget/essayer"])
def test_whatever_is_sent_is_never_markup_and_never_a_crash(engine: MemoryEngine, name, value, page):
    answer = client(engine).get(page, params={name: value, "departement": "69"})
    assert answer.status_code in {200, 422}
    assert "<script>alert" not in answer.text
