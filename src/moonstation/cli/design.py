"""`moonstation design`: numbers for a plan; one file a command."""

import inspect
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
    """Add a command to the group, each paragraph of its help on one line for the terminal to fold."""
    paragraphs = inspect.cleandoc(command.__doc__ or "").split("\n\n")
    app.command(name=name, help="\n\n".join(" ".join(text.split()) for text in paragraphs))(command)
