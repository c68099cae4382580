"""`moonstation check`: is this station file right?"""

from typing import Annotated

import typer

from moonstation.cli.console import err, out
from moonstation.station.loading import check_station


def command(
    file: Annotated[str, typer.Argument(help="A station file (TOML), or the name of a built-in station.")],
) -> int:
    """Check a station file: every problem on one line, with its place and its cure.

    Exit status 0 when it is right, 2 when it is not.
    """
    problems = check_station(file)
    if not problems:
        out.print(f"{file}: no problems found", markup=False)
        return 0
    for problem in problems:
        err.print(problem, markup=False, soft_wrap=True)
    err.print(f"{len(problems)} problem{'s' if len(problems) > 1 else ''} found", markup=False)
    return 2
