"""The requirements: the sentence of the verdict, its table and the margins as bars."""

from collections.abc import Sequence

import numpy as np

from moonstation.report import palette
from moonstation.report.figure import Figure, Spec, axis, label, layout
from moonstation.report.inputs import JudgedRequirement, Result
from moonstation.report.sky import metric_limit
from moonstation.report.tables import Html, Table, escaped
from moonstation.report.wording import NO_BREAK, count, listing, quantity, shortened

SYMBOLS = {"met": "✓", "not met": "✗"}
CLASSES = {"met": "met", "not met": "unmet"}
WIDEST = 100.0
"""Margins are drawn to this many percent of the limit; beyond it a bar ends at the frame and its text tells."""


def verdict_sentence(verdicts: Sequence[JudgedRequirement]) -> str:
    """The verdict on the station in one sentence."""
    if not verdicts:
        return "The station file sets no requirements."
    met = [v for v in verdicts if v.verdict == "met"]
    failed = [v for v in verdicts if v.verdict == "not met"]
    unknown = [v for v in verdicts if v.verdict not in SYMBOLS]
    if len(met) == len(verdicts):
        head = "The one requirement is met" if len(met) == 1 else f"All {len(met)} requirements are met"
        tightest = min(
            (v for v in met if _relative(v) is not None), key=lambda v: _relative(v) or 0.0, default=None
        )
        if tightest is None:
            return head + "."
        if len(met) == 1:
            return f"{head}; its margin is {margin_words(tightest)}."
        return f"{head}; the smallest margin is {margin_words(tightest)} ({tightest.id})."
    head = f"{len(met) if met else 'None'} of {count(len(verdicts), 'requirement')} met"
    if len(verdicts) == 1:
        head = "The one requirement is not met" if failed else "The one requirement could not be judged"
    tail = []
    if failed and len(verdicts) > 1:
        worst = [f"{v.id} ({quantity(v.value, v.unit)}, {limit_words(v)})" for v in failed]
        tail.append(f"not met: {listing(worst, 3)}")
    elif failed:
        tail.append(
            f"{failed[0].id} is {quantity(failed[0].value, failed[0].unit)}, asked for {limit_words(failed[0])}"
        )
    if unknown and len(verdicts) > 1:
        tail.append(f"{len(unknown)} could not be judged")
    return "; ".join([head, *tail]) + "."


def limit_words(verdict: JudgedRequirement) -> str:
    """The limit in words: "at least 20 %"."""
    return (
        f"{'at least' if verdict.sense == 'at_least' else 'at most'} {quantity(verdict.limit, verdict.unit)}"
    )


def margin_words(verdict: JudgedRequirement) -> str:
    """The margin with its sign; of shares in percentage points."""
    if verdict.margin is None or not np.isfinite(verdict.margin):
        return "–"
    sign = "+" if verdict.margin > 0 else ""
    text = quantity(verdict.margin, verdict.unit)
    if verdict.unit in ("", "1", "%", "percent"):
        text = text.replace("%", "points")
    return sign + text


def verdict_cell(verdict: JudgedRequirement) -> Html:
    """The verdict as symbol and word, coloured."""
    symbol = SYMBOLS.get(verdict.verdict, "?")
    return Html(
        f'<span class="{CLASSES.get(verdict.verdict, "unknown")}">'
        f'<b aria-hidden="true">{symbol}</b>{NO_BREAK}{escaped(verdict.verdict)}</span>'
    )


def _value(result: Result, verdict: JudgedRequirement) -> str:
    """The value, marked where it rests on coarse terrain."""
    words = quantity(verdict.value, verdict.unit)
    if not metric_limit(result, verdict.metric):
        return words
    return Html(f'{escaped(words)} <span class="limit">indicative</span>')


def verdict_table(result: Result) -> str:
    """The table of the first screen."""
    rows = [
        [v.id, _value(result, v), limit_words(v), margin_words(v), verdict_cell(v)] for v in result.verdicts
    ]
    return Table(
        ("requirement", "value", "limit", "margin", "verdict"),
        rows,
        numeric=(1, 3),
        stacks=True,
        kind="verdicts",
    ).html()


