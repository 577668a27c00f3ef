"""The page where a portal composes the lines that it pastes."""

import html
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.pages import serving, world
from tests.pages.conftest import Visited, client, read
from tests.pages.reading import Document

TRY = "/widget/essayer"


def pasted(visited: Visited, box: str = "ligne") -> Document:
    """What a line that was copied means."""
    written = visited.page.one("textarea", id=box)
    return Document("".join(written.words))


def test_the_line_is_a_frame_of_our_site_with_what_was_chosen(visit):
    tried = visit(f"{TRY}?specialty=SM54&departement=69&fields=address,when&title=Ici&accent=%23b00&frame_width=320")
    frame = pasted(tried).one("iframe")
    assert frame.attributes == {
        "src": "http://testserver/widget?specialty=SM54&departement=69&fields=address,when&title=Ici&accent=bb0000",
        "title": "Ici",
        "width": "320",
        "height": "640",
        "style": "border:0",
        "loading": "lazy",
        "referrerpolicy": "no-referrer",
        "sandbox": "allow-forms allow-popups allow-popups-to-escape-sandbox",
    }


def test_the_widget_itself_is_below_in_the_same_frame(visit):
    tried = visit(f"{TRY}?specialty=SM54&frame_height=900")
    frame = tried.page.one("iframe")
    assert frame.attributes["src"] == "/widget?specialty=SM54"
    assert frame.attributes["height"] == "900"
    assert frame.attributes["sandbox"] == pasted(tried).one("iframe").attributes["sandbox"]
    assert "frame-src 'self'" in tried.headers["content-security-policy"]


def test_the_lines_whose_height_follows_have_the_element_and_the_frame_for_those_without_script(visit):
    lines = pasted(visit(f"{TRY}?specialty=SM54&title=L%27annuaire"), "lignes")
    assert lines.one("script").attributes == {
        "type": "module",
        "src": "http://testserver/widget/v1/annuaire-soins.js",
    }
    assert lines.one("annuaire-soins").attributes == {"query": "specialty=SM54&title=L%27annuaire"}
    assert lines.one("noscript").text == ""
    assert lines.one("iframe").attributes["title"] == "L'annuaire"


@pytest.mark.parametrize("box", ["ligne", "lignes"])
def test_the_frame_of_a_line_lets_a_form_be_sent_links_open_apart_and_a_phone_number_be_called(visit, box):
    frame = pasted(visit(f"{TRY}?departement=69"), box).one("iframe")
    assert frame.attributes["sandbox"] == "allow-forms allow-popups allow-popups-to-escape-sandbox"


def test_a_line_is_text_and_never_markup_of_the_page(visit):
    tried = visit(f"{TRY}?title=%3C/textarea%3E%3Cscript%3Ealert(1)%3C/script%3E")
    assert not tried.page.foreign
    assert (
        html.unescape(pasted(tried).one("iframe").attributes["title"] or "") == "</textarea><script>alert(1)</script>"
    )


def test_a_form_sent_as_it_is_composes_the_same(visit):
    tried = visit(f"{TRY}?specialty=SM54&address=Bron&modality=domicile&fields=text,when&accent=bb0000&frame_width=400")
    again = visit(TRY + "?" + "&".join(f"{name}={value}" for name, value in tried.page.sent))
    assert again.path == tried.path


def test_no_field_ticked_is_a_widget_without_a_form(visit):
    assert (
        visit(f"{TRY}?departement=69&fields=none").page.one("iframe").attributes["src"]
        == "/widget?departement=69&fields=none"
    )


def test_a_moment_is_kept_by_its_name(visit):
    tried = visit(f"{TRY}?departement=69&when=evening")
    asked = parse_qsl(urlsplit(pasted(tried).one("iframe").attributes["src"] or "").query)
    assert asked == [("departement", "69"), ("when", "evening")]


def test_a_date_would_be_past_and_is_not_kept(visit):
    tried = visit(f"{TRY}?departement=69&from=2026-11-24T08:00&within_hours=3")
    assert tried.page.one("iframe").attributes["src"] == "/widget?departement=69"
    assert "Une date ne dure pas" in tried.page.text


def test_a_number_of_hours_from_now_lasts(visit):
    assert visit(f"{TRY}?departement=69&within_hours=6").page.one("iframe").attributes["src"] == (
        "/widget?departement=69&within_hours=6"
    )


def test_every_colour_has_its_contrast_and_its_verdict(visit):
    rows = [row.text for row in visit(f"{TRY}?accent=ffff00&scheme=light").page.all("tr")]
    assert "Accent : liens et boutons #ffff00 (demandée) #f3f5f7 1 illisible, il faut 4,5 : #0a5a7c la remplace" in rows
    assert "Texte #18212b #f3f5f7 14,8 lisible" in rows


@pytest.mark.parametrize(
    ("query", "field", "rule"),
    [
        ("accent=rouge", "accent", "Une couleur de six chiffres hexadécimaux, par exemple 0a5a7c"),
        ("ground=%23ff", "ground", "Une couleur de six chiffres hexadécimaux, par exemple 0a5a7c"),
        (f"title={'x' * 81}", "title", "80 caractères au plus, sans caractère de contrôle"),
        ("frame_width=299", "frame_width", "Un nombre de pixels, de 300 à 4000"),
        ("frame_height=x", "frame_height", "Un nombre de pixels, de 300 à 4000"),
        ("frame_height=99999", "frame_height", "Un nombre de pixels, de 300 à 4000"),
        ("address=Vileurbane", "address", "Lieu introuvable"),
        (
            "radius_km=5&departement=69",
            "radius_km",
            "Pas de rayon avec des codes postaux, communes, départements ou CPTS",
        ),
    ],
)
def test_what_is_wrong_is_said_beside_its_field(visit, query, field, rule):
    page = visit(f"{TRY}?{query}").page
    assert page.one("span", id=f"faute-{field}").text == rule
    assert page.all("input", aria_describedby=f"faute-{field}") or page.all("select", aria_describedby=f"faute-{field}")


def test_a_field_that_does_not_exist_is_said(visit):
    assert "Champs montrés : des champs du formulaire" in visit(f"{TRY}?fields=text,magie").page.text


def test_a_size_that_cannot_be_is_the_usual_one(visit):
    frame = visit(f"{TRY}?frame_width=1&frame_height=1").page.one("iframe")
    assert (frame.attributes["width"], frame.attributes["height"]) == ("100%", "640")


def test_who_may_show_it_is_said_with_what_to_declare():
    app = serving.application(serving.engine_of(world.offers()), widget_sites=("https://portail.example",))
    declared = read(type(client(serving.engine_of(())))(app), TRY).page.text
    assert "Les pages de : https://portail.example ." in declared
    assert "ANNUAIRE_WIDGET_SITES=" in declared
    assert "Aucun site n’est déclaré" in read(client(serving.engine_of(())), TRY).page.text


def test_the_pages_lead_to_it(visit):
    assert visit("/").page.href("Intégrer l’annuaire dans un site") == TRY
