"""Writing the whole demo into a folder, streamed, with a manifest that says what it holds."""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import IO
from zoneinfo import ZoneInfo

import msgspec

from annuaire.demo import declarations, rpps_files
from annuaire.demo.agendas import EDITORS, Agenda, agenda_of_association, agendas_of
from annuaire.demo.bundles import answers
from annuaire.demo.communes import Territory, territories
from annuaire.demo.cpts import Cpts, cover
from annuaire.demo.cpts import lines as cpts_lines
from annuaire.demo.draws import draw
from annuaire.demo.finess_file import FinessFile
from annuaire.demo.people import Ground, Population, Professional
from annuaire.demo.sos import associations
from annuaire.demo.structures import Establishments
from models.clock import PARIS

DEPARTEMENTS = ("01", "38", "42", "69")
SCALE = 0.3
"""The default: Ain, Isère, Loire, Rhône, three professionals in ten."""

MANIFEST = "demo.json"
ROSTER = "agendas.ndjson"
_NOBODY = "8|||DR|Docteur|M|Monsieur|||10|Médecin|C|Civil|" + "|" * 43 + "\n"

Progress = Callable[[str, int, int], None]
"""Called with what is being written, the number of départements done, and their number."""


@dataclass(frozen=True)
class Plan:
    """What to write. `departements` empty: all of France. `now`: UTC epoch seconds, the clock of the agendas."""

    seed: int
    now: int
    departements: tuple[str, ...] = DEPARTEMENTS
    scale: float = SCALE

    @property
    def moment(self) -> datetime:
        """The clock, in Paris."""
        return datetime.fromtimestamp(self.now, ZoneInfo(PARIS))


class Manifest(msgspec.Struct):
    """What a folder holds: the plan it was written from, the files by role, and counts of what they have."""

    seed: int
    departements: list[str]
    scale: float
    written_at: int
    files: dict[str, str]
    slots: dict[str, str]
    counts: dict[str, int]


def write_demo(folder: Path, plan: Plan, on_progress: Progress) -> Manifest:
    """Write every file of the demo into a folder, which is created.

    Raises:
        ValueError: a département that does not exist.
        OSError: the folder cannot be written.

    """
    chosen = territories(plan.departements)
    folder.mkdir(parents=True, exist_ok=True)
    names = _file_names(plan)
    with ExitStack() as stack:
        outs = {role: stack.enter_context((folder / name).open("wb")) for role, name in names.items()}
        counts = _Writer(plan, chosen, outs).write(on_progress)
    on_progress("agendas", len(chosen), len(chosen))
    slots = write_slots(folder, plan.seed, plan.now)
    departements = [territory.departement for territory in chosen]
    manifest = Manifest(plan.seed, departements, plan.scale, plan.now, names, slots, dict(counts))
    (folder / MANIFEST).write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2))
    return manifest


def read_manifest(folder: Path) -> Manifest | None:
    """The manifest of a folder that the demo was written into, else None."""
    path = folder / MANIFEST
    return msgspec.json.decode(path.read_bytes(), type=Manifest) if path.is_file() else None


def write_slots(folder: Path, seed: int, now: int, but: Collection[str] = ()) -> dict[str, str]:
    """Ask editors again, now, but for some: one file each, named in what is returned, from the demo's own roster."""
    stamp = datetime.fromtimestamp(now, ZoneInfo(PARIS)).strftime("%Y%m%d%H%M")
    names = {editor: f"creneaux-{editor}-{stamp}.ndjson" for editor in EDITORS if editor not in but}
    for editor, name in names.items():
        with (folder / name).open("wb") as out:
            out.writelines(answers(seed, list(roster(folder, editor)), now))
    return names


def roster(folder: Path, editor: str) -> Iterator[Agenda]:
    """The agendas of an editor, in the order of the file."""
    with (folder / ROSTER).open("rb") as lines:
        decoder = msgspec.json.Decoder(Agenda)
        yield from (agenda for agenda in map(decoder.decode, lines) if agenda.editor == editor)


