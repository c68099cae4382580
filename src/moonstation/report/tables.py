"""Tables of the page. Every cell is escaped unless it is marked as HTML made by the report itself."""

import html
from collections.abc import Sequence
from dataclasses import dataclass


class Html(str):
    """Text that is HTML already; only the report's own code makes it."""

    __slots__ = ()


def escaped(text: object) -> str:
    """Text for the page: HTML as given, all else escaped."""
    return str(text) if isinstance(text, Html) else html.escape(str(text), quote=True)


@dataclass(frozen=True)
class Table:
    """A table.

    Attributes
    ----------
    heads : sequence of str
        Column heads.
    rows : sequence of sequence
        Cells: text (escaped) or `Html`.
    numeric : tuple of int
        Columns set to the right.
    stacks : bool
        Whether its rows become small cards on a narrow screen; if not, it scrolls sideways.
    kind : str
        Class on the page.
    """

    heads: Sequence[str]
    rows: Sequence[Sequence[object]]
    numeric: tuple[int, ...] = ()
    stacks: bool = False
    kind: str = ""

    def html(self) -> str:
        """The table as HTML; "" without rows."""
        if not self.rows:
            return ""
        classes = " ".join(c for c in (self.kind, "stacks" if self.stacks else "") if c)
        head = "".join(f'<th scope="col"{self._right(i)}>{escaped(h)}</th>' for i, h in enumerate(self.heads))
        body = "\n".join(
            f"<tr>{''.join(self._cell(i, cell) for i, cell in enumerate(row))}</tr>" for row in self.rows
        )
        return (
            f'<div class="scroll"><table class="{classes}"><thead><tr>{head}</tr></thead>\n'
            f"<tbody>{body}</tbody></table></div>"
        )

    def _cell(self, column: int, cell: object) -> str:
        if column == 0:
            return f'<th scope="row">{escaped(cell)}</th>'
        return f'<td data-label="{escaped(self.heads[column])}"{self._right(column)}>{escaped(cell)}</td>'

    def _right(self, column: int) -> str:
        return ' class="number"' if column in self.numeric else ""


def folded(summary: str, content: str, *, opened: bool = False) -> str:
    """A part of the page that folds away."""
    return (
        f"<details{' open' if opened else ''}><summary>{escaped(summary)}</summary>{content}</details>"
        if content
        else ""
    )
