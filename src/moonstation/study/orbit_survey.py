"""Surveys of orbits as tables: relays that live long over a site, and how long low orbits last."""

from collections.abc import Callable
from functools import partial

import numpy as np
import pandas as pd
import xarray as xr

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError
from moonstation.orbits.batches import Survey, fly_chunk, survey_orbits
from moonstation.orbits.elements import Elements, elements_to_state
from moonstation.orbits.forces import EARTH_AND_SUN
from moonstation.spacetime.epochs import Epoch
from moonstation.spacetime.sites import Site
from moonstation.study.cluster import run_tiles
from moonstation.study.orbiters import ForceChanges

DAY = 86_400.0
TOLERANCE = 1e-3
"""Of the integration [m]: ends of relay orbits then agree to a second with those of a thousand times less (tests)."""

SURVEYED = ForceChanges({"planets": (), "earth_oblateness": False, "tides": False})
"""Forces of a survey over the usual ones: `EARTH_AND_SUN`, to fly one of its orbits again as it was flown there."""

ENDINGS = {
    "flying": "stays",
    "impact": "hits the ground",
    "left": "leaves the Moon",
    "earth": "hits the Earth",
    "failed": "cannot be integrated",
}
MOST_ORBITS = 100_000

PIECE = 16
"""Orbits that a worker of a cluster flies before it is given the next ones: some seconds of work."""


def _require_count(count: int) -> None:
    if not 1 <= count <= MOST_ORBITS:
        raise RequestError(f"survey of {count} orbits: give 1 to {MOST_ORBITS}")


def survey_relays(
    *,
    periapsis_altitude: float,
    apoapsis_altitude: float,
    inclination: float,
    epoch: Epoch,
    duration: float,
    nodes: FloatArray,
    arguments: FloatArray,
    site: Site,
    mask_deg: float = 0.0,
    degree: int = 20,
    threads: int | None = None,
    cluster: str | None = None,
    progress: Callable[[float], None] | None = None,
) -> pd.DataFrame:
    """Survey relay orbits: which node and argument of periapsis let them live longest and dwell longest over a site.

    Parameters
    ----------
    periapsis_altitude, apoapsis_altitude : float
        At the epoch, when all are at their periapsis [m].
    inclination : float
        To the Moon's equator of the epoch [rad].
    epoch : Epoch
        When.
    duration : float
        How long each is flown at most [s].
    nodes, arguments : FloatArray
        Longitudes of the node in mean-Earth axes of the epoch, arguments of the periapsis [rad]; all pairs are flown.
    site : Site
        Where they are to be seen.
    mask_deg : float
        Least elevation over the level horizon [deg]; terrain is not looked at.
    degree : int
        Of the gravity field.
    threads : int, optional
        The result does not depend on it.
    cluster : str, optional
        A Dask cluster that flies them, as `moonstation.study.cluster.run_tiles` takes it; the result does not depend on
        it.
    progress : callable, optional
        Called with the share done, 0 to 1.

    Returns
    -------
    DataFrame
        A row a pair, the longest lived first, of those the one that dwells longest: node_deg, argument_deg,
        lifetime_d, ending, lowest_km, dwell_share, longest_gap_h.

    Raises
    ------
    OrbitError, RequestError, CoverageError
        If the heights make no orbit, a list is empty or too long, or the ephemeris does not reach.
    """
    _require_count(len(nodes) * len(arguments))
    pairs = [(float(node), float(argument)) for node in nodes for argument in arguments]
    states = np.array(
        [
            elements_to_state(
                Elements.from_altitudes(
                    periapsis_altitude,
                    apoapsis_altitude,
                    inclination=inclination,
                    raan=node,
                    arg_periapsis=argument,
                ),
                axes="ME",
                epoch=epoch,
            )
            for node, argument in pairs
        ]
    )
    fates = _survey(
        states,
        Survey(
            epoch,
            duration,
            degree=degree,
            forces=EARTH_AND_SUN,
            tolerance=TOLERANCE,
            site=site,
            mask_deg=mask_deg,
        ),
        threads=threads,
        cluster=cluster,
        progress=progress,
    )
    table = pd.DataFrame(
        {
            "node_deg": np.degrees([node for node, _ in pairs]).round(6),
            "argument_deg": np.degrees([argument for _, argument in pairs]).round(6),
            **_columns(fates),
            "dwell_share": (fates["dwell"] / fates["lifetime"]).to_numpy().round(5),
            "longest_gap_h": (fates["longest_gap"].to_numpy() / 3600.0).round(3),
        }
    )
    # those that stay are as good as each other in life
    return table.sort_values(
        ["lifetime_d", "dwell_share", "node_deg", "argument_deg"],
        ascending=[False, False, True, True],
        ignore_index=True,
    )


