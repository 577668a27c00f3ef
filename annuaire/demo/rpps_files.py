"""The three files of the RPPS in free access, line by line, exactly as they are published."""

from collections.abc import Iterator

from annuaire.demo.figures import SETTINGS
from annuaire.demo.people import DOCTOR, Activity, Professional
from models.codes import MODES, PROFESSIONS, SECTORS_OF_ACTIVITY, SKILL_TYPES, SKILLS, SPECIALTIES

_IDENTITY = ("Type d'identifiant PP", "Identifiant PP", "Identification nationale PP")
_SKILL = ("Code type savoir-faire", "Libellé type savoir-faire", "Code savoir-faire", "Libellé savoir-faire")
_PROFESSION = (
    "Code profession",
    "Libellé profession",
    "Code catégorie professionnelle",
    "Libellé catégorie professionnelle",
)
_NAME = ("Nom d'exercice", "Prénom d'exercice")

ACTIVITY_COLUMNS = (
    *_IDENTITY,
    *("Code civilité d'exercice", "Libellé civilité d'exercice", "Code civilité", "Libellé civilité"),
    *_NAME,
    *_PROFESSION,
    *_SKILL,
    *("Code mode exercice", "Libellé mode exercice"),
    *("Numéro SIRET site", "Numéro SIREN site", "Numéro FINESS site", "Numéro FINESS établissement juridique"),
    *("Identifiant technique de la structure", "Raison sociale site", "Enseigne commerciale site"),
    *("Complément destinataire (coord. structure)", "Complément point géographique (coord. structure)"),
    *("Numéro Voie (coord. structure)", "Indice répétition voie (coord. structure)"),
    *("Code type de voie (coord. structure)", "Libellé type de voie (coord. structure)"),
    *("Libellé Voie (coord. structure)", "Mention distribution (coord. structure)"),
    *("Bureau cedex (coord. structure)", "Code postal (coord. structure)", "Code commune (coord. structure)"),
    *("Libellé commune (coord. structure)", "Code pays (coord. structure)", "Libellé pays (coord. structure)"),
    *("Téléphone (coord. structure)", "Téléphone 2 (coord. structure)", "Télécopie (coord. structure)"),
    *("Adresse e-mail (coord. structure)", "Code Département (structure)", "Libellé Département (structure)"),
    *("Ancien identifiant de la structure", "Autorité d'enregistrement"),
    *("Code secteur d'activité", "Libellé secteur d'activité"),
    *("Code section tableau pharmaciens", "Libellé section tableau pharmaciens", "Code rôle", "Libellé rôle"),
    *("Code genre activité", "Libellé genre activité"),
)
SKILL_COLUMNS = (*_IDENTITY, *_NAME, *_PROFESSION, *_SKILL)
DIPLOMA_COLUMNS = (
    *_IDENTITY,
    *_NAME,
    *("Code type diplôme obtenu", "Libellé type diplôme obtenu", "Code diplôme obtenu", "Libellé diplôme obtenu"),
    *("Code type autorisation", "Libellé type autorisation"),
    *("Code discipline autorisation", "Libellé discipline autorisation"),
)

_NOWHERE = ("",) * 28
_TITLED = {DOCTOR, "21", "40"}
_AUTHORITIES = {
    DOCTOR: "CNOM/CNOM/CNOM",
    "21": "CNOP/CNOP/CNOP",
    "40": "CNOCD/CNOCD/CNOCD",
    "50": "CNOSF/CNOSF/CNOSF",
    "60": "ONI/ONI/ARS",
    "70": "CNOMK/CNOMK/CNOMK",
    "80": "CNOPP/CNOPP/CNOPP",
}
_SKILL_PREFIXES = {"CAPA": "CAPA", "CEX": "CEX", "C": "C", "DSM": "DNQ", "DEC": "DEC", "SST": "SST", "8": "OP"}
_DIPLOMAS = {
    "10": ("DE05", "DE Docteur en médecine"),
    "21": ("DE02", "DE Docteur en pharmacie"),
    "40": ("DE03", "DE Docteur en chirurgie dentaire"),
    "50": ("DE06", "DE Sage-Femme"),
    "60": ("DE09", "DE Infirmier"),
    "70": ("DE11", "DE Masseur-Kinésithérapeute"),
    "80": ("DE12", "DE Pédicure-Podologue"),
    "91": ("DE13", "DE Orthophoniste"),
    "92": ("DE14", "DE Orthoptiste"),
    "94": ("DE30", "DE Ergothérapeute"),
    "96": ("DE32", "DE Psychomotricien"),
    "98": ("DE18", "DE Manipulateur ERM"),
    "41": ("DE28", "DE Assistant de Service Social"),
    "26": ("DE29", "DE Audioprothésiste"),
}
_GENRES = {
    0: ("GENR02", "Activité de soins ou de pharmacien en tant que remplaçant"),
    1: ("GENR02", "Activité de soins ou de pharmacien en tant que remplaçant"),
    2: ("", ""),
    3: ("GENR04", "Activité non soignante"),
}
_CARE = ("GENR01", "Activité standard de soin ou de pharmacien")


