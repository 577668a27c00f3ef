"""Reading the RPPS *libre accès* files of the Agence du Numérique en Santé: activities, savoir-faire, diplomas.

UTF-8, `|`, no quoting, one header line, a trailing `|` or not. Activities have 56 columns, 52 before 2022. Pure: text
comes in, rows come out.
"""

from collections.abc import Iterator
from typing import IO, NamedTuple

from ingestion.columns import Layout, read_rows
from ingestion.files import Lines
from ingestion.report import Rejected, shown

STUDENT = "E"
_IDENTITY_LENGTHS = range(9, 21)


class ActivityRow(NamedTuple):
    """One line of `PS_LibreAcces_Personne_activite`, as text; empty where the file has nothing.

    The order matters to `who`, `coded` and `where`, which are slices.
    """

    kind: str
    number: str
    professional_id: str
    title: str
    civility: str
    family_name: str
    given_name: str
    profession: str
    profession_label: str
    category: str
    category_label: str
    skill_type: str
    skill_type_label: str
    skill: str
    skill_label: str
    mode: str
    mode_label: str
    sector: str
    sector_label: str
    genre: str
    genre_label: str
    role: str
    siret: str
    finess: str
    technical_id: str
    former_id: str
    name: str
    sign: str
    recipient: str
    extra: str
    street_number: str
    repetition: str
    street_type: str
    street_type_label: str
    street: str
    distribution: str
    last_line: str
    postal_code: str
    insee: str
    commune: str
    country: str
    country_label: str
    departement: str
    phone: str
    phone2: str

    @property
    def who(self) -> tuple[str, ...]:
        """From `kind` to `given_name`."""
        return self[0:7]

    @property
    def coded(self) -> tuple[str, ...]:
        """From `profession` to `genre_label`: each code, then its label."""
        return self[7:21]

    @property
    def where(self) -> tuple[str, ...]:
        """From `siret` to `departement`: the values of a `Site`."""
        return self[22:43]


class Site(NamedTuple):
    """Where an activity takes place, as text; empty where the file has nothing."""

    siret: str
    finess: str
    technical_id: str
    former_id: str
    name: str
    sign: str
    recipient: str
    extra: str
    number: str
    repetition: str
    street_type: str
    street_type_label: str
    street: str
    distribution: str
    last_line: str
    postal_code: str
    insee: str
    commune: str
    country: str
    country_label: str
    departement: str


class SkillRow(NamedTuple):
    """One line of `PS_LibreAcces_SavoirFaire`."""

    professional_id: str
    profession: str
    profession_label: str
    category: str
    type: str
    type_label: str
    code: str
    label: str


class DiplomaRow(NamedTuple):
    """One line of `PS_LibreAcces_Dipl_AutExerc`: a diploma, an authorisation to practise, or both."""

    professional_id: str
    type: str
    code: str
    label: str
    authorisation_type: str
    discipline: str
    discipline_label: str


_PERSON = ("Type d'identifiant PP", "Identifiant PP", "Identification nationale PP")
_NAME = ("Nom d'exercice", "Prénom d'exercice")
_PROFESSION = ("Code profession", "Libellé profession")
_CATEGORY = ("Code catégorie professionnelle", "Libellé catégorie professionnelle")
_SKILL_TYPE = ("Code type savoir-faire", "Libellé type savoir-faire")
_SKILL = ("Code savoir-faire", "Libellé savoir-faire")
_MODE = ("Code mode exercice", "Libellé mode exercice")
_SECTOR = ("Code secteur d'activité", "Libellé secteur d'activité")
_GENRE = ("Code genre activité", "Libellé genre activité")
_ROLE = ("Code rôle", "Libellé rôle")
_CIVILITY = ("Code civilité d'exercice", "Libellé civilité d'exercice", "Code civilité", "Libellé civilité")
_SITE = (
    "Numéro SIRET site",
    "Numéro FINESS site",
    "Identifiant technique de la structure",
    "Ancien identifiant de la structure",
    "Raison sociale site",
    "Enseigne commerciale site",
)
_STREET = (
    "Complément destinataire (coord. structure)",
    "Complément point géographique (coord. structure)",
    "Numéro Voie (coord. structure)",
    "Indice répétition voie (coord. structure)",
    "Code type de voie (coord. structure)",
    "Libellé type de voie (coord. structure)",
    "Libellé Voie (coord. structure)",
    "Mention distribution (coord. structure)",
    "Bureau cedex (coord. structure)",
)
_COMMUNE = (
    "Code postal (coord. structure)",
    "Code commune (coord. structure)",
    "Libellé commune (coord. structure)",
    "Code pays (coord. structure)",
    "Libellé pays (coord. structure)",
)
_DEPARTEMENT = ("Code Département (structure)", "Libellé Département (structure)")
_PHONES = ("Téléphone (coord. structure)", "Téléphone 2 (coord. structure)")
_UNUSED = (
    "Numéro SIREN site",
    "Numéro FINESS établissement juridique",
    "Télécopie (coord. structure)",
    "Adresse e-mail (coord. structure)",
    "Autorité d'enregistrement",
    "Code section tableau pharmaciens",
    "Libellé section tableau pharmaciens",
)
_ALIASES = {"code fonction": "code role", "libelle fonction": "libelle role"}


