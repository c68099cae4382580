"""`moonstation link`: budgets, contacts and networks of a station's links; one file a command."""

import inspect
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
    """Add a command to the group, each paragraph of its help on one line for the terminal to fold."""
    paragraphs = inspect.cleandoc(command.__doc__ or "").split("\n\n")
    app.command(name=name, help="\n\n".join(" ".join(text.split()) for text in paragraphs))(command)