def requirement_table(result: Result) -> str:
    """Every requirement in its own words with the metric it is judged by."""
    rows = [
        [
            v.id,
            v.text or "–",
            Html(f"<code>{escaped(v.metric)}</code>"),
            _value(result, v),
            limit_words(v),
            margin_words(v),
            verdict_cell(v),
        ]
        for v in result.verdicts
    ]
    heads = ("requirement", "in words", "metric", "value", "limit", "margin", "verdict")
    return Table(heads, rows, numeric=(3, 5), stacks=True).html()


def _relative(verdict: JudgedRequirement) -> float | None:
    """Margin as percentage of the limit; None where there is none (no value, or a limit of zero)."""
    if verdict.margin is None or not np.isfinite(verdict.margin) or verdict.limit == 0.0:
        return None
    return 100.0 * verdict.margin / abs(verdict.limit)


def requirement_figures(result: Result) -> list[Figure]:
    """Margins as bars, the tightest on top; none when nothing can be drawn."""
    drawn = [(relative, v) for v in result.verdicts if (relative := _relative(v)) is not None]
    if not drawn:
        return []
    drawn.sort(key=lambda pair: (pair[0], pair[1].id))
    bars = [max(-WIDEST, min(WIDEST, relative)) for relative, _ in drawn]
    # room for the text beside the longest bars
    low = min(bars) - 80.0 if min(bars) < 0 else -10.0
    high = max(bars) + 80.0 if max(bars) >= 0 else 10.0
    spec: Spec = {
        "data": [
            {
                "type": "bar",
                "orientation": "h",
                "x": [round(bar, 2) for bar in bars],
                "y": list(range(len(drawn))),
                "marker": {
                    "color": [palette.MET if v.verdict == "met" else palette.NOT_MET for _, v in drawn],
                    "pattern": {
                        "shape": ["" if v.verdict == "met" else "/" for _, v in drawn],
                        "fillmode": "overlay",
                        "fgcolor": palette.PAPER,
                        "solidity": 0.25,
                    },
                },
                "customdata": [
                    label(f"{v.id}: {quantity(v.value, v.unit)}, {limit_words(v)}") for _, v in drawn
                ],
                "hovertemplate": "%{customdata}<extra></extra>",
            },
            {
                "type": "scatter",
                "mode": "text",
                "x": [round(bar, 2) for bar in bars],
                "y": list(range(len(drawn))),
                "text": [f" {label(margin_words(v))} {SYMBOLS.get(v.verdict, '?')} " for _, v in drawn],
                "textposition": ["middle left" if bar < 0 else "middle right" for bar in bars],
                "textfont": {"size": 12},
                "cliponaxis": False,
                "hoverinfo": "skip",
            },
        ],
        "layout": layout(
            xaxis=axis(
                "margin as share of the limit [%]",
                range=[low, high],
                zeroline=True,
                zerolinecolor=palette.INK,
                zerolinewidth=1.5,
                tickvals=[-100, -50, 0, 50, 100],
            ),
            yaxis=axis(
                "requirement",
                tickvals=list(range(len(drawn))),
                ticktext=[label(shortened(v.id, 24)) for _, v in drawn],
                range=[len(drawn) - 0.5, -0.5],
                showgrid=False,
            ),
            bargap=0.3,
        ),
    }
    note = (
        f"To the right of the line a requirement is met. Bars end at {WIDEST:g} % of the limit; "
        "the text gives the margin itself."
    )
    limits = sorted({limit for _, v in drawn if (limit := metric_limit(result, v.metric))})
    left_out = len(result.verdicts) - len(drawn)
    if left_out:
        stand = "stands" if left_out == 1 else "stand"
        note += f" {count(left_out, 'requirement')} with a limit of zero or without a value {stand} in the table alone."
    return [
        Figure(
            "fig-margins",
            _finding(result.verdicts, drawn),
            spec,
            110 + 30 * len(drawn),
            note,
            "; ".join(limits),
        )
    ]


def _finding(verdicts: Sequence[JudgedRequirement], drawn: Sequence[tuple[float, JudgedRequirement]]) -> str:
    tightest = drawn[0][1]
    named = f"{tightest.id} ({margin_words(tightest)})"
    missed = sum(v.verdict != "met" for v in verdicts)
    if not missed:
        return f"Smallest margin: {named}"
    if tightest.verdict == "met":
        return f"{count(missed, 'requirement')} not met without a margin to draw; smallest of the others: {named}"
    return f"{missed} of {count(len(verdicts), 'requirement')} not met, farthest from its limit: {named}"
