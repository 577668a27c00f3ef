"""Loading the RPPS: the directory of professionals, their savoir-faire, their diplomas."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Select, Table, literal, select

from ingestion import directory, rpps
from ingestion.files import Part
from ingestion.kinds import only_text
from ingestion.loading import Job, Loading, Options, UnknownCodes, run
from ingestion.report import Totals
from ingestion.staging import Mirror, digest, table_of
from ingestion.texts import rows_of
from models.tables import Activity, Diploma, Skill

ANS = "Agence du Numérique en Santé, Annuaire Santé (RPPS), Licence Ouverte 2.0"

_ACTIVITY = table_of(Activity)
_STUDENTS = "étudiants"

SKILLS = Mirror(table_of(Skill), ("professional_id", "profession", "type", "code", "label"), alone=True)
DIPLOMAS = Mirror(
    table_of(Diploma),
    ("professional_id", "type", "code", "label", "authorisation_type", "discipline", "discipline_label"),
    alone=True,
)


def load_rpps(engine: Engine, path: Path, options: Options) -> Totals:
    """Mirror `PS_LibreAcces_Personne_activite`: professionals, places, activities. Students are left out."""
    job = Job(
        source="rpps",
        attribution=ANS,
        mirrors=(directory.PROFESSIONALS, directory.PLACES, directory.ACTIVITIES),
        read=lambda loading: _read_activities(loading, only_text(path, "rpps")),
        write=_point_places,
        after=_people_of_the_directory,
        a_line_each="activity",
        about={
            "professional": directory.PROFESSIONALS.table.c.id.in_,
            "place": lambda those: directory.PLACES.table.c.key.in_(_places_of(those)),
            "activity": _ACTIVITY.c.professional_id.in_,
        },
    )
    return run(engine, path, options, job)


def load_skills(engine: Engine, path: Path, options: Options) -> Totals:
    """Mirror `PS_LibreAcces_SavoirFaire`."""
    job = Job(
        source="savoir-faire",
        attribution=ANS,
        mirrors=(SKILLS,),
        read=lambda loading: _read_skills(loading, only_text(path, "savoir-faire")),
        after=lambda loading: [_people_of(loading, "skill")],
        a_line_each="skill",
        about={"skill": SKILLS.table.c.professional_id.in_},
    )
    return run(engine, path, options, job)


def load_diplomas(engine: Engine, path: Path, options: Options) -> Totals:
    """Mirror `PS_LibreAcces_Dipl_AutExerc`. No offer depends on it."""
    job = Job(
        source="diplomes",
        attribution=ANS,
        mirrors=(DIPLOMAS,),
        read=lambda loading: _read_diplomas(loading, only_text(path, "diplomes")),
        a_line_each="diploma",
        about={"diploma": DIPLOMAS.table.c.professional_id.in_},
    )
    return run(engine, path, options, job)


def _read_activities(loading: Loading, part: Part) -> None:
    """Stage the three tables of the directory."""
    people, places, activities = (loading.staged[name] for name in ("professional", "place", "activity"))
    rows = directory.Directory(loading.gazetteer)
    loading.unknown = unknown = UnknownCodes(
        (
            ("profession",),
            ("category",),
            ("skill_type",),
            ("skill", "specialty"),
            ("mode",),
            ("sector_of_activity",),
            ("genre",),
        )
    )
    for row in rows_of(loading, part, rpps.ACTIVITIES):
        if row.category == rpps.STUDENT:
            loading.totals.skipped[_STUDENTS] += 1
            continue
        unknown.count(row.coded)
        if person := rows.person(row):
            people.add(person)
        key, place = rows.place(row)
        if place:
            places.add(place)
        elif key is None:
            loading.totals.notes["sans adresse"] += 1
        activities.add(directory.activity_row(row, key))


def _read_skills(loading: Loading, part: Part) -> None:
    """Stage the savoir-faire."""
    staged = loading.staged["skill"]
    loading.unknown = unknown = UnknownCodes((("profession",), ("skill_type",), ("skill", "specialty")))
    for row in rows_of(loading, part, rpps.SKILLS):
        if row.category == rpps.STUDENT:
            loading.totals.skipped[_STUDENTS] += 1
            continue
        unknown.count((row.profession, row.profession_label, row.type, row.type_label, row.code, row.label))
        named = (row.professional_id, row.profession, row.type, row.code)
        staged.add((digest(named), digest((row.label,)), *named, row.label))


def _read_diplomas(loading: Loading, part: Part) -> None:
    """Stage the diplomas and authorisations."""
    staged = loading.staged["diploma"]
    for row in rows_of(loading, part, rpps.DIPLOMAS):
        named = (row.professional_id, row.type, row.code, row.authorisation_type, row.discipline)
        values = (row.professional_id, *(value or None for value in row[1:]))
        staged.add((digest(named), digest(row), *values))


def _point_places(loading: Loading) -> None:
    """Give the places that were written their points."""
    loading.pointer.move_places(loading.staged["place"].written())


def _people_of_the_directory(loading: Loading) -> Iterable[Select[Any]]:
    """Those whose name, activities or places changed."""
    professional, place = loading.staged["professional"].touched, loading.staged["place"].touched
    yield select(literal("p:") + professional.c.id)
    yield _people_of(loading, "activity")
    yield people_at(place)


def _people_of(loading: Loading, name: str) -> Select[Any]:
    """The people whose rows of a table were touched."""
    staged = loading.staged[name]
    table = staged.mirror.table
    return select(literal("p:") + table.c.professional_id).join(staged.touched, staged.touched.c.id == table.c.id)


def _places_of(people: Select[Any]) -> Select[Any]:
    """The keys of the places where people practise."""
    placed = (_ACTIVITY.c.place_key.is_not(None), _ACTIVITY.c.departed_on.is_(None))
    return select(_ACTIVITY.c.place_key).where(_ACTIVITY.c.professional_id.in_(people), *placed)


def people_at(places: Table) -> Select[Any]:
    """The people who practise at the places of a table of keys."""
    return select(literal("p:") + _ACTIVITY.c.professional_id).join(places, places.c.key == _ACTIVITY.c.place_key)
