"""The professionals: who they are, what they do, where. Streamed, trade by trade."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from annuaire.demo.addresses import STREETS
from annuaire.demo.communes import Commune, Territory
from annuaire.demo.draws import Weighted, draw, more_than_one, rounded
from annuaire.demo.figures import SETTINGS, STUDENTS, TRADES, Trade
from annuaire.demo.names import Name, person, without_accents
from annuaire.demo.numbers import adeli, rpps
from annuaire.demo.sos import Association
from annuaire.demo.structures import Establishments
from annuaire.demo.workplaces import Front, Practice, Workplace, own_place, practice

DOCTOR = "10"
GENERALISTS = frozenset({"SM54", "SM53", "SM26"})
UNKNOWN_SKILL = "SM99"
_ADELI = {"26", "28", "71", "72", "73", "86", "93", "94", "95", "96"}
_MORE_SKILLS = ("CAPA02", "CAPA05", "CAPA06", "CAPA10", "C05", "C34", "DSM200", "DSM235", "DEC01", "SST09", "80", "81")
_STUDENTS = Weighted({"60": 40.0, DOCTOR: 34.0, "21": 9.0, "40": 6.0, "70": 7.0, "50": 4.0}.items())
_STUDENT_TRADES = {code: Trade(code, "", 0, 0.65, "city", 1, 0, {}) for code in _STUDENTS.values}
_SECOND_OF_DOCTORS = Weighted(
    {"solo": 45.0, "group": 25.0, "private": 14.0, "hospital": 8.0, "ehpad": 5.0, "mmg": 3.0}.items()
)
_SECOND_OF_OTHERS = Weighted({"solo": 60.0, "group": 40.0}.items())
_OWN = {"solo", "group", "society", "shop", "company"}
_COMPANIES = {"society", "shop", "company"}
_SHOPS = {"28": "OPTIQUE", "26": "AUDITION"}


class Activity(NamedTuple):
    """One place of practice, and how one works there (a key of `SETTINGS`)."""

    place: Workplace
    setting: str


class Professional(NamedTuple):
    """A person of the file. `kind` is the type of identifier: `8` RPPS, `0` a former ADELI number."""

    serial: int
    kind: str
    number: str
    female: bool
    name: Name
    trade: Trade
    skills: tuple[str, ...]
    activities: tuple[Activity, ...]
    student: bool = False

    @property
    def national_id(self) -> str:
        """*Identification nationale PP*: the type digit, then the number."""
        return self.kind + self.number


@dataclass(frozen=True)
class Ground:
    """Where the people of a département practise. `people` and `companies` number both across départements."""

    seed: int
    here: Territory
    everywhere: Sequence[Territory]
    establishments: Establishments
    associations: Sequence[Association]
    people: Iterator[int]
    companies: Iterator[int]


class Population:
    """The people of a département."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._groups: dict[tuple[str, bool], list[Practice]] = defaultdict(list)

    def professionals(self, scale: float) -> Iterator[Professional]:
        """Everybody, students last."""
        here, seed = self._ground.here, self._ground.seed
        for trade in TRADES:
            rng = draw(seed, "people", here.departement, trade.profession, trade.skill)
            settings = Weighted([*trade.settings.items(), ("", max(0.0, 1 - sum(trade.settings.values())))])
            for _ in range(rounded(rng, here.expected(trade.people, scale))):
                yield self._professional(rng, trade, settings.pick(rng))
        rng = draw(seed, "students", here.departement)
        for _ in range(rounded(rng, here.expected(STUDENTS, scale))):
            yield self._professional(rng, _STUDENT_TRADES[_STUDENTS.pick(rng)], "", student=True)

    def _professional(self, rng: Random, trade: Trade, setting: str, *, student: bool = False) -> Professional:
        serial = next(self._ground.people)
        former = trade.profession in _ADELI and rng.random() < 0.02
        number = adeli(self._ground.here.departement, serial) if former else rpps(serial)
        female = rng.random() < trade.women
        name = person(rng, female=female)
        someone = Professional(
            serial, "0" if former else "8", number, female, name, trade, _skills(rng, trade), (), student
        )
        return someone._replace(activities=tuple(self._activities(rng, someone, setting))) if setting else someone

    def _activities(self, rng: Random, someone: Professional, setting: str) -> Iterator[Activity]:
        """The places of somebody, each once."""
        commune = self._ground.here.pick(rng, someone.trade.spread)
        if self._ground.associations and someone.trade.skill in GENERALISTS and rng.random() < 0.02:
            setting = "sos"
        seen: set[str] = set()
        for rank, (how, where) in enumerate(self._plan(rng, someone.trade, setting, commune), 1):
            place = self._place(rng, someone, how, where, rank)
            if place is not None and place.key not in seen:
                seen.add(place.key)
                yield Activity(place, how)

    def _plan(self, rng: Random, trade: Trade, setting: str, commune: Commune) -> Iterator[tuple[str, Commune]]:
        """How and in which commune: one place, or several for those who are self-employed."""
        yield setting, commune
        if setting not in _OWN:
            if rng.random() < 0.1:
                yield setting, self._another(rng, trade, commune)
            return
        other = _SECOND_OF_DOCTORS if trade.profession == DOCTOR else _SECOND_OF_OTHERS
        for _ in range(more_than_one(rng, trade.places) - 1):
            yield setting if setting == "society" else other.pick(rng), self._another(rng, trade, commune)

    def _another(self, rng: Random, trade: Trade, commune: Commune) -> Commune:
        """The commune of one more place: often the same, sometimes another département."""
        chance = rng.random()
        if chance < 0.35:
            return commune
        territory = self._ground.here if chance < 0.93 else rng.choice(self._ground.everywhere)
        return territory.pick(rng, trade.spread)

    def _place(self, rng: Random, someone: Professional, how: str, commune: Commune, rank: int) -> Workplace | None:
        """Where exactly; None when the département has no employer of this kind."""
        if how == "sos":
            return rng.choice(self._ground.associations).place
        categories = SETTINGS[how].categories
        if not categories:
            return self._own(rng, someone, self._practice(rng, someone, how, commune), how, rank)
        sites = self._ground.establishments.employers(categories, commune)
        if not sites:
            return None
        site = sites.pick(rng)
        if how == "msp" and rng.random() < 0.3:
            return self._own(rng, someone, site.door(), how, rank)
        return self._ground.establishments.place(rng, site)

    def _own(self, rng: Random, someone: Professional, door: Practice, how: str, rank: int) -> Workplace:
        technical = f"R{someone.number}{rank:03d}" if someone.kind == "8" else f"C{someone.number}{rank:02d}"
        incorporated = how in _COMPANIES or rng.random() < 0.3
        return own_place(rng, door, technical, next(self._ground.companies) if incorporated else None)

    def _practice(self, rng: Random, someone: Professional, how: str, commune: Commune) -> Practice:
        """A door of one's own, or one of the commune's group practices."""
        if how != "group":
            return practice(rng, commune, Front(_front(rng, someone, how, commune)))
        doors = self._groups[commune.insee, someone.trade.profession == DOCTOR]
        if not doors or rng.random() < 0.22:
            doors.append(practice(rng, commune, Front(_front(rng, someone, how, commune))))
        return rng.choice(doors)


