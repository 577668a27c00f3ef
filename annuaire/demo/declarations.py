"""What people and structures declare about themselves, with the shares that leave most things unsaid."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from annuaire.demo.draws import Weighted, some
from annuaire.demo.figures import OTHER_DOCTORS, OTHER_TRADES, SECTORS
from annuaire.demo.people import DOCTOR, GENERALISTS, Professional
from annuaire.demo.sos import Association
from annuaire.demo.structures import Site
from models.clock import PARIS
from models.codes import specialty_head

Declared = dict[str, Any]

_TAKING_PART = {DOCTOR, "40", "50", "60", "70"}
_CONVENTIONED = {DOCTOR, "40", "50", "60", "70", "80", "91", "92"}
_SELF_EMPLOYED = {"solo", "group", "society", "msp"}
_LANGUAGES = Weighted(
    {"en": 44.0, "es": 14.0, "ar": 13.0, "de": 7.0, "it": 7.0, "pt": 6.0, "fsl": 2.0, "ru": 2.0, "tr": 2.0, "ro": 2.0,
     "vi": 1.5, "zh": 1.5, "ber": 1.5, "pl": 1.0, "fa": 1.0, "hy": 1.0, "uk": 1.0, "mg": 0.7, "wo": 0.7}.items()
)  # fmt: skip
_EVERYDAY = ("visite-domicile", "consultation-non-programmee", "vaccination", "pediatrie-courante", "test-rapide")
_CARE = {
    "generalist": (
        *_EVERYDAY, "suture", "petite-traumatologie", "injection", "soins-palliatifs", "suivi-grossesse",
        "contraception", "frottis", "bouchon-cerumen", "suivi-diabete", "visite-ehpad", "addictologie",
        "certificat-deces", "ivg-medicamenteuse",        "extraction-corps-etranger", "sante-mentale",
    ),
    "60": ("visite-domicile", "pansement-complexe", "prelevement-domicile", "injection", "perfusion-domicile",
           "soins-palliatifs", "vaccination", "suivi-diabete", "retention-urinaire", "brulure"),
    "70": ("drainage-bronchique", "drainage-lymphatique", "reeducation-domicile", "petite-traumatologie"),
    "50": ("suivi-grossesse", "suivi-post-partum", "contraception", "frottis", "ivg-medicamenteuse", "vaccination",
           "visite-domicile"),
    "40": ("urgence-dentaire",),
    "21": ("vaccination", "test-rapide"),
    "93": ("sante-mentale",),
    "SM38": ("urgence-ophtalmologique", "extraction-corps-etranger"),
    "SM40": ("pediatrie-courante", "vaccination", "consultation-non-programmee"),
    "SM08": ("petite-traumatologie", "immobilisation"),
    "SM15": ("depistage-ist", "brulure"),
}  # fmt: skip
_EQUIPMENT = {
    "generalist": ("ecg", "spirometre", "aerosol", "oxygene", "defibrillateur", "materiel-suture", "dermatoscope",
                   "analyse-capillaire", "table-hauteur-variable", "table-examen-bariatrique", "echographe"),
    "40": ("radiographie", "table-hauteur-variable"),
    "50": ("monitoring-foetal", "echographe", "table-hauteur-variable"),
    "70": ("table-hauteur-variable", "leve-personne"),
    "SM04": ("ecg", "echographe", "holter", "defibrillateur"),
    "SM38": ("lampe-a-fente", "retinographe"),
    "SM74": ("radiographie", "echographe", "scanner", "irm"),
    "SM34": ("otoscope-video",),
    "SM15": ("dermatoscope",),
    "SM40": ("aerosol", "otoscope-video", "analyse-capillaire"),
}  # fmt: skip
_NOTES = (
    "Appeler le secrétariat avant 18 h.",
    "Préciser « régulation » au secrétariat, ligne directe.",
    "Ne reçoit pas les enfants de moins de 3 mois.",
    "Visites seulement dans la commune et ses voisines.",
    "Sonner à l'interphone après 19 h.",
    "Parking réservé aux personnes à mobilité réduite dans la cour.",
    "Un patient en sus possible en fin de matinée, sur appel.",
    "Absent le mercredi après-midi, remplacé par un confrère du cabinet.",
    "Accès par l'arrière du bâtiment le samedi.",
    "Laisser un message : rappel dans l'heure.",
)
_NOTES_OF_DOCTORS = (
    *_NOTES,
    "Petite traumatologie acceptée jusqu'à 17 h, pas de radiographie sur place.",
    "Électrocardiogramme possible sans rendez-vous.",
    "Pas de certificat en téléconsultation.",
)
_SITE_CARE = {
    "124": ("consultation-non-programmee", "vaccination", "suture", "petite-traumatologie", "urgence-dentaire"),
    "603": ("consultation-non-programmee", "petite-traumatologie", "suture", "vaccination", "suivi-grossesse"),
    "620": ("vaccination", "test-rapide"),
    "611": ("prelevement-domicile", "depistage-ist"),
    "mmg": ("consultation-non-programmee", "petite-traumatologie", "suture"),
    "354": ("visite-domicile", "pansement-complexe", "prelevement-domicile", "soins-palliatifs"),
    "127": ("perfusion-domicile", "soins-palliatifs", "pansement-complexe"),
    "365": ("petite-traumatologie", "immobilisation", "suture"),
    "355": ("petite-traumatologie", "immobilisation", "suture", "urgence-ophtalmologique"),
}
_SITE_EQUIPMENT = {
    "124": ("ecg", "echographe", "radiographie", "table-hauteur-variable", "boucle-magnetique"),
    "603": ("ecg", "spirometre", "defibrillateur", "oxygene", "table-examen-bariatrique", "boucle-magnetique"),
    "620": ("oxygene", "cabine-teleconsultation", "defibrillateur"),
    "619": ("radiographie", "scanner", "irm", "echographe"),
    "mmg": ("ecg", "oxygene", "aerosol", "materiel-suture", "defibrillateur"),
    "365": ("radiographie", "scanner", "irm", "echographe", "table-examen-bariatrique", "leve-personne"),
    "355": ("radiographie", "scanner", "irm", "echographe", "table-examen-bariatrique", "leve-personne"),
}


def lines_of_person(rng: Random, someone: Professional, now: int, *, agenda: bool, cpts: bool) -> Iterator[bytes]:
    """What a professional declares: about themselves, then about some of their places."""
    if someone.student or not someone.activities:
        return
    about = {**_participation(rng, someone, agenda=agenda, cpts=cpts), **_practice(rng, someone)}
    subject = f"p:{someone.national_id}"
    if about:
        yield _line(rng, {"subject": subject, "place_key": None, **about}, now)
    for activity in someone.activities:
        there = _place(rng, someone, taking_part=about.get("participation") is True)
        if there and activity.setting in _SELF_EMPLOYED:
            yield _line(rng, {"subject": subject, "place_key": activity.place.key, **there}, now)


def line_of_site(rng: Random, site: Site, now: int) -> bytes | None:
    """What an establishment declares, or None."""
    care, equipment = _SITE_CARE.get(site.category), _SITE_EQUIPMENT.get(site.category)
    about: Declared = {}
    if rng.random() < 0.45:
        about["accessible"] = rng.random() < 0.85
    if care and rng.random() < 0.4:
        about["care"] = some(rng, care, 1, len(care))
    if equipment and rng.random() < 0.4:
        about["equipment"] = some(rng, equipment, 0, len(equipment))
    if care and rng.random() < 0.12:
        about["languages"] = _languages(rng)
    about |= _site_participation(rng, site)
    return _line(rng, {"subject": f"s:{site.finess}", "place_key": None, **about}, now) if about else None


def line_of_association(rng: Random, association: Association, now: int) -> bytes:
    """An SOS Médecins association takes part, and goes to people's homes."""
    care = ["consultation-non-programmee", "visite-domicile", "suture", "petite-traumatologie"]
    about = {
        "participation": True,
        "via": "sos",
        "overbooking": True,
        "reorientation": False,
        "care": care,
        "sector": "1",
    }
    return _line(rng, {"subject": f"s:{association.siret}", "place_key": None, **about}, now)


