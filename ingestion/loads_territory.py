"""Loading territories: the CPTS with their communes, and the postal codes that the gazetteer lacks."""

from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

from sqlalchemy import ColumnElement, Engine, and_, case, delete, exists, func, insert, select

from ingestion import cpts, postal
from ingestion.addresses import departement_prefix, insee_code
from ingestion.files import utf8_or_windows
from ingestion.kinds import only_text
from ingestion.loading import Job, Loading, Options, run
from ingestion.report import Totals
from ingestion.staging import Mirror, digest, table_of
from ingestion.texts import rows_of
from models.gazetteer import gazetteer
from models.tables import PostalCode, Territory, TerritoryCommune, TerritoryPostalCode

LA_POSTE = "La Poste, base officielle des codes postaux, Licence Ouverte 2.0"
CPTS = "Communes des CPTS, selon le fichier donné"

_TERRITORY, _COMMUNE, _POSTAL = table_of(Territory), table_of(TerritoryCommune), table_of(TerritoryPostalCode)
_ABROAD = "99"
_RENAMED = "autres noms d'une même CPTS, dont seul le premier est gardé"

TERRITORIES = Mirror(_TERRITORY, ("kind", "name", "finess"))
POSTAL_CODES = Mirror(table_of(PostalCode), ("insee", "postal_code", "name", "lat", "lon"))


def load_territories(engine: Engine, path: Path, options: Options) -> Totals:
    """Load CPTS with their communes. A file tells everything of the départements it names, and nothing of others."""
    covered: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    job = Job(
        source="cpts",
        attribution=CPTS,
        mirrors=(TERRITORIES,),
        read=lambda loading: _read_territories(loading, path, covered),
        write=lambda loading: _write_members(loading, {key[0]: communes for key, communes in covered.items()}),
    )
    return run(engine, path, options, job)


def load_postal_codes(engine: Engine, path: Path, options: Options) -> Totals:
    """Keep what La Poste's file adds to the bundled gazetteer; the next loads of addresses use it."""
    job = Job(
        source="postaux",
        attribution=LA_POSTE,
        mirrors=(POSTAL_CODES,),
        read=lambda loading: _read_postal_codes(loading, path),
    )
    return run(engine, path, options, job)


def _read_territories(loading: Loading, path: Path, covered: defaultdict[tuple[str, str, str], set[str]]) -> None:
    """Stage each territory once, with its communes in what is compared."""
    names: dict[str, tuple[str, str, str]] = {}
    others: set[tuple[str, str, str]] = set()
    for row in rows_of(loading, only_text(path, "cpts"), cpts.TERRITORIES, utf8_or_windows):
        insee = insee_code(row.insee) or row.insee
        if loading.gazetteer.commune(insee) is None:
            loading.totals.notes["communes inconnues du référentiel"] += 1
        given = (row.territory_id, row.name, row.finess)
        key = names.setdefault(row.territory_id, given)
        covered[key].add(insee)
        others |= {given} - {key}
    loading.totals.notes[_RENAMED] += len(others)
    for (identifier, name, finess), communes in covered.items():
        values = ("cpts", name, finess or None)
        loading.staged["territory"].add((identifier, digest((*values, *sorted(communes))), *values))
    loading.staged["territory"].narrow(_within({insee for communes in covered.values() for insee in communes}))


def _within(communes: set[str]) -> ColumnElement[bool]:
    """The condition that all the communes of a stored territory are in the départements of these."""
    insee = _COMMUNE.c.insee
    overseas = func.substr(insee, 1, 2).in_(("97", "98"))
    departement = case((overseas, func.substr(insee, 1, 3)), else_=func.substr(insee, 1, 2))
    mine = _COMMUNE.c.territory_id == _TERRITORY.c.id
    outside = exists().where(mine, departement.not_in({departement_prefix(insee) for insee in communes}))
    return and_(~outside, exists().where(mine))


def _write_members(loading: Loading, communes: Mapping[str, set[str]]) -> None:
    """Write the communes and the postal codes of the territories that differ."""
    connection, touched = loading.connection, loading.staged["territory"].touched
    differing = connection.execute(select(touched.c.id, touched.c.kind)).all()
    for table in (_COMMUNE, _POSTAL):
        connection.execute(delete(table).where(table.c.territory_id.in_(select(touched.c.id))))
    for identifier, kind in differing:
        if kind != "gone":
            members = sorted(communes[identifier])
            rows = [{"territory_id": identifier, "insee": insee} for insee in members]
            connection.execute(insert(_COMMUNE), rows)
            codes = sorted(_postal_codes(loading, members))
            if codes:
                rows = [{"territory_id": identifier, "postal_code": code} for code in codes]
                connection.execute(insert(_POSTAL), rows)


def _postal_codes(loading: Loading, communes: list[str]) -> set[str]:
    """The postal codes of communes."""
    known = (loading.gazetteer.commune(insee) for insee in communes)
    return {code for commune in known if commune for code in commune.postal_codes}


def _read_postal_codes(loading: Loading, path: Path) -> None:
    """Stage the pairs that the bundled gazetteer lacks."""
    bundled = gazetteer()
    for row in rows_of(loading, only_text(path, "postaux"), postal.POSTAL_CODES, utf8_or_windows):
        insee = insee_code(row.insee) or row.insee
        known = bundled.commune(insee)
        if insee.startswith(_ABROAD):
            loading.totals.skipped["hors de France"] += 1
        elif known and row.postal_code in known.postal_codes:
            loading.totals.skipped["connus du référentiel"] += 1
        else:
            point = row.point
            at = (point.lat, point.lon) if point else (None, None)
            values = (insee, row.postal_code, row.name, *at)
            loading.staged["postal_code"].add((f"{insee}-{row.postal_code}", digest(values), *values))