def line(values: tuple[str, ...]) -> str:
    """One line: no quoting at all, a delimiter at the end too."""
    return "|".join(values) + "|\n"


def activity_lines(someone: Professional) -> Iterator[str]:
    """A line for each savoir-faire at each place; one line without place for who has none."""
    identity = _identity(someone)
    for skill in someone.skills:
        known = _skill(skill)
        for activity in someone.activities:
            yield line((*identity, *known, *_activity(someone, activity)))
        if not someone.activities:
            mode = ("", "") if someone.student else ("S", MODES["S"])
            yield line((*identity, *known, *mode, *_NOWHERE, _authority(someone), *("",) * 8))


def skill_lines(someone: Professional) -> Iterator[str]:
    """A line for each savoir-faire."""
    identity = (*_numbers(someone), someone.name.family, someone.name.given, *_profession(someone))
    for skill in filter(None, someone.skills):
        yield line((*identity, *_skill(skill)))


def diploma_lines(someone: Professional) -> Iterator[str]:
    """The state diploma of the profession, and an authorisation for a few."""
    diploma = ("DE", "Diplôme d'Etat français", *_DIPLOMAS.get(someone.trade.profession, ("", "")))
    if someone.student or not diploma[2]:
        return
    authorised = someone.serial % 400 == 0
    authorisation = ("AU01", "Autorisation d'exercice", "", "") if authorised else ("", "", "", "")
    yield line((*_numbers(someone), someone.name.family, someone.name.given, *diploma, *authorisation))


def _numbers(someone: Professional) -> tuple[str, str, str]:
    return someone.kind, someone.number, someone.national_id


def _profession(someone: Professional) -> tuple[str, str, str, str]:
    code = someone.trade.profession
    category = ("E", "Etudiant") if someone.student else ("C", "Civil")
    if someone.trade.settings.get("hospital") and someone.serial % 250 == 7:
        category = ("M", "Militaire")
    return (code, PROFESSIONS.get(code, "Assistant médical"), *category)


def _identity(someone: Professional) -> tuple[str, ...]:
    titled = someone.trade.profession in _TITLED and not someone.student
    title = ("DR", "Docteur") if titled else ("", "")
    civility = ("MME", "Madame") if someone.female else ("M", "Monsieur")
    name = (someone.name.family, someone.name.given)
    return (*_numbers(someone), *title, *civility, *name, *_profession(someone))


def _skill(code: str) -> tuple[str, str, str, str]:
    """The four columns of a savoir-faire; empty for none, and an unknown one has a label of its own."""
    if not code:
        return ("", "", "", "")
    prefix = next((prefix for prefix in _SKILL_PREFIXES if code.startswith(prefix)), "")
    kind = _SKILL_PREFIXES.get(prefix, "S")
    label = SPECIALTIES.get(code) or SKILLS.get(code, "Médecine des territoires")
    return kind, SKILL_TYPES[kind], code, label


def _authority(someone: Professional) -> str:
    return _AUTHORITIES.get(someone.trade.profession, "ARS/ARS/ARS")


def _activity(someone: Professional, activity: Activity) -> tuple[str, ...]:
    """From the mode of exercise to the end of the line."""
    setting = SETTINGS[activity.setting]
    section = ("", "", "", "")
    if someone.trade.profession == "21" and activity.setting == "pharmacy":
        section = ("A", "Pharmaciens titulaires d'officine", "", "")
    genre = _GENRES.get(someone.serial * 37 % 100, _CARE)
    sector = (setting.sector, SECTORS_OF_ACTIVITY[setting.sector])
    mode = (setting.mode, MODES[setting.mode])
    return (*mode, *activity.place.columns, _authority(someone), *sector, *section, *genre)
