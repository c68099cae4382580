"""The simulation of a station: many lives with failures, the worst of them told, and what a loss would change."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from moonstation.arrays import TimeArray
from moonstation.errors import RequestError
from moonstation.simulation import _life_kernels as kernels
from moonstation.simulation.life import Life, Lives, live_traced
from moonstation.simulation.spares import shared_confidence, spares_for
from moonstation.station.faults import Failure
from moonstation.station.model import Station
from moonstation.study.life_scene import LifeScene
from moonstation.study.lives import (
    availability,
    broken_parts,
    drivers,
    energy_not_served,
    live_runs,
    worst_run,
)
from moonstation.study.losses import Loss, Replacement, replacements
from moonstation.study.run import Progress

DRIVER_RUNS = 1000
"""Runs lived again for each failure that is tried as a driver, at most."""

MOST_RUNS = 1_000_000
TRACE_ROWS = 60_000
"""Instants that the trace of one run keeps, about."""


@dataclass(frozen=True, eq=False)
class Simulation:
    """What the lives of a station show.

    Attributes
    ----------
    scene : LifeScene
        The station, its span, light and contacts.
    life : Life
        The station as it was lived through.
    lives : Lives
        All runs.
    seed : int
        Of the random numbers.
    losses : tuple of Loss
        What the station was without.
    availability, energy, parts, drivers, spares : pandas.DataFrame
        See `moonstation.study.lives` and `spares_table`.
    whole : pandas.DataFrame or None
        Availability of the station that loses nothing, in runs of the same seed; None where nothing was taken away.
    worst : int
        Number of the run with most days without a function.
    trace : xarray.Dataset
        That run through time.
    story : pandas.DataFrame
        Its events: ``time_utc``, ``what``, ``about``, ``text``.
    story_cut : bool
        Whether it had more events than were kept.
    confidence : float
        For which spares are told.
    """

    scene: LifeScene
    life: Life
    lives: Lives
    seed: int
    losses: tuple[Loss, ...]
    availability: pd.DataFrame
    energy: pd.DataFrame
    parts: pd.DataFrame
    drivers: pd.DataFrame
    spares: pd.DataFrame
    whole: pd.DataFrame | None
    worst: int
    trace: xr.Dataset
    story: pd.DataFrame
    story_cut: bool
    confidence: float

    @property
    def replacements(self) -> list[Replacement]:
        """What the catalogue has in place of lost elements that a function needs."""
        return replacements(self.station, self.losses)

    @property
    def station(self) -> Station:
        """The station as loaded."""
        return self.scene.station

    @property
    def runs(self) -> int:
        """How many."""
        return len(self.lives.up)


def check_simulation(station: Station, *, runs: int, seed: int, confidence: float) -> None:
    """Refuse a simulation that makes no sense before anything is computed.

    Raises
    ------
    RequestError
        If the station has no function to judge, or a number makes no sense.
    """
    if not station.functions:
        raise RequestError(
            f"station {station.id}: says nothing that it must do; add a [[function]], as in "
            'id = "power", needs = ["power-plant"] (see docs/station-file.md)'
        )
    if not 1 <= runs <= MOST_RUNS:
        raise RequestError(f"--runs {runs}: give 1 to {MOST_RUNS}")
    if seed < 0:
        raise RequestError(f"--seed {seed}: give 0 or more")
    if not 0.0 < confidence < 1.0:
        raise RequestError(f"--confidence {confidence:g}: give a probability between 0 and 1, as in 0.95")


def simulate(
    scene: LifeScene,
    *,
    runs: int,
    seed: int,
    losses: Sequence[Loss] = (),
    tried: int = 5,
    confidence: float = 0.95,
    keep: Path | None = None,
    cluster: str | None = None,
    progress: Progress,
) -> Simulation:
    """Live a station through and say what the runs show.

    Parameters
    ----------
    scene : LifeScene
        The station with its light and contacts.
    runs, seed : int
        How many runs, and the seed of their random numbers.
    losses : sequence of Loss
        What is taken away from it.
    tried : int
        Failures that are made impossible, each on its own, to see what that buys.
    confidence : float
        Probability with which all spares together shall last.
    keep : Path, optional
        Folder for checkpoints.
    cluster : str, optional
        Where runs are done, see `moonstation.study.cluster.run_tiles`.
    progress : callable
        Called with the name of a stage and the share of the whole done, 0 to 1.

    Raises
    ------
    RequestError
        If the station has no function to judge, or a number makes no sense.
    """
    station = scene.station
    check_simulation(station, runs=runs, seed=seed, confidence=confidence)
    life = scene.life(losses)
    part = 0.45 if losses else 0.85
    lives = live_runs(
        life,
        runs=runs,
        seed=seed,
        keep=keep,
        cluster=cluster,
        progress=lambda share: progress("living through it", part * share),
    )
    whole = None
    if losses:
        unharmed = scene.life()
        before = live_runs(
            unharmed,
            runs=runs,
            seed=seed,
            keep=keep,
            cluster=cluster,
            progress=lambda share: progress("living through it whole", part * (1.0 + share)),
        )
        whole = availability(unharmed, before)
    driven = drivers(
        life,
        lives,
        seed=seed,
        runs=DRIVER_RUNS,
        most=tried,
        progress=lambda share: progress("what drives it", 0.9 + 0.08 * share),
    )
    progress("the worst run", 0.98)
    worst = worst_run(life, lives)
    every = max(1, life.times_s.size // TRACE_ROWS)
    _, trace = live_traced(life, seed=seed, run=worst, every=every)
    return Simulation(
        scene=scene,
        life=life,
        lives=lives,
        seed=seed,
        losses=tuple(losses),
        availability=availability(life, lives),
        energy=energy_not_served(life, lives),
        parts=broken_parts(life, lives),
        drivers=driven,
        spares=spares_table(station, span_s=life.times_s.size * life.step, confidence=confidence),
        whole=whole,
        worst=worst,
        trace=_trace_dataset(life, trace, scene.span.times[::every], seed, worst),
        story=_story(station, life, trace, scene.span.times),
        story_cut=int(trace.met[0]) > len(trace.event),
        confidence=confidence,
    )


def spares_table(station: Station, *, span_s: float, confidence: float) -> pd.DataFrame:
    """Spares of every failure that can be repaired, so that all together last with a probability.

    Working time is the whole span or the time between deliveries; the probability is split evenly over all units.

    Returns
    -------
    pandas.DataFrame
        ``failure``, ``element``, ``units``, ``held`` (in the station file), ``needed``, ``missing``.
    """
    repaired = [f for f in station.failures if f.element and f.repair is not None]
    each = shared_confidence(confidence, sum(_working_units(f) for f in repaired))
    rows = []
    for f in repaired:
        alone = 0.0 if f.mtbf is None else 1.0 / f.mtbf
        needed = spares_for(
            alone,
            min(span_s, f.resupply or span_s),
            units=_working_units(f),
            confidence=each,
            life=f.life or float("inf"),
            repair=f.detection + (f.repair or 0.0),
        )
        rows.append((f.id, f.element, f.units, f.spares, needed, max(0, needed - f.spares)))
    return pd.DataFrame(rows, columns=["failure", "element", "units", "held", "needed", "missing"])


def _working_units(failure: Failure) -> int:
    return failure.units if failure.needed is None else failure.needed


def _trace_dataset(life: Life, trace: kernels.Trace, times: TimeArray, seed: int, run: int) -> xr.Dataset:
    def rows(
        over: str, values: object, units: str, long_name: str
    ) -> tuple[tuple[str, str], object, dict[str, str]]:
        return (over, "time"), values, {"units": units, "long_name": long_name}

    return xr.Dataset(
        {
            "charge": rows("bus", trace.charge, "J", "energy held by the stores after the step"),
            "generation": rows("bus", trace.generation, "W", "power offered by sources"),
            "served": rows("bus", trace.served, "W", "power given to loads"),
            "mode": rows("bus", trace.mode, "1", "0 nominal, 1 survival, 2 a load not wholly served"),
            "stored": rows("site", trace.stored, "bit", "data waiting"),
            "working": rows("part", trace.working, "1", "share of an element that works and has power"),
            "function_up": rows(
                "function", trace.functions.astype(np.int8), "1", "whether a function is there"
            ),
        },
        coords={
            "time": ("time", times, {"long_name": "UTC; each instant opens a step"}),
            "bus": list(life.buses),
            "site": list(life.sites),
            "part": list(life.parts),
            "function": list(life.functions),
        },
        attrs={"title": "one life of a station", "seed": seed, "run": run},
    )


def _story(station: Station, life: Life, trace: kernels.Trace, times: TimeArray) -> pd.DataFrame:
    """Events of a run in words, in order of time."""
    names = {part.id: part.name for part in [*station.elements, *station.orbiters]}
    failures = {f.id: f for f in station.failures}
    functions = {f.id: f.name for f in station.functions}
    rows = []
    for step, kind, number in trace.event[: int(min(trace.met[0], len(trace.event)))]:
        told = _told(life, int(kind), int(number), names, failures, functions)
        if told is not None:
            at = times[min(int(step), len(times) - 1)]
            rows.append((str(np.datetime_as_string(at, unit="m")), *told))
    return pd.DataFrame(rows, columns=["time_utc", "what", "about", "text"])


def _told(
    life: Life,
    kind: int,
    number: int,
    names: dict[str, str],
    failures: dict[str, Failure],
    functions: dict[str, str],
) -> tuple[str, str, str] | None:
    if kind == kernels.MODE:
        bus, mode = life.buses[number // 4], number % 4
        if mode != kernels.SHORT:
            return None
        return "short of power", bus, f"Bus {bus} cannot feed all its survival loads"
    if kind in (kernels.FUNCTION_LOST, kernels.FUNCTION_BACK):
        name = life.functions[number]
        lost = kind == kernels.FUNCTION_LOST
        return (
            ("function lost" if lost else "function back"),
            name,
            f"{functions[name]} {'lost' if lost else 'back'}",
        )
    if kind in (kernels.ARRIVED, kernels.NEVER_ARRIVED, kernels.FROZEN, kernels.LEFT):
        part = life.parts[number]
        words = {
            kernels.ARRIVED: ("arrived", "has arrived"),
            kernels.NEVER_ARRIVED: ("never arrived", "is lost with its mission"),
            kernels.FROZEN: ("frozen", "has been without power for too long and is lost to the cold"),
            kernels.LEFT: ("gone", "is taken away"),
        }[kind]
        return words[0], part, f"{names[part]} {words[1]}"
    failure = failures[life.failures[number]]
    words = {
        kernels.FAILED: ("failed", "failed"),
        kernels.DETECTED: ("noticed", "failure noticed"),
        kernels.REPAIR_BEGUN: ("repair begun", "repair begun with a spare"),
        kernels.REPAIRED: ("repaired", "repaired"),
        kernels.SHOCK: ("common cause", "all units struck at once"),
    }[kind]
    return words[0], failure.id, f"{names[failure.element]}: {failure.name} {words[1]}"
