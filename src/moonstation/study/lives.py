"""Many lives of a station: lived piece by piece, kept as they are finished, and what they add up to."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd

from moonstation import __version__
from moonstation.arrays import FloatArray
from moonstation.formats.drafts import replace_file
from moonstation.simulation.life import YEAR, Life, Lives, live_many
from moonstation.study.cluster import run_tiles

PIECE = 50
"""Runs between two checkpoints."""

CLUSTER_PIECES = 16
"""Into how many pieces runs are cut on a cluster, each of which carries the light of years along."""

SETTLED = 30.0 * 86_400.0
"""A function that is there within this time of the end of a run counts as not lost for good [s]."""

BAND = (0.05, 0.95)
"""Quantiles between which nine tenths of the runs lie."""

NORMAL_95 = 1.959963984540054


@dataclass(frozen=True)
class LivesWork:
    """Some runs of a life, as a piece of work that travels."""

    life: Life
    seed: int
    immune: tuple[str, ...] = ()
    workers: int | None = None

    def __call__(self, piece: tuple[int, int]) -> Lives:
        """Live runs from one number on."""
        first, runs = piece
        return live_many(
            self.life, seed=self.seed, first=first, runs=runs, immune=self.immune, workers=self.workers
        )


def live_runs(
    life: Life,
    *,
    runs: int,
    seed: int,
    immune: Sequence[str] = (),
    keep: Path | None = None,
    cluster: str | None = None,
    progress: Callable[[float], None],
) -> Lives:
    """Live a station through many times.

    Parameters
    ----------
    life : Life
        The station.
    runs : int
        How many.
    seed : int
        0 or more; the same seed gives the same runs on any machine, whatever the number of cores or workers.
    immune : sequence of str
        Failures that do not happen in these runs.
    keep : Path, optional
        Folder for finished pieces: runs that were stopped go on from there.
    cluster : str, optional
        Where pieces are done, see `moonstation.study.cluster.run_tiles`; on this machine if not given.
    progress : callable
        Called with the share done, 0 to 1.

    Raises
    ------
    RequestError, OutputError
        If the cluster cannot be used.
    """
    size = PIECE if cluster is None else max(1, -(-runs // CLUSTER_PIECES))
    pieces = [(first, min(size, runs - first)) for first in range(0, runs, size)]
    name = _fingerprint(life, seed, immune) if keep is not None else ""
    done: dict[tuple[int, int], Lives] = {}
    for piece in pieces:
        kept = (
            None if keep is None else _read_piece(keep / f"{name}-{piece[0]}-{piece[1]}.npz", life, piece[1])
        )
        if kept is not None:
            done[piece] = kept
    left = [piece for piece in pieces if piece not in done]
    progress(len(done) / len(pieces))
    for piece, lives in _do(LivesWork(life, seed, tuple(immune), 1 if cluster else None), left, cluster):
        done[piece] = lives
        if keep is not None:
            _write_piece(keep / f"{name}-{piece[0]}-{piece[1]}.npz", lives)
        progress(len(done) / len(pieces))
    return _joined([done[piece] for piece in pieces])


def _do(
    work: LivesWork, pieces: list[tuple[int, int]], cluster: str | None
) -> Iterator[tuple[tuple[int, int], Lives]]:
    if cluster is not None:
        yield from run_tiles(work, pieces, cluster)
        return
    for piece in pieces:
        yield piece, work(piece)


def _joined(parts: list[Lives]) -> Lives:
    return Lives(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Lives)})


def _fingerprint(life: Life, seed: int, immune: Sequence[str]) -> str:
    """What the runs depend on, as a short name."""
    digest = hashlib.sha256(
        f"{__version__} {seed} {sorted(immune)} {life.failures} {life.functions}".encode()
    )
    for value in life.model:
        digest.update(np.ascontiguousarray(value).tobytes())
    return digest.hexdigest()[:16]


def _write_piece(path: Path, lives: Lives) -> None:
    content = BytesIO()
    np.savez(content, **{f.name: getattr(lives, f.name) for f in fields(Lives)})
    replace_file(path, content.getvalue())


def _read_piece(path: Path, life: Life, runs: int) -> Lives | None:
    """A finished piece, or None where there is none or it is not whole."""
    try:
        with np.load(path, allow_pickle=False) as held:
            lives = Lives(**{f.name: held[f.name] for f in fields(Lives)})
    except (OSError, ValueError, KeyError, EOFError):
        return None
    room = Lives.empty(life, runs)
    whole = all(getattr(lives, f.name).shape == getattr(room, f.name).shape for f in fields(Lives))
    return lives if whole else None


def availability(life: Life, lives: Lives) -> pd.DataFrame:
    """Availability and survival of each function, year by year.

    Returns
    -------
    pandas.DataFrame
        ``function``, ``year`` (1, 2 ...), ``availability`` (mean share of the year), ``low`` and ``high`` (the middle
        nine tenths of the runs), ``survival`` (share of the runs in which the function is there at the end of the year
        or comes back later), ``survival_low`` and ``survival_high`` (95 % interval of that share, Wilson 1927).
    """
    lengths = np.diff(life.model.years).astype(np.float64)
    ends = np.minimum(life.model.years[1:], life.model.years[-1] - SETTLED / life.step)
    rows = []
    for f, name in enumerate(life.functions):
        share = lives.up[:, f] / lengths
        for y in range(life.years):
            low, high = np.quantile(share[:, y], BAND)
            alive = int(np.count_nonzero(lives.last_up[:, f] >= ends[y]))
            between = wilson(alive, len(share))
            rows.append(
                (
                    name,
                    y + 1,
                    float(np.mean(share[:, y])),
                    float(low),
                    float(high),
                    alive / len(share),
                    *between,
                )
            )
    names = ["function", "year", "availability", "low", "high", "survival", "survival_low", "survival_high"]
    return pd.DataFrame(rows, columns=names)


def wilson(successes: int, trials: int) -> tuple[float, float]:
    """95 % interval of a share (Wilson 1927, doi:10.1080/01621459.1927.10502953)."""
    z2 = NORMAL_95**2
    middle = (successes + 0.5 * z2) / (trials + z2)
    half = NORMAL_95 / (trials + z2) * np.sqrt(successes * (trials - successes) / trials + 0.25 * z2)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def energy_not_served(life: Life, lives: Lives) -> pd.DataFrame:
    """Energy that loads asked for and did not get, by bus.

    Returns
    -------
    pandas.DataFrame
        ``bus``, ``mean_kwh_a_year``, ``high_kwh_a_year`` (not passed in 95 % of the runs), ``short_share`` (mean share
        of time short of power), ``survival_share`` (mean share of time in survival mode).
    """
    years = life.times_s.size * life.step / YEAR
    steps = float(life.times_s.size)
    rows = []
    for b, name in enumerate(life.buses):
        missing = np.sum(lives.unserved_year[:, b], axis=1) / 3.6e6 / years
        rows.append(
            (
                name,
                float(np.mean(missing)),
                float(np.quantile(missing, BAND[1])),
                float(np.mean(lives.modes[:, b, 2])) / steps,
                float(np.mean(lives.modes[:, b, 1])) / steps,
            )
        )
    return pd.DataFrame(
        rows, columns=["bus", "mean_kwh_a_year", "high_kwh_a_year", "short_share", "survival_share"]
    )


def broken_parts(life: Life, lives: Lives) -> pd.DataFrame:
    """What broke: failures, spares, and the time in which it was broken while a function was lost; worst first.

    Returns
    -------
    pandas.DataFrame
        ``failure``, ``failures`` and ``spares_used`` (mean a run), ``down_share`` (mean share of time broken),
        ``blame_days`` (mean days a run in which it was broken and a function lost).
    """
    steps = float(life.times_s.size)
    frame = pd.DataFrame(
        {
            "failure": pd.Series(life.failures, dtype="str"),
            "failures": np.mean(lives.failures, axis=0),
            "spares_used": np.mean(lives.spent, axis=0),
            "down_share": np.mean(lives.item_down, axis=0) / steps,
            "blame_days": np.mean(lives.blame, axis=0) * life.step / 86_400.0,
        }
    )
    return frame.sort_values(["blame_days", "failure"], ascending=[False, True], ignore_index=True)


def lost_days(life: Life, lives: Lives) -> FloatArray:
    """Days without a function, summed over functions, of each run (r,); time before a function begins counts too."""
    missing = life.times_s.size - np.sum(lives.up, axis=2)
    days: FloatArray = np.sum(missing, axis=1) * life.step / 86_400.0
    return days


def worst_run(life: Life, lives: Lives) -> int:
    """Number of the run with most days without a function; the first of equals."""
    return int(np.argmax(lost_days(life, lives)))


def drivers(
    life: Life,
    lives: Lives,
    *,
    seed: int,
    runs: int,
    most: int,
    progress: Callable[[float], None],
) -> pd.DataFrame:
    """What it would buy to make the worst failures impossible, each on its own, in the very same runs.

    Parameters
    ----------
    life : Life
        The station.
    lives : Lives
        Its runs from number 0 on.
    seed : int
        Seed of these runs.
    runs : int
        How many of them are lived again for each failure.
    most : int
        How many failures are tried, by their blame.
    progress : callable
        Called with the share done, 0 to 1.

    Returns
    -------
    pandas.DataFrame
        ``failure``, ``days_gained`` (mean days of function a run), ``error`` (standard error of that mean),
        ``function`` (the one that gains most), ``survival_gained`` (share of runs in which that function is not lost
        for good any more); most gained first.
    """
    parts = broken_parts(life, lives)
    tried = [str(name) for name in parts["failure"][parts["blame_days"] > 0.0][:most]]
    runs = min(runs, len(lives.up))
    before = lives.up[:runs].sum(axis=2)
    end = life.model.years[-1] - SETTLED / life.step
    rows = []
    for done, name in enumerate(tried):
        after = live_many(life, seed=seed, first=0, runs=runs, immune=[name])
        gained = (after.up.sum(axis=2) - before) * life.step / 86_400.0
        best = int(np.argmax(gained.mean(axis=0)))
        alive = (after.last_up[:, best] >= end).mean() - (lives.last_up[:runs, best] >= end).mean()
        total = gained.sum(axis=1)
        error = float(np.std(total, ddof=1) / np.sqrt(runs)) if runs > 1 else float("nan")
        rows.append((name, float(np.mean(total)), error, life.functions[best], float(alive)))
        progress((done + 1) / len(tried))
    frame = pd.DataFrame(rows, columns=["failure", "days_gained", "error", "function", "survival_gained"])
    return frame.sort_values(["days_gained", "failure"], ascending=[False, True], ignore_index=True)
