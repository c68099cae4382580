"""`moonstation partners`: who brings what and is owed what, and what happens without somebody; one file a command."""

from collections.abc import Callable
from typing import Any

import typer
from rich.table import Table

app = typer.Typer(
    help="Partners: who brings, is owed, may see and may leave.",
    no_args_is_help=True,
)


@app.callback()
def _group() -> None:
    """Partners: who brings, is owed, may see and may leave."""


def add(name: str, command: Callable[..., Any]) -> None:
    """Add a command to the group."""
    app.command(name=name)(command)


def new_table(first: str, *others: str, words: int = 0) -> Table:
    """A table whose columns but the first hold figures, the last `words` of them text."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column(first, overflow="fold")
    for place, name in enumerate(others):
        table.add_column(name, justify="left" if place >= len(others) - words else "right", overflow="fold")
    return table
