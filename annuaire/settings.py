"""Settings: the environment variables ANNUAIRE_*, read once, checked at the start, never changed.

Each field's description is what `annuaire settings` shows: French, the rule included.
"""

import difflib
import os
import re
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Final, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, ValidationError, ValidationInfo, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from annuaire.failures import SettingsFailure
from models.codes import Viewer

PREFIX: Final = "ANNUAIRE_"
NOT_OURS: Final = "ANNUAIRE_TEST_"
"""Variables that the tests read, not the product."""
ORIGIN: Final = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?")
TILES: Final = re.compile(r"(https?://[^/]*)(/[!-~]*)")
PLACEHOLDER: Final = re.compile(r"\{[^{}]*\}|[{}]")
WEB_ADDRESS: Final = re.compile(r"https?://[^\s/?#]+[^\s?#]*")


def _database(url: str) -> str:
    try:
        backend = make_url(url).get_backend_name()
    except ArgumentError as error:
        raise ValueError("not an SQLAlchemy URL") from error
    if backend not in {"sqlite", "postgresql"}:
        raise ValueError("neither SQLite nor PostgreSQL")
    return url


def _web_address(url: str) -> str:
    if not WEB_ADDRESS.fullmatch(url):
        raise ValueError("not an http(s) address")
    return url.rstrip("/")


def _origin(text: str) -> str:
    if not ORIGIN.fullmatch(text):
        raise ValueError("not an origin")
    return text


def _split(text: object) -> object:
    """`"a, b"` → `["a", "b"]`; anything else as it is."""
    return [part.strip() for part in text.split(",") if part.strip()] if isinstance(text, str) else text


def _tiles(url: str) -> str:
    """A template of https://… with each of {z}, {x} and {y} once, on one site: a page names it as its only other."""
    parts = TILES.fullmatch(url)
    origin, path = parts.groups() if parts else ("", "")
    if not ORIGIN.fullmatch(origin) or sorted(PLACEHOLDER.findall(path)) != ["{x}", "{y}", "{z}"]:
        raise ValueError("not an address of tiles")
    return url


def _credited(text: str, info: ValidationInfo) -> str:
    if info.data.get("tiles_url") and not text.strip():
        raise ValueError("tiles without a credit")
    return text.strip()


def _none_if_empty(text: object) -> object:
    return None if text == "" else text


WebAddress = Annotated[str, AfterValidator(_web_address)]
Origin = Annotated[str, AfterValidator(_origin)]
Optional = BeforeValidator(_none_if_empty)
"""An empty variable is an absent one."""


