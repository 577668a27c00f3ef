"""The default demo, written once at a fixed clock: Friday 20 November 2026, 17:42 in Paris."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from annuaire.demo.writing import Manifest, Plan, write_demo

NOW = int(datetime.fromisoformat("2026-11-20T17:42:00+01:00").timestamp())
SMALL = Plan(seed=3, now=NOW, departements=("69", "974"), scale=0.01)


def ignored(_what: str, _done: int, _total: int) -> None:
    """A progress that nobody watches."""


@lru_cache
def _values(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


@dataclass(frozen=True)
class Written:
    """A demo on the disk."""

    folder: Path
    manifest: Manifest

    def rows(self, role: str) -> Iterator[dict[str, str]]:
        """The rows of one of the RPPS files, by column."""
        with (self.folder / self.manifest.files[role]).open(encoding="utf-8", newline="") as lines:
            header = next(lines).rstrip("\n").split("|")[:-1]
            for line in lines:
                yield dict(zip(header, line.rstrip("\n").split("|")[:-1], strict=True))

    def structures(self) -> list[dict[str, Any]]:
        """The legal entities of the FINESS+ extract."""
        document = json.loads((self.folder / self.manifest.files["structures"]).read_text("utf-8"))
        entities: list[dict[str, Any]] = document["pmej"]
        return entities

    def lines(self, role: str) -> list[dict[str, Any]]:
        """The values of an NDJSON file."""
        return _values(self.folder / self.manifest.files[role])

    def answers(self, editor: str) -> list[dict[str, Any]]:
        """The answers of an editor."""
        return _values(self.folder / self.manifest.slots[editor])


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """The default demo: four départements."""
    folder = tmp_path_factory.mktemp("demo")
    return Written(folder, write_demo(folder, Plan(seed=1, now=NOW), ignored))
