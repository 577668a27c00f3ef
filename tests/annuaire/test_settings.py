"""Settings: what is refused is said in French, nothing secret is shown, nothing misspelt is ignored."""

import io
import os
import stat
from pathlib import Path

import pytest
from pydantic import ValidationError
from rich.console import Console

from annuaire.commands.settings import settings_table
from annuaire.failures import SettingsFailure
from annuaire.settings import PREFIX, Settings, load_settings, shown, signing_key, variable
from models.codes import Viewer


@pytest.fixture(autouse=True)
def no_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(PREFIX):
            monkeypatch.delenv(name)


def refusal(monkeypatch: pytest.MonkeyPatch, **variables: str) -> str:
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsFailure) as failure:
        load_settings()
    return str(failure.value)


def test_without_any_variable_the_service_is_public_embedded_and_local():
    settings = load_settings()
    assert (settings.environment, settings.viewer, settings.host, settings.port) == (
        "production",
        Viewer.PUBLIC,
        "127.0.0.1",
        8000,
    )
    assert settings.elasticsearch_url is None
    assert settings.database_url == "sqlite:///var/annuaire.db"


def test_every_setting_has_a_french_meaning_and_a_line_in_the_table():
    meanings = [field.description or "" for field in Settings.model_fields.values()]
    assert all(meaning.endswith(".") and len(meaning) > 20 for meaning in meanings)
    table = settings_table(load_settings())
    assert list(table.columns[0].cells) == [variable(name) for name in Settings.model_fields]
    assert list(table.columns[2].cells) == meanings


def test_every_variable_is_named_whole_on_a_screen_of_80_columns(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ANNUAIRE_DATA_DIR", "/srv/" + "annuaire/" * 10)
    console = Console(width=80, file=io.StringIO())
    with console.capture() as capture:
        console.print(settings_table(load_settings()))
    said = capture.get()
    assert [name for name in map(variable, Settings.model_fields) if f"│ {name} " not in said] == []
    assert "…" not in said


def test_settings_never_change():
    with pytest.raises(ValidationError):
        load_settings().port = 1  # type: ignore[misc]


def test_the_data_folder_moves_what_is_in_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ANNUAIRE_DATA_DIR", "/srv/annuaire")
    settings = load_settings()
    assert settings.database_url == "sqlite:////srv/annuaire/annuaire.db"
    assert settings.duckdb_path == Path("/srv/annuaire/index")


def test_an_empty_variable_of_an_optional_setting_is_an_absent_one(monkeypatch: pytest.MonkeyPatch):
    for name in ("ANNUAIRE_ELASTICSEARCH_URL", "ANNUAIRE_SECRET_KEY", "ANNUAIRE_GEOCODER_URL"):
        monkeypatch.setenv(name, "")
    settings = load_settings()
    assert (settings.elasticsearch_url, settings.secret_key, settings.geocoder_url) == (None, None, None)


def test_declared_sites_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ANNUAIRE_CORS_ORIGINS", "https://un.fr, http://deux.fr:8080")
    assert load_settings().cors_origins == ("https://un.fr", "http://deux.fr:8080")


def test_sites_that_may_show_the_widget_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch):
    assert load_settings().widget_sites == ()
    monkeypatch.setenv("ANNUAIRE_WIDGET_SITES", "https://portail.fr, http://localhost:8080")
    assert load_settings().widget_sites == ("https://portail.fr", "http://localhost:8080")


