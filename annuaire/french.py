"""The command line in French: what the library behind it says in English by itself."""

import re
from typing import Any, Final

from typer import Typer, rich_utils
from typer.main import get_command

TITLES: Final = {
    "OPTIONS_PANEL_TITLE": "Options",
    "COMMANDS_PANEL_TITLE": "Commandes",
    "DEPRECATED_STRING": "(déconseillé) ",
    "DEFAULT_STRING": "[par défaut : {}]",
    "REQUIRED_LONG_STRING": "[obligatoire]",
}
"""Names of the library's own constants, made to be set."""

HELP: Final = "Affiche cette aide."

SENTENCES: Final = (
    (r"Missing command\.", r"Il manque une commande."),
    (r"Missing argument (.+)\.", r"Il manque l'argument \1."),
    (r"Missing option (.+)\.", r"Il manque l'option \1."),
    (r"No such command (.+?)\.", r"La commande \1 n'existe pas."),
    (r"No such option: (\S+)", r"L'option \1 n'existe pas."),
    (r" Did you mean (.+)\?", r" Vouliez-vous dire \1 ?"),
    (r"\(Possible options: (.+)\)", r"Options proches : \1."),
    (r"Option (\S+) requires an argument\.", r"L'option \1 attend une valeur."),
    (r"Option (\S+) does not take a value\.", r"L'option \1 n'attend pas de valeur."),
    (r"Got unexpected extra argument\(s\) \((.+)\)", r"Argument en trop : \1."),
    (r"Invalid value for (.+?): (?:Value error, )?", r"Valeur refusée pour \1 : "),
    (r"Input should be a valid integer.*", r"il faut un nombre entier."),
    (r"Input should be a valid number.*", r"il faut un nombre."),
    (r"Input should be less than or equal to (\S+)", r"il faut au plus \1."),
    (r"Input should be greater than or equal to (\S+)", r"il faut au moins \1."),
    (r"(\S+) is not one of (.+)\.", r"\1 n'est pas l'une des valeurs \2."),
    (r"(?:file|path|directory) (\S+) does not exist\.", r"\1 n'existe pas."),
    (r"file (\S+) is a directory\.", r"\1 est un dossier."),
    (r"directory (\S+) is a file\.", r"\1 est un fichier."),
    (r"(?:file|path|directory) (\S+) is not readable\.", r"\1 n'est pas lisible."),
)
"""What the library says of a command ill-written, and how it is said in French; each may match once."""


def translated(message: str) -> str:
    """A complaint of the library, in French; what it does not know stays as it is."""
    for english, french in SENTENCES:
        message = re.sub(english, french, message)
    return message


def french_command(app: Typer) -> Any:
    """The command of an application (a private class of the library), and those under it, titled in French."""
    for name, words in TITLES.items():
        setattr(rich_utils, name, words)
    command = get_command(app)
    _help_in_french(command)
    return command


def _help_in_french(command: Any) -> None:
    if option := command.get_help_option(command.context_class(command)):
        option.help = HELP
    for parameter in command.get_params(command.context_class(command)):
        _type_in_french(parameter)
    for child in getattr(command, "commands", {}).values():
        _help_in_french(child)


def _type_in_french(parameter: Any) -> None:
    """Leave out the type, which the library writes in English: names and meanings tell it."""
    if parameter.param_type_name == "argument":
        several, optional = parameter.nargs != 1, not parameter.required
        name = f"{parameter.display_name_raw}{'...' if several else ''}"
        vars(parameter)["_usage_display_name"] = lambda: f"[{name}]" if optional else name
        vars(parameter)["display_type_rich"] = lambda **_context: None
    elif parameter.is_flag:
        parameter.metavar = ""
