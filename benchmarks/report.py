"""Lines of a report: measured value, bound to hold, aim, and whether it is held."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True, slots=True)
class Line:
    """One measured number beside its bounds (the same unit); no bound is for information."""

    what: str
    value: float
    unit: str
    hold: float | None = None
    aim: float | None = None

    @property
    def verdict(self) -> str:
        """`tenu` or `manqué` against the bound to hold; says when the aim is reached too."""
        if self.hold is None:
            return ""
        if self.value > self.hold:
            return "manqué"
        return "tenu, visée atteinte" if self.aim is not None and self.value <= self.aim else "tenu"


def show(title: str, lines: list[Line]) -> None:
    """Print the lines as a table."""
    table = Table(title=title, title_justify="left")
    for heading, justify in (
        ("mesure", "left"),
        ("valeur", "right"),
        ("à tenir", "right"),
        ("visée", "right"),
        ("", "left"),
    ):
        table.add_column(heading, justify=justify)  # type: ignore[arg-type] # rich's own words
    for line in lines:
        bounds = [f"≤ {bound:g}" if bound is not None else "" for bound in (line.hold, line.aim)]
        table.add_row(line.what, f"{line.value:.1f} {line.unit}", *bounds, line.verdict)
    Console(width=120).print(table)
