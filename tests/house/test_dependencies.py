"""Every dependency is declared once, and its reason written."""

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    lines = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    return {re.split(r"[\[;<>= ]", line)[0] for line in lines}


def test_every_dependency_has_its_line_and_every_line_its_dependency():
    explained = re.findall(r"^\| ([a-z0-9-]+) \|", (ROOT / "docs" / "dependencies.md").read_text(), flags=re.MULTILINE)
    assert set(explained) - {"package"} == declared()
    assert len(explained) - 2 == len(declared())