def test_programs_that_may_open_a_search_are_separated_by_commas(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ANNUAIRE_LAUNCH_ORIGINS", "LRM Azur, lrm-lilas")
    assert load_settings().launch_origins == ("LRM Azur", "lrm-lilas")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ANNUAIRE_PORT", "0"),
        ("ANNUAIRE_PORT", "huit mille"),
        ("ANNUAIRE_ENVIRONMENT", "prod"),
        ("ANNUAIRE_VIEWER", "admin"),
        ("ANNUAIRE_CORS_ORIGINS", "*"),
        ("ANNUAIRE_CORS_ORIGINS", "https://un.fr/page"),
        ("ANNUAIRE_WIDGET_SITES", "*"),
        ("ANNUAIRE_WIDGET_SITES", "portail.fr"),
        ("ANNUAIRE_WIDGET_SITES", "https://portail.fr; script-src *"),
        ("ANNUAIRE_ELASTICSEARCH_URL", "localhost:9200"),
        ("ANNUAIRE_ELASTICSEARCH_INDEX", "Annuaire*"),
        ("ANNUAIRE_GEOCODER_PER_SECOND", "0"),
        ("ANNUAIRE_GEOCODER_TIMEOUT_S", "nan"),
        ("ANNUAIRE_LOG_LEVEL", "verbose"),
        ("ANNUAIRE_OUTBOX_POLL_MS", "1"),
        ("ANNUAIRE_FEEDS_EVERY_S", "-1"),
        ("ANNUAIRE_REGULATION_ORIGIN", ""),
        ("ANNUAIRE_REGULATION_ORIGIN", "sas&rights=all"),
    ],
)
def test_a_refused_value_is_named_with_its_variable_and_its_rule(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
):
    message = refusal(monkeypatch, **{name: value})
    rule = Settings.model_fields[name.removeprefix(PREFIX).lower()].description
    assert message == f"{name} : valeur « {value} » refusée. {rule}"


TILES = "https://tuiles.exemple.fr/{z}/{x}/{y}.png?key=clef-secrete"


@pytest.mark.parametrize(
    "url",
    [
        "https://tuiles.exemple.fr/{z}/{x}.png",
        "https://tuiles.exemple.fr/{z}/{x}/{y}/{y}.png",
        "https://{s}.exemple.fr/{z}/{x}/{y}.png",
        "https://tuiles.exemple.fr/{z}/{x}/{y}{r}.png",
        "https://tuiles.exemple.fr/{z}/{x}/{y}}.png",
        "https://ana:trop-court@exemple.fr/{z}/{x}/{y}.png",
        "https://exemple.fr; script-src *//{z}/{x}/{y}.png",
        "https://exemple.fr/{z}/{x}/{y}.png\r\nX: y",
        "javascript:alert(1)//{z}/{x}/{y}",
        "//exemple.fr/{z}/{x}/{y}.png",
        "/{z}/{x}/{y}.png",
    ],
)
def test_an_address_of_tiles_is_a_template_on_one_site_and_is_not_repeated_when_refused(monkeypatch, url):
    message = refusal(monkeypatch, ANNUAIRE_TILES_URL=url, ANNUAIRE_TILES_ATTRIBUTION="© Exemple")
    assert message == f"ANNUAIRE_TILES_URL : valeur refusée. {Settings.model_fields['tiles_url'].description}"


@pytest.mark.parametrize("credit", ["", "  ", "a" * 201])
def test_tiles_without_a_credit_are_refused(monkeypatch, credit):
    message = refusal(monkeypatch, ANNUAIRE_TILES_URL=TILES, ANNUAIRE_TILES_ATTRIBUTION=credit)
    assert message.startswith("ANNUAIRE_TILES_ATTRIBUTION : valeur « ")


def test_the_key_of_an_address_of_tiles_is_not_shown(monkeypatch):
    monkeypatch.setenv("ANNUAIRE_TILES_URL", TILES)
    monkeypatch.setenv("ANNUAIRE_TILES_ATTRIBUTION", " © Exemple ")
    settings = load_settings()
    assert (settings.tiles_url, settings.tiles_attribution) == (TILES, "© Exemple")
    assert shown(settings, "tiles_url") == "https://tuiles.exemple.fr/{z}/{x}/{y}.png"


@pytest.mark.parametrize("url", ["", None])
def test_without_an_address_the_map_has_no_tiles(monkeypatch, url):
    if url is not None:
        monkeypatch.setenv("ANNUAIRE_TILES_URL", url)
    assert load_settings().tiles_url is None


