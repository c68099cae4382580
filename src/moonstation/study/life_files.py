"""The files of a simulation: summary, tables, all runs, the worst run and its story, in one folder."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from moonstation.study.files import write_series
from moonstation.study.lives import lost_days
from moonstation.study.output import CHECKPOINTS, SUMMARY, replacing_folder, write_json, write_text
from moonstation.study.run import software
from moonstation.study.simulation import Simulation
from moonstation.study.sources import study_sources

SCHEMA = "moonstation simulation 1"
KIND = "moonstation simulation"
NAMES = frozenset(
    {
        "report.html",
        "availability.png",
        SUMMARY,
        "availability.csv",
        "energy.csv",
        "parts.csv",
        "drivers.csv",
        "spares.csv",
        "worst-run.csv",
        "worst-run.nc",
        "runs.nc",
        CHECKPOINTS,
    }
)
"""What a simulation's folder holds; anything else in it is the user's."""


def write_simulation(simulation: Simulation, folder: Path, *, page: str, picture: bytes) -> None:
    """Write a simulation into its folder, whole or not at all.

    Parameters
    ----------
    simulation : Simulation
        What was found.
    folder : Path
        Place; an earlier simulation there is replaced once everything is written.
    page : str
        The report, HTML.
    picture : bytes
        Availability and survival by year, PNG.

    Raises
    ------
    OutputError
        If the disk is full or refuses; an earlier simulation is untouched.
    RequestError
        If the folder holds something else.
    """
    with replacing_folder(folder, names=NAMES, schema=KIND) as draft:
        write_text(draft / "report.html", page)
        (draft / "availability.png").write_bytes(picture)
        write_json(draft / SUMMARY, summary_of(simulation))
        tables = {
            "availability": simulation.availability,
            "energy": simulation.energy,
            "parts": simulation.parts,
            "drivers": simulation.drivers,
            "spares": simulation.spares,
            "worst-run": simulation.story,
        }
        for name, frame in tables.items():
            frame.to_csv(draft / f"{name}.csv", index=False, lineterminator="\n", float_format="%.6g")
        write_series(simulation.trace, draft / "worst-run.nc")
        write_series(runs_dataset(simulation), draft / "runs.nc")


def runs_dataset(simulation: Simulation) -> xr.Dataset:
    """All runs as one dataset: dimensions run, function, year, failure, part, bus, site."""
    life, lives = simulation.life, simulation.lives
    day = life.step / 86_400.0

    def rows(
        over: tuple[str, ...], values: Any, units: str, long_name: str
    ) -> tuple[Any, Any, dict[str, str]]:
        return ("run", *over), values, {"units": units, "long_name": long_name}

    return xr.Dataset(
        {
            "up": rows(
                ("function", "year"), lives.up * day, "d", "time of each year in which a function is there"
            ),
            "first_lost": rows(
                ("function",), lives.first_lost * day, "d", "first loss, from the start; inf if never"
            ),
            "last_up": rows(("function",), lives.last_up * day, "d", "last time it is there, from the start"),
            "failures": rows(("failure",), lives.failures, "1", "failures"),
            "spares_used": rows(("failure",), lives.spent, "1", "spares used"),
            "broken": rows(("failure",), lives.item_down * day, "d", "time with something of it broken"),
            "down": rows(
                ("part",), lives.down * day, "d", "time not working or without power, from its arrival"
            ),
            "frozen": rows(
                ("part",), lives.frozen * day, "d", "lost to the cold, from the start; inf if never"
            ),
            "unserved": rows(("bus", "year"), lives.unserved_year, "J", "energy asked for and not given"),
            "data": rows(("site", "fate"), lives.data, "bit", "data of a site"),
        },
        coords={
            "function": list(life.functions),
            "year": np.arange(1, life.years + 1),
            "failure": list(life.failures),
            "part": list(life.parts),
            "bus": list(life.buses),
            "site": list(life.sites),
            "fate": ["made", "arrived", "lost", "waiting"],
        },
        attrs={"title": "lives of a station", "seed": simulation.seed},
    )


def summary_of(simulation: Simulation) -> dict[str, Any]:
    """What the runs show, for other programs; the same runs give the same bytes."""
    scene, station = simulation.scene, simulation.station
    days = lost_days(simulation.life, simulation.lives)
    return {
        "schema": SCHEMA,
        "station": {"id": station.id, "name": station.name, "sha256": station.sha256},
        "start": scene.span.start.utc,
        "stop": scene.span.stop.utc,
        "step_s": scene.span.step_s,
        "runs": simulation.runs,
        "seed": simulation.seed,
        "without": [
            {
                "name": loss.name,
                "kind": loss.kind,
                "since": loss.since.utc if loss.since else None,
                "parts": list(loss.parts),
                "ground_stations": list(loss.stations),
            }
            for loss in simulation.losses
        ],
        "availability": _records(simulation.availability),
        "availability_whole": None if simulation.whole is None else _records(simulation.whole),
        "energy": _records(simulation.energy),
        "parts": _records(simulation.parts),
        "drivers": _records(simulation.drivers),
        "spares": _records(simulation.spares),
        "spares_confidence": simulation.confidence,
        "worst_run": {"number": simulation.worst, "days_without_functions": float(days[simulation.worst])},
        "notes": list(scene.notes),
        "sources": [
            {"name": s.name, "version": s.version, "sha256": s.sha256}
            for s in study_sources(station, (), [ground.horizon for ground in scene.grounds.values()])
        ],
        "software": software(),
    }


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            str(key): (None if isinstance(value, float) and not np.isfinite(value) else value)
            for key, value in row.items()
        }
        for row in frame.astype(object).to_dict("records")
    ]
