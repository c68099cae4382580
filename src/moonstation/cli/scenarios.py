"""`moonstation scenarios`: the stations that come with the package."""

from rich.table import Table

from moonstation.cli.console import out
from moonstation.station.loading import builtin_stations


def command() -> int:
    """List the built-in stations, by the name that the other commands take."""
    table = Table("name", "what it is", box=None, pad_edge=False, header_style="bold")
    for name, description in builtin_stations().items():
        table.add_row(name, description)
    out.print(table)
    out.print(
        "\nStudy one with [bold]moonstation study NAME[/bold], see it with [bold]moonstation show NAME[/bold]."
    )
    return 0
