"""`moonstation campaign`: building a station up, one file a command."""

from collections.abc import Callable

import typer

app = typer.Typer(help="Campaigns: what flies when, from whom, and what may go wrong.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Campaigns: what flies when, from whom, and what may go wrong."""


def add(name: str, command: Callable[..., int]) -> None:
    """Add a command to the group."""
    app.command(name=name)(command)
