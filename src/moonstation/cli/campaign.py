"""`moonstation campaign`: how a station is built up; one file a command."""

from collections.abc import Callable

import typer

app = typer.Typer(
    help="Campaigns: what flies when and from whom, what may go wrong, and two of them side by side.",
    no_args_is_help=True,
)


@app.callback()
def _group() -> None:
    """Campaigns: what flies when and from whom, what may go wrong, and two of them side by side."""


def add(name: str, command: Callable[..., int]) -> None:
    """Add a command to the group."""
    app.command(name=name)(command)
