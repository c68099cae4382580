"""`moonstation design`: numbers for a plan; one file a command."""

from collections.abc import Callable
from typing import Any

import typer

app = typer.Typer(
    help="Design: what to build, how much of it, with which margin.",
    no_args_is_help=True,
)


@app.callback()
def _group() -> None:
    """Design: what to build, how much of it, with which margin."""


def add(name: str, command: Callable[..., Any]) -> None:
    """Add a command to the group."""
    app.command(name=name)(command)