def _file_names(plan: Plan) -> dict[str, str]:
    stamp, month = plan.moment.strftime("%Y%m%d%H%M"), plan.moment.strftime("%Y%m")
    return {
        "activities": f"PS_LibreAcces_Personne_activite_{stamp}.txt",
        "skills": f"PS_LibreAcces_SavoirFaire_{stamp}.txt",
        "diplomas": f"PS_LibreAcces_Dipl_AutExerc_{stamp}.txt",
        "structures": f"finess-structures-mensuel-{month}.json",
        "cpts": "cpts.csv",
        "declarations": "declarations.ndjson",
        "roster": ROSTER,
    }


class _Writer:
    """Département after département, into open files; only one is in memory at a time."""

    def __init__(self, plan: Plan, chosen: Sequence[Territory], outs: Mapping[str, IO[bytes]]) -> None:
        self._plan, self._all, self._outs = plan, chosen, outs
        self._people, self._companies = count(), count()
        self._finess = FinessFile(outs["structures"], plan.seed, plan.now)
        self._counts: Counter[str] = Counter()

    def write(self, on_progress: Progress) -> Counter[str]:
        """Everything but the slots; the counts of what was written."""
        self._headers()
        for rank, territory in enumerate(self._all):
            on_progress(territory.departement, rank, len(self._all))
            self._territory(territory)
        self._finess.close()
        return self._counts

    def _headers(self) -> None:
        for role, columns in (
            ("activities", rpps_files.ACTIVITY_COLUMNS),
            ("skills", rpps_files.SKILL_COLUMNS),
            ("diplomas", rpps_files.DIPLOMA_COLUMNS),
        ):
            self._text(role, rpps_files.line(columns))
        self._text("cpts", "insee;cpts_finess;cpts_nom\n")

    def _territory(self, territory: Territory) -> None:
        plan = self._plan
        sites = Establishments(plan.seed, territory, plan.scale, plan.moment.date(), self._companies)
        covered = cover(plan.seed, territory, sites)
        sos = associations(plan.seed, territory, self._companies)
        ground = Ground(plan.seed, territory, self._all, sites, sos, self._people, self._companies)
        self._structures(ground)
        self._outs["cpts"].writelines(line.encode() for line in cpts_lines(covered))
        self._counts["cpts"] += len(set(covered.values()))
        self._professionals(ground, covered)
        self._text("activities", _NOBODY)
        self._counts["intended_rejects"] += 1

    def _structures(self, ground: Ground) -> None:
        rng = draw(self._plan.seed, "site declarations", ground.here.departement)
        for site in ground.establishments.sites:
            self._finess.write(site)
            self._counts["structures"] += 1
            self._counts["active_structures"] += site.active
            if site.active and (declared := declarations.line_of_site(rng, site, self._plan.now)):
                self._declare(declared)
        for association in ground.associations:
            self._declare(declarations.line_of_association(rng, association, self._plan.now))
            self._agenda(agenda_of_association(association, ground.here.departement))
            self._counts["associations"] += 1

    def _professionals(self, ground: Ground, covered: dict[str, Cpts]) -> None:
        rng = draw(self._plan.seed, "agendas", ground.here.departement)
        for someone in Population(ground).professionals(self._plan.scale):
            self._person(someone)
            agendas = list(agendas_of(rng, someone, covered))
            for agenda in agendas:
                self._agenda(agenda)
            cpts = any(activity.place.door.commune.insee in covered for activity in someone.activities)
            for line in declarations.lines_of_person(rng, someone, self._plan.now, agenda=bool(agendas), cpts=cpts):
                self._declare(line)

    def _person(self, someone: Professional) -> None:
        lines = list(rpps_files.activity_lines(someone))
        self._text("activities", "".join(lines))
        self._text("skills", "".join(rpps_files.skill_lines(someone)))
        self._text("diplomas", "".join(rpps_files.diploma_lines(someone)))
        self._counts["people"] += 1
        self._counts["students"] += someone.student
        self._counts["activities"] += len(lines)
        self._counts["placed"] += len(someone.activities)

    def _agenda(self, agenda: Agenda) -> None:
        self._outs["roster"].write(msgspec.json.encode(agenda) + b"\n")
        self._counts["agendas"] += 1

    def _declare(self, line: bytes) -> None:
        self._outs["declarations"].write(line)
        self._counts["declarations"] += 1

    def _text(self, role: str, text: str) -> None:
        self._outs[role].write(text.encode())