def _skills(rng: Random, trade: Trade) -> tuple[str, ...]:
    """The savoir-faire of somebody: the trade's, rarely an unknown one, and for some doctors a second."""
    if trade.profession != DOCTOR or not trade.people:
        return (trade.skill,)
    first = UNKNOWN_SKILL if trade.skill in GENERALISTS and rng.random() < 0.001 else trade.skill
    return (first, rng.choice(_MORE_SKILLS)) if rng.random() < 0.05 else (first,)


def _front(rng: Random, someone: Professional, how: str, commune: Commune) -> str:
    """The name on the door."""
    doctor, family = someone.trade.profession == DOCTOR, someone.name.family
    title = "DU DR" if doctor else ("MME" if someone.female else "M")
    names = {
        "solo": f"CABINET {title} {someone.name.given.upper()} {family}",
        "group": f"CABINET {'MEDICAL' if doctor else 'PARAMEDICAL'} {without_accents(rng.choice(STREETS)).upper()}",
        "society": f"{rng.choice(('SELARL', 'SCM', 'SELAS', 'SCP'))} {family}",
        "shop": f"{_SHOPS.get(someone.trade.profession, 'ORTHOPEDIE')} {family}",
        "company": f"SERVICE DE PREVENTION ET DE SANTE AU TRAVAIL {commune.town}",
    }
    return names[how]
