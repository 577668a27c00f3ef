"""What the README tells people to copy is what the command line has."""

import re
from pathlib import Path

from annuaire.cli import app
from annuaire.french import french_command

README = Path(__file__).resolve().parents[2] / "README.md"


def test_every_command_of_the_readme_exists():
    lines = re.findall(r"^annuaire ([^#\n]+)", README.read_text(), re.MULTILINE)
    assert len(lines) >= 6
    for line in lines:
        command = french_command(app)
        for word in line.split()[:2]:
            command = getattr(command, "commands", {}).get(word, command)
        assert not hasattr(command, "commands"), line