class Settings(BaseSettings):
    """Every setting, with its default. Build it with `load_settings`, which says in French what is wrong."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, extra="forbid")

    environment: Literal["production", "development", "test"] = Field(
        "production",
        description="Où tourne le service : production, development ou test. En production, ni l'horloge ni le "
        "point de vue ne se règlent.",
    )
    data_dir: Path = Field(
        Path("var"), description="Dossier des données : base par défaut, index embarqué, clé secrète, rapports."
    )
    database_url: Annotated[str, AfterValidator(_database)] = Field(
        default_factory=lambda data: f"sqlite:///{data['data_dir'] / 'annuaire.db'}",
        description="Adresse SQLAlchemy de la base : sqlite:///chemin ou postgresql://utilisateur@hôte/base.",
    )
    duckdb_path: Path = Field(
        default_factory=lambda data: data["data_dir"] / "index",
        description="Dossier de l'index embarqué (DuckDB), utilisé sans Elasticsearch.",
    )
    elasticsearch_url: Annotated[WebAddress | None, Optional] = Field(
        None, description="Adresse http(s) d'Elasticsearch 9. Vide : moteur embarqué."
    )
    elasticsearch_api_key: Annotated[SecretStr | None, Optional] = Field(
        None, description="Clé d'API d'Elasticsearch, si le serveur en demande une."
    )
    elasticsearch_ca_certs: Annotated[Path | None, Optional] = Field(
        None, description="Fichier des autorités de certification d'Elasticsearch. Vide : celles du système."
    )
    elasticsearch_index: str = Field(
        "annuaire-offers",
        pattern=r"^[a-z][a-z0-9_-]{0,99}$",
        description="Alias de l'index dans Elasticsearch : minuscules, chiffres, tirets ; commence par une lettre.",
    )
    elasticsearch_shards: int = Field(
        1, ge=1, le=64, description="Parts de l'index dans Elasticsearch, de 1 à 64, à la prochaine reconstruction."
    )
    elasticsearch_replicas: int = Field(
        0,
        ge=0,
        le=8,
        description="Copies de chaque part sur d'autres nœuds, de 0 à 8 : 1 supporte la perte d'un nœud d'une grappe.",
    )
    host: str = Field("127.0.0.1", min_length=1, description="Adresse IP ou nom sur lequel écouter.")
    port: int = Field(8000, ge=1, le=65535, description="Port sur lequel écouter, de 1 à 65535.")
    viewer: Viewer = Field(
        Viewer.PUBLIC,
        description="Point de vue donné à chacun : public, professional ou regulation. Autre que public : refusé en "
        "production.",
    )
    cors_origins: Annotated[tuple[Origin, ...], NoDecode, BeforeValidator(_split)] = Field(
        (),
        description="Sites autorisés à appeler l'API depuis une page, séparés par des virgules (https://exemple.fr).",
    )
    widget_sites: Annotated[tuple[Origin, ...], NoDecode, BeforeValidator(_split)] = Field(
        (),
        description="Sites autorisés à afficher /widget dans leurs pages, séparés par des virgules "
        "(https://exemple.fr). Vide : aucun.",
    )
    launch_origins: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_split)] = Field(
        (),
        description="Logiciels autorisés à ouvrir une recherche par /lancer, séparés par des virgules, comme leur "
        "paramètre origin les nomme. Vide : aucun en production, tous ailleurs.",
    )
    regulation_origin: str = Field(
        "sas",
        pattern=r"^[A-Za-z0-9.-]{1,64}$",
        description="Valeur du paramètre origin que les liens de réservation portent pour la régulation seule : sas, "
        "ou sas-preprod en préproduction. Au plus 64 lettres, chiffres, points et tirets.",
    )
    publisher: str = Field("", max_length=200, description="Éditeur du service, montré dans les mentions légales.")
    publisher_contact: str = Field(
        "",
        max_length=200,
        description="Comment joindre l'éditeur : adresse électronique, téléphone ou adresse postale.",
    )
    publisher_host: str = Field(
        "",
        max_length=200,
        description="Hébergeur du service : nom, adresse, téléphone, montrés dans les mentions légales.",
    )
    secret_key: Annotated[SecretStr | None, Optional] = Field(
        None,
        min_length=32,
        description="Clé qui signe les curseurs et les formulaires, au moins 32 caractères. Vide : créée une fois "
        "dans le dossier des données.",
    )
    geocoder_url: Annotated[WebAddress | None, Optional] = Field(
        None, description="Adresse http(s) d'un géocodeur à l'interface de la BAN. Vide : pas de géocodage."
    )
    geocoder_timeout_s: float = Field(
        5.0, gt=0, le=60, description="Délai d'une réponse du géocodeur, en secondes, au plus 60."
    )
    geocoder_per_second: float = Field(
        10.0, gt=0, le=1000, description="Demandes par seconde au géocodeur, au plus 1000."
    )
    tiles_url: Annotated[Annotated[str, AfterValidator(_tiles)] | None, Optional] = Field(
        None,
        description="Adresse http(s) des tuiles du fond de carte, avec {z}, {x} et {y} une fois chacun, sans autre "
        "accolade. Vide : carte sans tuiles, rien n'est demandé ailleurs.",
    )
    tiles_attribution: Annotated[str, Field(max_length=200), AfterValidator(_credited)] = Field(
        "",
        validate_default=True,
        description="Mention des auteurs des tuiles, affichée sur la carte : un texte d'au plus 200 caractères, "
        "obligatoire avec ANNUAIRE_TILES_URL.",
    )
    log_format: Literal["json", "console"] = Field(
        "json", description="Forme des journaux : json (une ligne par événement) ou console."
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Niveau des journaux : debug, info, warning ou error."
    )
    outbox_poll_ms: int = Field(
        200,
        ge=10,
        le=60_000,
        description="Temps entre deux lectures des changements à indexer, en millisecondes (10 à 60000).",
    )
    feeds_every_s: int = Field(
        20,
        ge=0,
        le=3_600,
        description="Temps entre deux tours des éditeurs déclarés, en secondes (1 à 3600), tant que le service tourne. "
        "0 : il ne les interroge pas.",
    )
    fhir_port: Annotated[int | None, Optional] = Field(
        None,
        ge=1,
        le=65_535,
        description="Port où les éditeurs annoncent leurs rendez-vous (FHIR, TLS mutuel). Vide : rien n'y répond.",
    )
    fhir_certificate: Annotated[Path | None, Optional] = Field(
        None, description="Certificat que le service y montre, fichier PEM."
    )
    fhir_key: Annotated[Path | None, Optional] = Field(None, description="Sa clé, fichier PEM sans mot de passe.")
    fhir_authority: Annotated[Path | None, Optional] = Field(
        None, description="Qui signe les certificats des éditeurs qui appellent, fichier PEM."
    )
    fhir_revoked: Annotated[Path | None, Optional] = Field(
        None,
        description="Les certificats que cette autorité a révoqués (CRL), PEM, relus à chaque connexion. Périmés : "
        "plus personne n'est entendu. Vide : la révocation n'est pas vérifiée.",
    )
    cursor_ttl_s: int = Field(
        600, ge=60, le=86_400, description="Durée de validité d'un curseur de page, en secondes (60 à 86400)."
    )

    @model_validator(mode="after")
    def _viewer_is_public_in_production(self) -> Self:
        if self.environment == "production" and self.viewer is not Viewer.PUBLIC:
            raise ValueError("viewer")
        return self


SECRET: Final = frozenset({"database_url", "tiles_url"})
"""Fields that may hold a password or a key beside those whose type says it."""
CONSEQUENCE: Final = "default_factory_not_called"
"""The error of a field whose default depends on one that is refused."""
VIEWER_REFUSED: Final = (
    "ANNUAIRE_VIEWER ne se règle qu'avec ANNUAIRE_ENVIRONMENT=development ou test : en production, le point de vue est "
    "celui de la personne connectée."
)


def load_settings() -> Settings:
    """The settings of this process.

    Raises:
        SettingsFailure: a variable is unknown or refused; the message names each one, its value and its rule.

    """
    if unknown := [name for name in os.environ if name.startswith(PREFIX) and not _known(name)]:
        raise SettingsFailure("\n".join(map(_unknown, sorted(unknown))))
    try:
        return Settings()
    except ValidationError as error:
        refused = [problem["loc"] for problem in error.errors() if problem["type"] != CONSEQUENCE]
        raise SettingsFailure("\n".join(map(_refused, refused))) from error


def variable(field: str) -> str:
    """The environment variable of a field."""
    return PREFIX + field.upper()


def shown(settings: Settings, field: str) -> str:
    """The value of a field as a person may see it: secrets, passwords and keys hidden, nothing for none."""
    value = getattr(settings, field)
    if field == "database_url":
        return make_url(value).render_as_string(hide_password=True)
    if field == "tiles_url" and value:
        return str(value).partition("?")[0]
    if isinstance(value, tuple):
        return ", ".join(value)
    return "" if value is None else str(value)


def signing_key(settings: Settings) -> bytes:
    """The key that signs cursors: the setting, else one made once, kept in the data folder for this user alone."""
    if settings.secret_key:
        return settings.secret_key.get_secret_value().encode()
    path = settings.data_dir / "secret_key"
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        with tempfile.NamedTemporaryFile(dir=settings.data_dir) as draft:  # created for this user alone
            draft.write(secrets.token_urlsafe(48).encode())
            draft.flush()
            with suppress(FileExistsError):
                path.hardlink_to(draft.name)
    return path.read_bytes()


def _known(name: str) -> bool:
    return name.startswith(NOT_OURS) or name.removeprefix(PREFIX).lower() in Settings.model_fields


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, map(variable, Settings.model_fields), n=1)
    return f"{name} n'est pas un réglage." + (f" Vouliez-vous dire {near[0]} ?" if near else "")


def _refused(location: tuple[int | str, ...]) -> str:
    """Which variable is refused, its value unless secret, and its rule."""
    if not location:
        return VIEWER_REFUSED
    name = str(location[0])
    field = Settings.model_fields[name]
    secret = name in SECRET or "SecretStr" in str(field.annotation)
    value = "" if secret else f" « {os.environ.get(variable(name), '')} »"
    return f"{variable(name)} : valeur{value} refusée. {field.description}"
