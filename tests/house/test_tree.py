"""What must hold of the tree itself, whoever changes it."""

import importlib
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
PACKAGES = ("annuaire", "indexer", "ingestion", "models", "registry", "relevance", "search_api")
LOCKS = ("requirements.lock", "requirements-dev.lock")
VERBS = {"help", "setup", "run", "test", "bench", "lint", "lock", "pictures", "clean"}
REGISTRIES = re.compile(
    r"pypi\.(?:org|python)|pythonhosted|registry\.npm|npmjs\.(?:org|com)|repo1?\.maven|deb\.debian"
    r"|static\.crates|(?:proxy|sum)\.golang|(?<!no-emit-)(?:index-url|find-links)"
)
MACHINE = re.compile(r"/(?:home|work|Users)/[a-z]")


def tracked() -> list[Path]:
    """Every text file of the tree that git holds, except this one and what it says to look for."""
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    files = (ROOT / name for name in names.split("\0") if name)
    return [file for file in files if file.is_file() and file != Path(__file__) and file.suffix not in {".gz", ".png"}]


def lines_with(pattern: re.Pattern[str]) -> list[str]:
    """Where a pattern stands in the tracked files."""
    return [
        f"{file.relative_to(ROOT)}:{number}: {line.strip()[:120]}"
        for file in tracked()
        for number, line in enumerate(file.read_text(errors="replace").splitlines(), start=1)
        if pattern.search(line)
    ]


def test_no_tracked_file_names_a_package_registry():
    assert lines_with(REGISTRIES) == []


def test_no_tracked_file_holds_a_path_of_one_machine():
    assert lines_with(MACHINE) == []


def test_every_verb_of_the_makefile_has_its_help():
    said = subprocess.run(
        ["make", "--no-print-directory", "help"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    helped = {line.split()[1]: line.split(maxsplit=2)[2] for line in said.stdout.splitlines()}
    assert set(helped) == VERBS


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_says_what_it_is_for_and_what_it_must_not_know(package: str):
    words = importlib.import_module(package).__doc__ or ""
    assert len(words.split()) >= 20


def test_every_top_level_package_is_known_here():
    assert {file.parent.name for file in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks", "scripts"} == set(
        PACKAGES
    )


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_a_version_and_hashes_and_no_address(lock: str):
    text = (ROOT / lock).read_text()
    requirements = [block for block in re.split(r"\n(?=\S)", text) if not block.startswith("#")]
    assert len(requirements) > 40
    assert [block for block in requirements if not re.match(r"[a-z0-9._-]+(\[[a-z,]+\])?==\d\S* ", block)] == []
    assert [block for block in requirements if "--hash=sha256:" not in block] == []
    assert "://" not in text


def test_what_is_installed_to_run_is_the_same_in_development():
    versions = [set(re.findall(r"^\S+==\S+", (ROOT / lock).read_text(), flags=re.MULTILINE)) for lock in LOCKS]
    assert versions[0] <= versions[1]