def test_every_refused_value_is_named_and_only_those(monkeypatch: pytest.MonkeyPatch):
    message = refusal(monkeypatch, ANNUAIRE_PORT="x", ANNUAIRE_DATABASE_URL="mysql://h/d", ANNUAIRE_LOG_FORMAT="xml")
    assert [line.split(" ")[0] for line in message.splitlines()] == [
        "ANNUAIRE_DATABASE_URL",
        "ANNUAIRE_PORT",
        "ANNUAIRE_LOG_FORMAT",
    ]


@pytest.mark.parametrize(
    ("name", "value"), [("ANNUAIRE_SECRET_KEY", "trop-court"), ("ANNUAIRE_DATABASE_URL", "mysql://ana:trop-court@h/d")]
)
def test_a_refused_secret_is_not_repeated(monkeypatch: pytest.MonkeyPatch, name: str, value: str):
    message = refusal(monkeypatch, **{name: value})
    assert message.startswith(f"{name} : valeur refusée.")
    assert "trop-court" not in message


def test_a_misspelt_variable_is_refused_with_the_nearest_one(monkeypatch: pytest.MonkeyPatch):
    message = refusal(monkeypatch, ANNUAIRE_PROT="8000")
    assert message == "ANNUAIRE_PROT n'est pas un réglage. Vouliez-vous dire ANNUAIRE_PORT ?"


def test_the_variables_of_the_tests_are_not_settings(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ANNUAIRE_TEST_ELASTICSEARCH_URL", "http://127.0.0.1:9200")
    assert load_settings().elasticsearch_url is None


@pytest.mark.parametrize("viewer", ["professional", "regulation"])
def test_production_refuses_a_viewer_that_is_not_public(monkeypatch: pytest.MonkeyPatch, viewer: str):
    assert "ANNUAIRE_VIEWER ne se règle qu'avec" in refusal(monkeypatch, ANNUAIRE_VIEWER=viewer)


@pytest.mark.parametrize("environment", ["development", "test"])
def test_development_and_tests_may_fix_the_viewer(monkeypatch: pytest.MonkeyPatch, environment: str):
    monkeypatch.setenv("ANNUAIRE_ENVIRONMENT", environment)
    monkeypatch.setenv("ANNUAIRE_VIEWER", "regulation")
    assert load_settings().viewer is Viewer.REGULATION


def test_secrets_and_passwords_are_hidden_where_settings_are_shown(monkeypatch: pytest.MonkeyPatch):
    hidden = "un-secret-de-plus-de-trente-deux-caracteres"
    monkeypatch.setenv("ANNUAIRE_SECRET_KEY", hidden)
    monkeypatch.setenv("ANNUAIRE_ELASTICSEARCH_API_KEY", hidden)
    monkeypatch.setenv("ANNUAIRE_DATABASE_URL", f"postgresql://ana:{hidden}@h/d")
    settings = load_settings()
    assert hidden not in " ".join(shown(settings, name) for name in Settings.model_fields)
    assert hidden not in repr(settings.secret_key)
    assert shown(settings, "database_url") == "postgresql://ana:***@h/d"


def test_the_signing_key_is_made_once_for_this_user_alone(tmp_path: Path):
    settings = Settings(data_dir=tmp_path / "new")
    key = signing_key(settings)
    assert len(key) >= 32
    assert signing_key(settings) == key
    assert stat.S_IMODE((tmp_path / "new" / "secret_key").stat().st_mode) == 0o600
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["secret_key"]


def test_the_signing_key_is_the_setting_when_there_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("ANNUAIRE_SECRET_KEY", "k" * 32)
    monkeypatch.setenv("ANNUAIRE_DATA_DIR", str(tmp_path))
    assert signing_key(load_settings()) == b"k" * 32
    assert list(tmp_path.iterdir()) == []
