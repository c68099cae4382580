"""A budget as a picture: nested rings, each leaf named beside them."""

import io
import math
import textwrap
from typing import Any

from moonstation.report import palette
from moonstation.report.budgets import amount, lighter, ring_colours
from moonstation.report.wording import count, share, shortened

LEAST = 0.006
"""Share of the whole from which a leaf is named beside the rings."""

HOLE, OUTER = 0.36, 1.0
LABEL_HEIGHT = 0.142
"""Room for the two lines of a label."""

MOST = 17
"""Labels on one side, from the largest leaf on."""

LONGEST = 27
"""Letters of a straight line that stay within a ring."""

LABEL_AT = 1.2
HIGHEST = 1.17


def budget_picture(result: Any, budget_id: str) -> bytes:
    """Draw one budget as nested rings, PNG.

    Parameters
    ----------
    result : StationBudget
        See `moonstation.study.budget`.
    budget_id : str
        Which of its budgets; it holds a value above zero.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure as Page

    budget = next(b for b in result.budgets if b.id == budget_id)
    tree = result.trees[budget_id]
    page = Page(figsize=(11.0, 7.2), dpi=130)
    FigureCanvasAgg(page)
    axes = page.add_axes((0.01, 0.07, 0.98, 0.80))
    axes.set_xlim(-2.35, 2.35)
    axes.set_ylim(-1.22, 1.22)
    axes.set_aspect("equal")
    axes.set_axis_off()
    width = (OUTER - HOLE) / (len(result.by) + 1)
    colours = ring_colours(result)
    leaves: list[tuple[float, Any]] = []
    _ring(axes, tree, 0.0, 0, width, tree.total, colours, "", leaves)
    middle = f"{amount(budget, tree.total)}\nwith margins"
    axes.text(0.0, 0.0, middle, ha="center", va="center", fontsize=11, weight="bold", color=palette.INK)
    small = _name_leaves(axes, budget, tree.total, leaves)
    title = shortened(f"{result.station.name}: {budget.title[0].lower()}{budget.title[1:]}", 95)
    plain: dict[str, Any] = {"fontsize": 8.5, "color": palette.MUTED, "parse_math": False}
    page.text(
        0.015, 0.965, title, va="top", **{**plain, "fontsize": 13, "color": palette.INK, "weight": "bold"}
    )
    rings = ", then ".join([*result.by, "element"])
    page.text(0.015, 0.922, f"From inside by {rings}. {result.policy.name}.", va="top", **plain)
    notes = []
    if small:
        total = sum(node.total for node in small)
        notes.append(f"{count(len(small), 'smaller one')} not named: {amount(budget, total)} together")
    if budget.missing:
        notes.append(f"no value given for {', '.join(budget.missing)}")
    page.text(0.015, 0.015, "\n".join(textwrap.wrap("; ".join(notes), 160)[:3]), va="bottom", **plain)
    with io.BytesIO() as out:
        page.savefig(out, format="png", metadata={"Software": None}, facecolor=palette.PAPER)
        return out.getvalue()


def _ring(
    axes: Any,
    node: Any,
    begin: float,
    depth: int,
    width: float,
    whole: float,
    colours: dict[str, str],
    colour: str,
    leaves: list[tuple[float, Any]],
) -> None:
    """Draw the children of a node as wedges from `begin` on (share of the turn, clockwise from the top)."""
    from matplotlib.patches import Wedge

    for child in node.children:
        if not child.total:
            continue
        part = child.total / whole
        own = colour or colours[child.id]
        inner = HOLE + depth * width
        # a leaf right under the root, such as the system margin, reaches to the rim
        outer = OUTER if not child.children else inner + width
        axes.add_patch(
            Wedge(
                (0.0, 0.0), outer, 90.0 - 360.0 * (begin + part), 90.0 - 360.0 * begin, width=outer - inner,
                facecolor=lighter(own, depth), edgecolor=palette.PAPER, linewidth=0.8,
            )
        )  # fmt: skip
        middle = 2.0 * math.pi * (begin + part / 2.0)
        if child.children:
            _name_wedge(
                axes, child.name, child.id, angle=middle, radius=(inner + outer) / 2.0, part=part, width=width,
                strong=own if depth == 0 else "",
            )  # fmt: skip
            _ring(axes, child, begin, depth + 1, width, whole, colours, own, leaves)
        else:
            leaves.append((middle, child))
        begin += part


def _name_wedge(
    axes: Any, name: str, short: str, *, angle: float, radius: float, part: float, width: float, strong: str
) -> None:
    """A name along its arc, or the id where it does not fit, or nothing; turned so that it can be read."""
    along = 2.0 * math.pi * radius * part
    turned = -math.degrees(angle)
    room = min(int(along / 0.03), LONGEST)
    lines = textwrap.wrap(name, max(room, 1), break_long_words=False) or [short]
    if len(lines) > 2 or max(len(line) for line in lines) > room:
        lines = [short]
        if len(short) > room:
            # along the radius instead, where the wedge is wide enough for a line
            if along < 0.07 or len(short) > int(width / 0.03):
                return
            turned += 90.0
    turned = (turned + 90.0) % 180.0 - 90.0
    axes.text(
        radius * math.sin(angle), radius * math.cos(angle), "\n".join(lines), rotation=turned, fontsize=7,
        ha="center", va="center", color=palette.PAPER if strong in DARK else palette.INK, rotation_mode="anchor",
        parse_math=False,
    )  # fmt: skip


DARK = (palette.BLUE, palette.GREEN, palette.VERMILLION)
"""Colours on which white is read better than black."""


def _name_leaves(axes: Any, budget: Any, whole: float, leaves: list[tuple[float, Any]]) -> list[Any]:
    """Name the leaves in a column on each side, none over another; returns those too small to be named."""
    named: list[Any] = []
    for side in (1.0, -1.0):
        here = [item for item in leaves if (math.sin(item[0]) >= 0.0) == (side > 0.0)]
        here = [item for item in here if item[1].total >= LEAST * whole]
        here = sorted(here, key=lambda item: -item[1].total)[:MOST]
        here.sort(key=lambda item: -math.cos(item[0]))
        named += [node for _, node in here]
        heights = _apart([1.06 * math.cos(angle) for angle, _ in here], LABEL_HEIGHT, HIGHEST)
        for (angle, node), height in zip(here, heights, strict=True):
            x, y = math.sin(angle), math.cos(angle)
            path = ([x, 1.05 * x, side * (LABEL_AT - 0.03)], [y, 1.05 * y, height])
            axes.plot(*path, color=palette.MUTED, linewidth=0.6)
            words = f"{shortened(node.name, 40)}\n{amount(budget, node.total)}, {share(node.total / whole)}"
            axes.text(
                side * LABEL_AT, height, words, fontsize=8, ha="left" if side > 0.0 else "right", va="center",
                color=palette.INK, linespacing=1.15, parse_math=False,
            )  # fmt: skip
    return [node for _, node in leaves if node.total > 0.0 and not any(node is other for other in named)]


def _apart(heights: list[float], least: float, limit: float) -> list[float]:
    """Descending heights moved as little as needed to stand `least` apart within plus and minus `limit`."""
    if not heights:
        return []
    step = min(least, 2.0 * limit / max(len(heights) - 1, 1))
    found = list(heights)
    found[0] = min(found[0], limit)
    for k in range(1, len(found)):
        found[k] = min(found[k], found[k - 1] - step)
    if found[-1] < -limit:
        found[-1] = -limit
        for k in range(len(found) - 2, -1, -1):
            found[k] = max(found[k], found[k + 1] + step)
    return found
