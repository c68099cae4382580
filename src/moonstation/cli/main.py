"""The `moonstation` command: one file a command, one place where errors become messages."""

import errno
import os
import sys
from typing import Annotated

import click
import typer

from moonstation import __version__
from moonstation.cli import check, data, maps, scenarios, show, site, study
from moonstation.cli.console import err
from moonstation.errors import MoonstationError

BAD_INPUT = 2

app = typer.Typer(
    name="moonstation",
    help="Plan, design and study an international lunar research station from one station file.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
app.command(name="study")(study.command)
app.command(name="check")(check.command)
app.command(name="scenarios")(scenarios.command)
app.command(name="show")(show.command)
app.command(name="data")(data.command)
app.command(name="map")(maps.command)
app.add_typer(site.app, name="site")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"moonstation {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    """Plan, design and study an international lunar research station from one station file."""


def main(arguments: list[str] | None = None) -> int:
    """Run a command line and return its exit status: 0 well, 1 a requirement not met, 2 bad input."""
    try:
        status = app(arguments, standalone_mode=False)
    except click.exceptions.Exit as stop:
        return stop.exit_code
    except click.ClickException as error:
        error.show()
        return BAD_INPUT
    except (KeyboardInterrupt, click.exceptions.Abort):
        err.print("[bold]stopped[/bold]: nothing was written; earlier results are untouched")
        return BAD_INPUT
    except BrokenPipeError:
        # a reader such as `head` has had enough: that is not an error of ours
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except MoonstationError as error:
        for line in str(error).splitlines():
            err.print(f"[bold red]error:[/bold red] {_plain(line)}", soft_wrap=True)
        return BAD_INPUT
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS):
            raise
        place = error.filename or "the disk"
        err.print(
            f"[bold red]error:[/bold red] {_plain(f'{place}: {error.strerror}; free space or choose another place')}",
            soft_wrap=True,
        )
        return BAD_INPUT
    return int(status or 0)


def _plain(text: str) -> str:
    return text.replace("[", r"\[")


def run() -> None:
    """Entry point of the installed command."""
    sys.exit(main())
