"""`moonstation link`: budgets, contacts and networks of a station's links; one file a command."""

from collections.abc import Callable

import typer

app = typer.Typer(
    help="Links: budgets from antenna to antenna, contacts, networks and who listens to whom.",
    no_args_is_help=True,
)


@app.callback()
def _group() -> None:
    """Links: budgets from antenna to antenna, contacts, networks and who listens to whom."""


def add(name: str, command: Callable[..., int]) -> None:
    """Add a command to the group."""
    app.command(name=name)(command)
