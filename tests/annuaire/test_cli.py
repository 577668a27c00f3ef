"""The command line speaks French, and says what is wrong before it does anything."""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import pytest
import typer
from typer.exceptions import TyperException

from annuaire.cli import app, main
from annuaire.french import french_command, translated
from tests.french import foreign


@dataclass
class Said:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def annuaire(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """The command as a person runs it, in this process: to start another takes seconds."""

    def run(*arguments: str, **variables: str) -> Said:
        monkeypatch.setattr(sys, "argv", ["annuaire", *arguments])
        for name in [each for each in os.environ if each.startswith("ANNUAIRE_") or each == "FORCE_COLOR"]:
            monkeypatch.delenv(name)
        for name, value in ({"COLUMNS": "200"} | variables).items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            main()
        assert isinstance(ended.value.code, int)
        return Said(ended.value.code, *capsys.readouterr())

    return run


def test_the_command_runs_as_a_process_of_its_own():
    said = subprocess.run(
        [Path(sys.executable).with_name("annuaire"), "setings"], capture_output=True, text=True, check=False
    )
    assert (said.returncode, said.stdout) == (2, "")
    assert "Vouliez-vous dire 'settings' ?" in said.stderr


def test_help_is_in_french_and_lists_the_commands(annuaire: Callable[..., Said]):
    said = annuaire("--help")
    assert said.returncode == 0
    assert "Commandes" in said.stdout
    assert "Affiche cette aide." in said.stdout
    assert "settings" in said.stdout
    assert "Show this" not in said.stdout


def commands(command: Any, *names: str) -> Iterator[tuple[str, ...]]:
    """Every command, by the words that name it."""
    yield names
    for name, child in getattr(command, "commands", {}).items():
        yield from commands(child, *names, name)


@pytest.mark.parametrize("names", list(commands(french_command(app))), ids=" ".join)
def test_the_help_of_every_command_is_in_french(names: tuple[str, ...], capsys: pytest.CaptureFixture[str]):
    french_command(app).main([*names, "--help"], prog_name="annuaire", standalone_mode=False)
    said = capsys.readouterr().out
    assert "Affiche cette aide." in said
    assert foreign(without_commands(said)) == []


def without_commands(said: str) -> str:
    """What is said beside the names of commands (`list`, `show`), which people type."""
    names = {name for command in commands(french_command(app)) for name in command}
    return re.sub(rf"\b({'|'.join(names)})\b", "", said)


def needing(command: Any, *names: str) -> Iterator[tuple[str, ...]]:
    """The commands that cannot be run by their words alone."""
    if any(each.required for each in command.get_params(command.context_class(command))):
        yield names
    for name, child in getattr(command, "commands", {}).items():
        yield from needing(child, *names, name)


def test_usage_names_what_a_command_needs(capsys: pytest.CaptureFixture[str]):
    for names, usage in (
        (("load", "rpps"), "annuaire load rpps [OPTIONS] FICHIER "),
        (("load", "fichier"), "annuaire load fichier [OPTIONS] FICHIER... "),
        (("suppress",), "annuaire suppress [OPTIONS] [IDENTIFIANT] "),
    ):
        french_command(app).main([*names, "--help"], prog_name="annuaire", standalone_mode=False)
        assert usage in capsys.readouterr().out


@pytest.mark.parametrize("names", sorted(needing(french_command(app))), ids=" ".join)
def test_what_a_command_needs_has_an_example_in_its_help(names: tuple[str, ...], capsys: pytest.CaptureFixture[str]):
    french_command(app).main([*names, "--help"], prog_name="annuaire", standalone_mode=False)
    said, command = capsys.readouterr().out, french_command(app)
    for name in names:
        command = command.commands[name]
    assert " ".join(command.epilog.split()) in " ".join(said.split())
    start, _, example = command.epilog.partition(f" annuaire {' '.join(names)} ")
    assert start == "Exemple :"
    context = command.context_class(command)
    values, left, _ = command.make_parser(context).parse_args(args=shlex.split(example))
    assert left == []
    assert all(values.get(each.name) for each in command.get_params(context) if each.required)


def test_settings_lists_each_one_with_its_meaning_and_value(annuaire: Callable[..., Said]):
    said = annuaire("settings", ANNUAIRE_PORT="8123")
    assert said.returncode == 0
    assert "ANNUAIRE_PORT" in said.stdout
    assert "8123" in said.stdout
    assert "Port sur lequel écouter" in said.stdout


def test_a_refused_setting_ends_the_command_with_status_2(annuaire: Callable[..., Said]):
    said = annuaire("settings", ANNUAIRE_PORT="0")
    assert (said.returncode, said.stdout) == (2, "")
    assert said.stderr.startswith("ANNUAIRE_PORT : valeur « 0 » refusée.")


def test_an_unknown_command_is_refused_with_the_nearest_one(annuaire: Callable[..., Said]):
    said = annuaire("setings")
    assert said.returncode == 2
    assert said.stderr.strip() == "La commande 'setings' n'existe pas. Vouliez-vous dire 'settings' ?"


class Colour(StrEnum):
    RED = "rouge"
    BLUE = "bleu"


def example() -> typer.Typer:
    """Every kind of option and argument that a command may have."""
    app = typer.Typer()

    @app.command()
    def paint(
        file: Path,
        count: Annotated[int, typer.Option(min=1, max=5)] = 2,
        source: Annotated[Path | None, typer.Option(exists=True, dir_okay=False)] = None,
        colour: Colour = Colour.RED,
        share: float = 0.5,
        *,
        fast: bool = False,
    ) -> None:
        """Paint."""

    @app.command()
    def dry() -> None:
        """Dry."""

    return app


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Il manque une commande."),
        (["pant"], "La commande 'pant' n'existe pas. Vouliez-vous dire 'paint' ?"),
        (["paint"], "Il manque l'argument 'file'."),
        (["paint", "a", "b"], "Argument en trop : b."),
        (["paint", "--cuont"], "L'option --cuont n'existe pas. Options proches : --count."),
        (["paint", "--count"], "L'option '--count' attend une valeur."),
        (["paint", "--fast=1"], "L'option '--fast' n'attend pas de valeur."),
        (["paint", "a", "--count", "x"], "Valeur refusée pour '--count' : il faut un nombre entier."),
        (["paint", "a", "--count", "9"], "Valeur refusée pour '--count' : il faut au plus 5."),
        (["paint", "a", "--count", "0"], "Valeur refusée pour '--count' : il faut au moins 1."),
        (["paint", "a", "--share", "x"], "Valeur refusée pour '--share' : il faut un nombre."),
        (
            ["paint", "a", "--colour", "vert"],
            "Valeur refusée pour '--colour' : 'vert' n'est pas l'une des valeurs 'rouge', 'bleu'.",
        ),
        (["paint", "a", "--source", "/absent"], "Valeur refusée pour '--source' : '/absent' n'existe pas."),
        (["paint", "a", "--source", "/"], "Valeur refusée pour '--source' : '/' est un dossier."),
    ],
)
def test_what_is_ill_written_is_said_in_french(arguments: list[str], said: str):
    with pytest.raises(TyperException) as error:
        french_command(example()).main(arguments, standalone_mode=False)
    assert translated(error.value.format_message()) == said