def _line(rng: Random, declared: Declared, now: int) -> bytes:
    when = datetime.fromtimestamp(now, ZoneInfo(PARIS)) - timedelta(
        days=rng.randint(1, 300), minutes=rng.randint(0, 600)
    )
    return msgspec.json.encode({**declared, "declared_at": when.isoformat(timespec="seconds")}) + b"\n"


def _participation(rng: Random, someone: Professional, *, agenda: bool, cpts: bool) -> Declared:
    """Takes part, says no, or says nothing; those who have an agenda at an editor take part more often."""
    if someone.trade.profession not in _TAKING_PART:
        return {}
    settings = [activity.setting for activity in someone.activities]
    generalist = someone.trade.skill in GENERALISTS
    share = 1.0 if "sos" in settings else (0.5 if agenda else 0.1) if generalist else (0.3 if agenda else 0.003)
    chance = rng.random()
    if chance >= share:
        return {"participation": False} if chance > 0.97 and generalist else {}
    taking = {"participation": True, "via": _via(rng, settings, cpts=cpts), "overbooking": rng.random() < 0.45}
    return {**taking, "reorientation": rng.random() < 0.1} if rng.random() < 0.7 else taking


def _via(rng: Random, settings: Sequence[str], *, cpts: bool) -> str:
    """Through whom, given where somebody practises and whether the commune has a CPTS."""
    by_setting = {"sos": "sos", "cds": "cds", "msp": "msp"}
    found = next((by_setting[setting] for setting in settings if setting in by_setting), None)
    if found == "sos" or (found and rng.random() < 0.7):
        return found
    return "cpts" if cpts and rng.random() < 0.18 else "individual"