def survey_lifetimes(
    *,
    altitude: float,
    inclinations: FloatArray,
    nodes: FloatArray,
    epoch: Epoch,
    duration: float,
    degree: int = 50,
    threads: int | None = None,
    cluster: str | None = None,
    progress: Callable[[float], None] | None = None,
) -> pd.DataFrame:
    """How long low orbits, round at the epoch, last before they hit the ground.

    Parameters
    ----------
    altitude : float
        At the epoch [m].
    inclinations : FloatArray
        To the Moon's equator of the epoch [rad].
    nodes : FloatArray
        Longitudes of the node in mean-Earth axes of the epoch [rad]; each is flown with each inclination.
    epoch : Epoch
        When all stand at their node.
    duration : float
        How long each is flown at most [s].
    degree : int
        Of the gravity field.
    threads : int, optional
        The result does not depend on it.
    cluster : str, optional
        A Dask cluster that flies them, as `moonstation.study.cluster.run_tiles` takes it; the result does not depend on
        it.
    progress : callable, optional
        Called with the share done, 0 to 1.

    Returns
    -------
    DataFrame
        A row an orbit: inclination_deg, node_deg, lifetime_d, ending, lowest_km.

    Raises
    ------
    OrbitError, RequestError, CoverageError
        If the altitude makes no orbit, a list is empty or too long, or the ephemeris does not reach.
    """
    _require_count(len(inclinations) * len(nodes))
    pairs = [(float(tilt), float(node)) for tilt in inclinations for node in nodes]
    states = np.array(
        [
            elements_to_state(
                Elements.from_altitudes(altitude, altitude, inclination=tilt, raan=node),
                axes="ME",
                epoch=epoch,
            )
            for tilt, node in pairs
        ]
    )
    fates = _survey(
        states,
        Survey(epoch, duration, degree=degree, forces=EARTH_AND_SUN, tolerance=TOLERANCE),
        threads=threads,
        cluster=cluster,
        progress=progress,
    )
    return pd.DataFrame(
        {
            "inclination_deg": np.degrees([tilt for tilt, _ in pairs]).round(6),
            "node_deg": np.degrees([node for _, node in pairs]).round(6),
            **_columns(fates),
        }
    )


def _survey(
    states: FloatArray,
    survey: Survey,
    *,
    threads: int | None,
    cluster: str | None,
    progress: Callable[[float], None] | None,
) -> xr.Dataset:
    if cluster is None:
        return survey_orbits(states, survey, threads=threads, progress=progress)
    if threads is not None:
        raise RequestError("threads are of this machine and a cluster has its own; give one of the two")
    pieces = [(first, states[first : first + PIECE]) for first in range(0, len(states), PIECE)]
    flown: dict[int, xr.Dataset] = {}
    for (first, _), part in run_tiles(partial(_fly_piece, survey), pieces, cluster):
        flown[first] = part
        if progress is not None:
            progress(len(flown) / len(pieces))
    return xr.concat(
        [flown[first] for first, _ in pieces], "orbit", data_vars="all", combine_attrs="override"
    )


def _fly_piece(survey: Survey, piece: tuple[int, FloatArray]) -> xr.Dataset:
    """What a worker of a cluster does: orbits of one piece, on one thread."""
    return fly_chunk(piece[1], survey)


def _columns(fates: xr.Dataset) -> dict[str, object]:
    return {
        "lifetime_d": (fates["lifetime"].to_numpy() / DAY).round(5),
        "ending": [ENDINGS[str(end)] for end in fates["end"].to_numpy()],
        "lowest_km": (fates["lowest_altitude"].to_numpy() / 1e3).round(3),
    }
