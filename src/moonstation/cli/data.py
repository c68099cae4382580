"""`moonstation data`: which file serves what."""

from rich.table import Table

from moonstation.cli.console import out
from moonstation.study.sources import packaged_sources


def command() -> int:
    """List the data files in use: what each serves, its version, resolution, limits and SHA-256."""
    for source in packaged_sources():
        table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        for label, text in (
            ("serves", source.serves),
            ("version", source.version),
            ("resolution", source.resolution),
            ("limits", source.limits),
            ("SHA-256", source.sha256),
        ):
            if text:
                table.add_row(f"  {label}", text)
        out.print(f"[bold]{source.name}[/bold]")
        out.print(table)
    return 0
