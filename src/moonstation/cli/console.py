"""The terminal: where tables, progress and messages go."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.segment import Segments

from moonstation.cli import stopping


class Terminal(Console):
    """A console whose reader may leave: `moonstation study ilrs | head -1` does its work and keeps its status."""

    def print_wide(self, table: RenderableType, width: int) -> None:
        """Print a table over `width` columns if it needs them: a narrow terminal folds lines instead of losing text."""
        options = self.options.update(width=max(self.width, width))
        self.print(Segments(self.render(table, options)), crop=False, no_wrap=True, overflow="ignore", end="")

    def on_broken_pipe(self) -> None:
        """Say no more."""
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)


# words such as :sun: in names are names, not pictures
out = Terminal(highlight=False, emoji=False)
err = Terminal(stderr=True, highlight=False, emoji=False)

Report = Callable[[str, float], None]
"""Takes the name of what is being done and the share of the whole that is behind us (0 to 1)."""


@contextmanager
def shown_bar(*columns: ProgressColumn) -> Iterator[Progress]:
    """Show a bar on standard error while the block runs; nothing where no one looks (a pipe, a file)."""
    bar = Progress(*columns, console=err, transient=True, disable=not err.is_terminal)
    with bar:
        if not bar.disable and not err.is_dumb_terminal:
            # the line of the bar away, the cursor back
            stopping.clearing = "\r\x1b[2K\x1b[?25h"
        yield bar
    stopping.clearing = ""


@contextmanager
def progress_bar() -> Iterator[Report]:
    """Show how far a computation is, with the name of its stage."""
    columns = (
        TextColumn("{task.description:<34}"),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TimeElapsedColumn(),
        TimeRemainingColumn(compact=True),
    )
    with shown_bar(*columns) as bar:
        task = bar.add_task("starting", total=1.0)

        def report(stage: str, share: float) -> None:
            bar.update(task, description=stage, completed=min(share, 1.0))

        yield report