def check_person(row: ActivityRow | SkillRow | DiplomaRow) -> str | None:
    """Why the row names nobody, or None."""
    identifier = row.professional_id
    if len(identifier) in _IDENTITY_LENGTHS and identifier.isalnum() and identifier.isascii():
        return None
    return f"Identification nationale PP {shown(identifier)} : 9 à 20 chiffres ou lettres attendus"


def check_activity(row: ActivityRow) -> str | None:
    """Why the row is nobody's activity, or None."""
    if not row.family_name:
        return "Nom d'exercice absent"
    if not row.profession:
        return "Code profession absent"
    return check_person(row)


def check_skill(row: SkillRow) -> str | None:
    """Why the row is no savoir-faire of anybody, or None."""
    return check_person(row) if row.code else "Code savoir-faire absent"


ACTIVITIES: Layout[ActivityRow] = Layout(
    title="« PS_LibreAcces_Personne_activite » (RPPS)",
    delimiters="|",
    required=(
        *_PERSON,
        *_CIVILITY,
        *_NAME,
        *_PROFESSION,
        *_CATEGORY,
        *_SKILL_TYPE,
        *_SKILL,
        *_MODE,
        *_SITE,
        *_STREET,
        *_COMMUNE,
        *_PHONES,
        *_DEPARTEMENT,
        *_SECTOR,
        *_UNUSED,
    ),
    optional=(*_ROLE, *_GENRE),
    fields=(
        *_PERSON,
        _CIVILITY[0],
        _CIVILITY[2],
        *_NAME,
        *_PROFESSION,
        *_CATEGORY,
        *_SKILL_TYPE,
        *_SKILL,
        *_MODE,
        *_SECTOR,
        *_GENRE,
        _ROLE[0],
        *_SITE,
        *_STREET,
        *_COMMUNE,
        _DEPARTEMENT[0],
        *_PHONES,
    ),
    make=ActivityRow._make,
    check=check_activity,
    identifier=_PERSON[2],
    aliases=_ALIASES,
)

SKILLS: Layout[SkillRow] = Layout(
    title="« PS_LibreAcces_SavoirFaire » (RPPS)",
    delimiters="|",
    required=(*_PERSON, *_NAME, *_PROFESSION, *_CATEGORY, *_SKILL_TYPE, *_SKILL),
    fields=(_PERSON[2], *_PROFESSION, _CATEGORY[0], *_SKILL_TYPE, *_SKILL),
    make=SkillRow._make,
    check=check_skill,
    identifier=_PERSON[2],
)

_DIPLOMA = (
    "Code type diplôme obtenu",
    "Libellé type diplôme obtenu",
    "Code diplôme obtenu",
    "Libellé diplôme obtenu",
    "Code type autorisation",
    "Libellé type autorisation",
    "Code discipline autorisation",
    "Libellé discipline autorisation",
)

DIPLOMAS: Layout[DiplomaRow] = Layout(
    title="« PS_LibreAcces_Dipl_AutExerc » (RPPS)",
    delimiters="|",
    required=(*_PERSON, *_NAME, *_DIPLOMA),
    fields=(_PERSON[2], _DIPLOMA[0], _DIPLOMA[2], _DIPLOMA[3], _DIPLOMA[4], _DIPLOMA[6], _DIPLOMA[7]),
    make=DiplomaRow._make,
    check=check_person,
    identifier=_PERSON[2],
)


def read_activities(stream: IO[bytes], *, lenient: bool = False) -> Iterator[ActivityRow | Rejected]:
    """The activities of a file. Raises WrongFormat or Truncated; see `ingestion.columns.read_rows`."""
    return read_rows(Lines(stream, lenient=lenient), ACTIVITIES)


def read_skills(stream: IO[bytes], *, lenient: bool = False) -> Iterator[SkillRow | Rejected]:
    """The savoir-faire of a file. Raises as `read_activities`."""
    return read_rows(Lines(stream, lenient=lenient), SKILLS)


def read_diplomas(stream: IO[bytes], *, lenient: bool = False) -> Iterator[DiplomaRow | Rejected]:
    """The diplomas and authorisations of a file. Raises as `read_activities`."""
    return read_rows(Lines(stream, lenient=lenient), DIPLOMAS)
