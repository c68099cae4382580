"""The door of the command: what to do when the user stops it, then the commands themselves.

Nothing heavy is imported before stopping is arranged, so that Ctrl-C while the libraries load ends in one line too.
"""

from moonstation.cli import stopping


def main(arguments: list[str] | None = None) -> int:
    """Run a command line in this process and return its exit status.

    Parameters
    ----------
    arguments : list of str, optional
        Words after the name of the command; those of the process if not given.

    Returns
    -------
    int
        0 well, 1 a requirement is not met, 2 bad input or stopped.
    """
    from moonstation.cli.commands import run_command

    return run_command(arguments)


def run() -> None:
    """Entry point of the installed command."""
    stopping.watch()
    status = main()
    stopping.unwatch()
    raise SystemExit(status)
