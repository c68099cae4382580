"""What a series of light adds up to: averages, spells, months.

A sample stands for the step that begins at its epoch. A spell is an unbroken run of samples; one of k samples
lasts k steps, so a spell is known to about a step.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from moonstation.arrays import BoolArray, FloatArray, IntArray
from moonstation.errors import RequestError
from moonstation.spacetime.epochs import tdb_to_utc
from moonstation.spacetime.steps import even_step


@dataclass(frozen=True)
class LightStatistics:
    """What a series of light adds up to.

    Attributes
    ----------
    average : float
        Time mean of the share of the disc that is seen.
    any_light : float
        Share of time in which any of the disc is seen.
    longest_dark, longest_light : float
        Longest unbroken spell with none, or with any, of the disc [s]; 0 if there is none.
    longest_dark_start, longest_dark_stop : float
        When the longest dark spell begins and ends, TDB seconds past J2000; nan if there is none.
    longest_light_start, longest_light_stop : float
        When the longest light spell begins and ends, TDB seconds past J2000; nan if there is none.
    longest_dark_clipped, longest_light_clipped : bool
        Whether that spell reaches the begin or the end of the series and so may be longer.
    dark_spells : int
        How many dark spells there are.
    step : float
        Step of the series [s]: what spells are known to.
    """

    average: float
    any_light: float
    longest_dark: float
    longest_dark_start: float
    longest_dark_stop: float
    longest_dark_clipped: bool
    longest_light: float
    longest_light_start: float
    longest_light_stop: float
    longest_light_clipped: bool
    dark_spells: int
    step: float


def light_statistics(et: FloatArray, fraction: FloatArray) -> LightStatistics:
    """Average, any light and the longest spells of a series.

    Parameters
    ----------
    et : (n,) array
        Epochs, TDB seconds past J2000, evenly spaced, n >= 2.
    fraction : (n,) array
        Share of the disc that is seen, 0 to 1.

    Raises
    ------
    RequestError
        If the epochs are not evenly spaced or the two do not fit together.
    """
    step = _step_of(et, fraction)
    lit = fraction > 0.0
    dark_first, dark_count = _runs(~lit)
    light_first, light_count = _runs(lit)
    dark, dark_start, dark_stop, dark_clipped = _longest(et, dark_first, dark_count, step)
    light, light_start, light_stop, light_clipped = _longest(et, light_first, light_count, step)
    return LightStatistics(
        average=float(np.mean(fraction)),
        any_light=float(np.mean(lit)),
        longest_dark=dark,
        longest_dark_start=dark_start,
        longest_dark_stop=dark_stop,
        longest_dark_clipped=dark_clipped,
        longest_light=light,
        longest_light_start=light_start,
        longest_light_stop=light_stop,
        longest_light_clipped=light_clipped,
        dark_spells=int(dark_first.size),
        step=step,
    )


def monthly(et: FloatArray, fraction: FloatArray) -> pd.DataFrame:
    """Light by calendar month (UTC).

    Parameters
    ----------
    et, fraction : (n,) array
        As for `light_statistics`.

    Returns
    -------
    pandas.DataFrame
        One row for each month that the series touches: ``month`` ("2035-01"), ``average``, ``any_light``,
        ``longest_dark_s`` (spells cut at the ends of the month), ``days`` (that the series has of the month).

    Raises
    ------
    RequestError
        As `light_statistics`.
    """
    step = _step_of(et, fraction)
    months = tdb_to_utc(et).astype("datetime64[M]")
    first = np.flatnonzero(np.r_[True, months[1:] != months[:-1]])
    ends = np.r_[first[1:], months.size]
    rows = []
    for begin, end in zip(first, ends, strict=True):
        part = fraction[begin:end]
        _, counts = _runs(~(part > 0.0))
        rows.append(
            (
                str(months[begin]),
                float(np.mean(part)),
                float(np.mean(part > 0.0)),
                float(counts.max() * step) if counts.size else 0.0,
                float((end - begin) * step / 86_400.0),
            )
        )
    return pd.DataFrame(rows, columns=["month", "average", "any_light", "longest_dark_s", "days"])


def spells(et: FloatArray, fraction: FloatArray) -> pd.DataFrame:
    """Every dark and every light spell, in order of time.

    Parameters
    ----------
    et, fraction : (n,) array
        As for `light_statistics`.

    Returns
    -------
    pandas.DataFrame
        ``kind`` ("dark" or "light"), ``start_utc``, ``end_utc`` (ISO text, to the second), ``start_et``,
        ``end_et``, ``duration_s``, ``clipped`` (reaches an end of the series, so may be longer).

    Raises
    ------
    RequestError
        As `light_statistics`.
    """
    step = _step_of(et, fraction)
    lit = fraction > 0.0
    change = np.flatnonzero(np.r_[True, lit[1:] != lit[:-1]])
    count = np.diff(np.r_[change, lit.size])
    start = et[change]
    stop = np.r_[start[1:], et[-1] + step]
    clipped = np.zeros(change.size, dtype=bool)
    clipped[[0, -1]] = True
    return pd.DataFrame(
        {
            "kind": np.where(lit[change], "light", "dark"),
            "start_utc": iso_seconds(start),
            "end_utc": iso_seconds(stop),
            "start_et": start,
            "end_et": stop,
            "duration_s": count * step,
            "clipped": clipped,
        }
    )


def iso_seconds(et: FloatArray) -> list[str]:
    """UTC of epochs (TDB seconds past J2000) as ISO text, to the nearest second."""
    # epochs of a series are whole seconds, and rounding must not show as ...59.999.
    utc = (tdb_to_utc(et) + np.timedelta64(500_000_000, "ns")).astype("datetime64[s]")
    return [f"{text}Z" for text in np.datetime_as_string(utc)]


def _step_of(et: FloatArray, fraction: FloatArray) -> float:
    """Step of an evenly spaced series [s], or a refusal."""
    if et.shape != fraction.shape:
        raise RequestError(f"series of shapes {et.shape} and {fraction.shape}: give two of one length")
    if not np.all(np.isfinite(fraction)):
        raise RequestError("shares hold nan or infinity: statistics of light need a share at each epoch")
    return even_step(et)


def _runs(flag: BoolArray) -> tuple[IntArray, IntArray]:
    """First index and length of each run of true values."""
    edges = np.diff(np.r_[False, flag, False].astype(np.int8))
    first = np.flatnonzero(edges == 1)
    return first, np.flatnonzero(edges == -1) - first


def _longest(
    et: FloatArray, first: IntArray, count: IntArray, step: float
) -> tuple[float, float, float, bool]:
    """Length, begin and end of the longest run (the earliest of equals), and whether it touches an end."""
    if first.size == 0:
        return 0.0, float("nan"), float("nan"), False
    k = int(np.argmax(count))
    last = int(first[k] + count[k])
    stop = float(et[last]) if last < et.size else float(et[-1]) + step
    return float(count[k]) * step, float(et[first[k]]), stop, bool(first[k] == 0 or last == et.size)