def _practice(rng: Random, someone: Professional) -> Declared:
    """Sector, languages, care, skills, new patients: each declared or not, apart."""
    trade = _trade_key(someone)
    care = _CARE.get(trade) or _CARE.get(someone.trade.profession)
    about: Declared = {}
    if sector := _sector(rng, someone):
        about["sector"] = sector
    if rng.random() < 0.16:
        about["languages"] = _languages(rng)
    if care and rng.random() < 0.3:
        about["care"] = some(rng, care, 1, 7) if rng.random() < 0.97 else []
    if rng.random() < 0.02:
        about["skills"] = ["CAPA02"] if someone.trade.profession == DOCTOR else []
    if trade == "generalist" and rng.random() < 0.35:
        about["new_patients"] = rng.random() < 0.55
    return about


def _trade_key(someone: Professional) -> str:
    if someone.trade.profession != DOCTOR:
        return someone.trade.profession
    return "generalist" if someone.trade.skill in GENERALISTS else specialty_head(someone.trade.skill)


def _sector(rng: Random, someone: Professional) -> str | None:
    """The convention sector of the self-employed, by the mix of their specialty."""
    doctor = someone.trade.profession == DOCTOR
    private = any(activity.setting in _SELF_EMPLOYED for activity in someone.activities)
    if someone.trade.profession not in _CONVENTIONED or not private or rng.random() > (0.85 if doctor else 0.5):
        return None
    others = OTHER_DOCTORS if doctor else OTHER_TRADES
    first, second = SECTORS.get(specialty_head(someone.trade.skill), others) if doctor else others
    chance = rng.random()
    if chance < first:
        return "1"
    return "2" if chance < first + second else rng.choice(("0", "3"))


def _place(rng: Random, someone: Professional, *, taking_part: bool) -> Declared:
    """Access, equipment and a note for the regulation, for one place."""
    equipment = _EQUIPMENT.get(_trade_key(someone))
    about: Declared = {}
    if rng.random() < 0.2:
        about["accessible"] = rng.random() < 0.8
    if equipment and rng.random() < 0.25:
        about["equipment"] = some(rng, equipment, 1, 5) if rng.random() < 0.95 else []
    if taking_part and rng.random() < 0.55:
        about["information"] = rng.choice(_NOTES_OF_DOCTORS if someone.trade.profession == DOCTOR else _NOTES)
    return about


def _site_participation(rng: Random, site: Site) -> Declared:
    """Centres de santé and maisons médicales de garde may take part as such."""
    share = {"124": 0.25, "mmg": 0.7}.get(site.category, 0.0)
    if rng.random() >= share:
        return {}
    via = {"via": "cds"} if site.category == "124" else {}
    return {"participation": True, **via, "overbooking": rng.random() < 0.3, "reorientation": rng.random() < 0.4}


def _languages(rng: Random) -> list[str]:
    """One to three languages beside French; now and then declared: none."""
    if rng.random() < 0.03:
        return []
    return sorted({_LANGUAGES.pick(rng) for _ in range(rng.randint(1, 3))})
