"""The documentation names what exists."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
NAMED = re.compile(r"`([\w./-]+\.(?:py|html|js|css|md|sh)|[\w./-]+/)`")
OURS = {path.name for path in ROOT.iterdir()}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_and_folder_of_ours_that_it_names_is_there(page: Path):
    names = [name for name in NAMED.findall(page.read_text("utf-8")) if name.partition("/")[0] in OURS]
    assert [name for name in names if not (ROOT / name).exists()] == []
