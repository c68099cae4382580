"""What the commands on flights to the Moon print alike."""

import pandas as pd
from rich.table import Table

from moonstation.cli.console import out

WIDTH = 118
SHOWN = 40
"""Flights printed unless all are asked for."""


def print_masses(table: pd.DataFrame, delta_v: float, isp: float, margin: float, *, landing: bool) -> None:
    """Print masses delivered by launcher (`delivered_table`), after a delta-v at the Moon [m/s]."""
    added = f" with {100.0 * margin:g} % added to it" if margin else ""
    out.print(
        f"\nMass delivered by the cheapest flight, at the Moon {delta_v:.0f} m/s{added}, specific impulse "
        f"{isp:g} s (assumption)",
        style="bold",
        markup=False,
        soft_wrap=True,
    )
    drawn = plain_table(
        ("launcher",), ("to the Moon\n[kg]", "in orbit\n[kg]", *(("landed\n[kg]",) if landing else ()))
    )
    drawn.add_column("mass to the Moon is")
    for row in table.to_dict("records"):
        cells = [row["launcher"], f"{row['trans_lunar_kg']:.0f}", f"{row['in_orbit_kg']:.0f}"]
        if landing:
            cells.append(f"{row['landed_kg']:.0f}")
        note = f"; {row['note']}" if row["note"] else ""
        drawn.add_row(*cells, f"{row['confidence']}{note}")
    out.print_wide(drawn, WIDTH)
    out.print(
        "The launcher's injection is in its mass, whatever margin that holds; what dry stages weigh is not taken off.",
        style="dim",
        markup=False,
        soft_wrap=True,
    )


def print_troubles(troubles: list[str]) -> None:
    """Print how many flights were tried in vain, and why the first."""
    if troubles:
        out.print(
            f"{len(troubles)} flight{'s were' if len(troubles) > 1 else ' was'} tried and not found"
            f"{'; the first' if len(troubles) > 1 else ''}: {troubles[0]}",
            style="yellow",
            markup=False,
            soft_wrap=True,
        )


def plain_table(words: tuple[str, ...], numbers: list[str] | tuple[str, ...]) -> Table:
    """An empty table with columns of words, then of numbers."""
    drawn = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for name in words:
        drawn.add_column(name, no_wrap=True)
    for name in numbers:
        drawn.add_column(name, justify="right", no_wrap=True)
    return drawn


def minute(utc: str) -> str:
    """A time of UTC to the minute."""
    return utc[:16].replace("T", " ")
