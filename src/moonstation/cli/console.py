"""The terminal: where tables, progress and messages go."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

Report = Callable[[str, float], None]
"""Takes the name of what is being done and the share of the whole that is behind us (0 to 1)."""


@contextmanager
def progress_bar() -> Iterator[Report]:
    """Show a bar on standard error while the block runs; nothing where no one looks (a pipe, a file)."""
    bar = Progress(
        TextColumn("{task.description:<34}"),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(compact=True),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
    with bar:
        task = bar.add_task("starting", total=1.0)

        def report(stage: str, share: float) -> None:
            bar.update(task, description=stage, completed=min(share, 1.0))

        yield report
