"""Surveys of orbits as tables: relays that live long over a site, and how long low orbits last."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError
from moonstation.orbits.elements import Elements, elements_to_state
from moonstation.orbits.survey import HIT_GROUND, LEFT, Chunk, Fates, SurveySite, join_fates, survey_chunk
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import Epoch

DAY = 86_400.0
CHUNK = 4
"""Orbits of a chunk: some seconds of work."""

ENDINGS = {0: "stays", HIT_GROUND: "hits the ground", LEFT: "leaves the Moon"}
MOST_ORBITS = 100_000


def survey_orbits(
    states_icrf: FloatArray,
    *,
    epoch: Epoch,
    duration: float,
    degree: int,
    site: SurveySite | None = None,
    threads: int | None = None,
    progress: Callable[[float], None] | None = None,
) -> Fates:
    """Fly many orbits until they end, on all processors.

    Parameters
    ----------
    states_icrf : FloatArray
        First states (n, 6) [m, m/s], Moon-centred, ICRF axes.
    epoch : Epoch
        Of all of them.
    duration : float
        How long each is flown at most [s].
    degree : int
        Of the gravity field.
    site : SurveySite, optional
        A place to be seen from.
    threads : int, optional
        One a processor if not given; the result does not depend on it.
    progress : callable, optional
        Called with the share of the orbits done, 0 to 1.

    Raises
    ------
    RequestError
        If there are too many orbits, or none.
    CoverageError
        If the ephemeris does not reach over the survey.
    """
    _require_count(len(states_icrf))
    default_ephemeris().require(epoch.tdb_s, epoch.tdb_s + duration)
    chunks = [
        Chunk(states_icrf[begin : begin + CHUNK], epoch.tdb_s, duration, degree, site)
        for begin in range(0, len(states_icrf), CHUNK)
    ]
    parts: list[Fates] = []
    with ThreadPoolExecutor(max_workers=threads or os.cpu_count() or 1) as pool:
        try:
            for part in pool.map(survey_chunk, chunks):
                parts.append(part)
                if progress is not None:
                    progress(len(parts) / len(chunks))
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return join_fates(parts)


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
    site: SurveySite,
    degree: int = 20,
    threads: int | None = None,
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
    site : SurveySite
        Where they are to be seen.
    degree : int
        Of the gravity field.
    threads : int, optional
        The result does not depend on it.
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
    fates = survey_orbits(
        states,
        epoch=epoch,
        duration=duration,
        degree=degree,
        site=site,
        threads=threads,
        progress=progress,
    )
    table = pd.DataFrame(
        {
            "node_deg": np.degrees([node for node, _ in pairs]).round(6),
            "argument_deg": np.degrees([argument for _, argument in pairs]).round(6),
            **_columns(fates),
            "dwell_share": fates.dwell.round(5),
            "longest_gap_h": (fates.gap / 3600.0).round(3),
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
    fates = survey_orbits(
        states, epoch=epoch, duration=duration, degree=degree, threads=threads, progress=progress
    )
    return pd.DataFrame(
        {
            "inclination_deg": np.degrees([tilt for tilt, _ in pairs]).round(6),
            "node_deg": np.degrees([node for _, node in pairs]).round(6),
            **_columns(fates),
        }
    )


def _columns(fates: Fates) -> dict[str, object]:
    return {
        "lifetime_d": (fates.lifetime / DAY).round(5),
        "ending": [ENDINGS[int(ending)] for ending in fates.ending],
        "lowest_km": (fates.lowest / 1e3).round(3),
    }
