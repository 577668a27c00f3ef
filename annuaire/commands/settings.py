"""`annuaire settings`: every setting, what it means, its value here."""

from rich.console import Console
from rich.table import Column, Table

from annuaire.settings import Settings, load_settings, shown, variable


def settings() -> None:
    """Liste les réglages : leur variable d'environnement, leur sens et leur valeur actuelle."""
    Console().print(settings_table(load_settings()))


def settings_table(current: Settings) -> Table:
    """A line a setting; those that differ from their default in bold."""
    table = Table(
        Column("Variable", no_wrap=True),
        Column("Valeur", overflow="fold"),
        Column("Sens", overflow="fold"),
        title="Réglages",
        show_lines=True,
    )
    for name, field in Settings.model_fields.items():
        style = "bold" if name in current.model_fields_set else ""
        table.add_row(variable(name), shown(current, name), field.description, style=style)
    return table
