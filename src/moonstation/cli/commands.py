"""The commands: one file a command, one place where errors become messages."""

import errno
import inspect
import os
import sys
from typing import Annotated

import typer
from rich.markup import escape

from moonstation import __version__
from moonstation.cli import (
    campaign,
    campaign_compare,
    campaign_plan,
    campaign_risk,
    campaign_windows,
    check,
    data,
    design,
    design_budget,
    design_size,
    heat,
    link,
    link_assign,
    link_budget,
    link_codes,
    link_contacts,
    link_network,
    link_plan,
    link_relays,
    maps,
    orbit,
    orbit_find,
    partners,
    partners_change,
    partners_data,
    partners_ledger,
    partners_shares,
    picture,
    scenarios,
    show,
    simulate,
    site,
    stopping,
    study,
    transfer,
    windows,
)
from moonstation.cli.console import err
from moonstation.cli.words import SouthernCommand
from moonstation.errors import MoonstationError

BAD_INPUT = 2

INTERRUPTED = 130
"""What typer makes of a KeyboardInterrupt."""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

# typer brings a click of its own, whose root error it exports only as a base of this one
USAGE_ERRORS = next(base for base in typer.BadParameter.__mro__ if base.__name__ == "ClickException")

app = typer.Typer(
    name="moonstation",
    help="Plan, design and study an international lunar research station from one station file.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    add_completion=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _unfold_help(group: typer.Typer) -> None:
    """Put each paragraph of the commands' help on one line, for the terminal to fold, its brackets as they stand."""
    for known in group.registered_commands:
        doc = known.callback.__doc__ if known.callback is not None else None
        folded = "\n\n".join(" ".join(text.split()) for text in inspect.cleandoc(doc or "").split("\n\n"))
        # [[demand]] would be taken for a colour
        known.help = escape(folded)
    for inner in group.registered_groups:
        if inner.typer_instance is not None:
            _unfold_help(inner.typer_instance)


for _name, _command in (
    ("study", study.command),
    ("check", check.command),
    ("scenarios", scenarios.command),
    ("show", show.command),
    ("windows", windows.command),
    ("heat", heat.command),
    ("map", maps.command),
    ("picture", picture.command),
    ("simulate", simulate.command),
):
    # only a place may begin with a negative number
    app.command(name=_name, cls=SouthernCommand if _name in {"heat", "map", "windows"} else None)(_command)
app.add_typer(data.app, name="data")
app.add_typer(site.app, name="site")
app.add_typer(transfer.app, name="transfer")
app.add_typer(orbit.app, name="orbit")
orbit.app.add_typer(orbit_find.app, name="find")
link.add("contacts", link_contacts.command)
link.add("assign", link_assign.command)
app.add_typer(campaign.app, name="campaign")
app.add_typer(design.app, name="design")
campaign.add("plan", campaign_plan.command)
campaign.add("risk", campaign_risk.command)
campaign.add("windows", campaign_windows.command)
design.add("budget", design_budget.command)
design.add("size", design_size.command)
app.add_typer(partners.app, name="partners")
partners.add("ledger", partners_ledger.command)
partners.add("shares", partners_shares.command)
partners.add("change", partners_change.command)
partners.add("data", partners_data.command)
link.add("network", link_network.command)
link.app.add_typer(link_plan.app, name="plan")
app.add_typer(link.app, name="link")
link.add("budget", link_budget.command)
link.add("codes", link_codes.command)
link.add("relays", link_relays.command)
# places may begin with a negative number
link.app.registered_commands[-1].cls = SouthernCommand
campaign.add("compare", campaign_compare.command)
_unfold_help(app)


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


def run_command(arguments: list[str] | None = None) -> int:
    """Run a command line and return its exit status: 0 well, 1 a requirement not met, 2 bad input."""
    try:
        status = app(arguments, prog_name="moonstation", standalone_mode=False)
        sys.stdout.flush()
    except typer.Exit as stop:
        return int(stop.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except MoonstationError as error:
        for line in str(error).splitlines():
            _error(line)
        return BAD_INPUT
    except MemoryError:
        _error("not enough memory; take a longer --step, fewer --days or smaller terrain files")
        return BAD_INPUT
    except OSError as error:
        _error(_plain_words(error))
        return BAD_INPUT
    except Exception as error:
        if not isinstance(error, USAGE_ERRORS):
            raise
        _show_usage(error)
        return BAD_INPUT
    if status == INTERRUPTED:
        err.print(stopping.message(), markup=False, soft_wrap=True)
        return BAD_INPUT
    return int(status or 0)


def _plain_words(error: OSError) -> str:
    if not _can_print() or error.filename is None:
        # neither files nor folders are written without their names
        return f"cannot print ({error.strerror or error}); free some space or send the output elsewhere"
    cure = "free some space or choose another place" if error.errno in FULL else "choose another place"
    return f"{error.filename}: {error.strerror or error}; {cure}"


def _can_print() -> bool:
    """Whether standard output takes what waits to be printed; if not, drop it, so that Python does not complain."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
        return False
    return True


def _show_usage(error: Exception) -> None:
    context = getattr(error, "ctx", None)
    if type(error).__name__ == "NoArgsIsHelpError":
        # the help has been printed
        return
    # unlike its message, this names the argument or option
    message = error.format_message() if hasattr(error, "format_message") else str(error)
    hint = f"; see '{context.command_path} --help'" if context is not None else ""
    _error(f"{message.rstrip('.')}{hint}")


def _error(text: str) -> None:
    # a name may hold line breaks and colours of its own
    plain = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)
    err.print("[bold red]error:[/bold red]", end=" ")
    err.print(plain, markup=False, soft_wrap=True)
