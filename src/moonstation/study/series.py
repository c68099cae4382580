"""The series of a study as one dataset: named dimensions, units, long names and frames."""

from collections.abc import Iterator, Mapping

import numpy as np
import xarray as xr

from moonstation.arrays import AnyArray, FloatArray, TimeArray
from moonstation.constants import MOON_RADIUS
from moonstation.orbits.propagation import Trajectory
from moonstation.simulation.data import DataRuns
from moonstation.simulation.power import PowerRun
from moonstation.spacetime.steps import share_of_steps
from moonstation.study.links import Links
from moonstation.study.result import LightRun

ENU = "local east, north, up at the site, on the 1737.4 km sphere; azimuth clockwise from north"
TIME = "UTC; each instant opens a step"
MODES = "0 nominal, 1 survival, 2 a load not wholly served"


def series_of(
    times: TimeArray,
    et: FloatArray,
    *,
    lights: Mapping[str, LightRun],
    links: Links,
    power: Mapping[str, PowerRun],
    data: DataRuns,
    trajectories: Mapping[str, Trajectory],
) -> xr.Dataset:
    """Put all series of a study together.

    Parameters
    ----------
    times : ndarray of datetime64[ns], shape (n,)
        Instants, UTC.
    et : ndarray, shape (n,)
        The same, TDB seconds past J2000.
    lights : mapping of str to LightRun
        By site.
    links : Links
        Windows of the sites.
    power : mapping of str to PowerRun
        By bus.
    data : DataRuns
        By site and orbiter.
    trajectories : mapping of str to Trajectory
        By orbiter.

    Returns
    -------
    xarray.Dataset
        Dimensions time, site, array, bus, orbiter; each variable with units and long_name.
    """
    found: dict[str, tuple[tuple[str, str], AnyArray, dict[str, str]]] = {}

    def add(name: str, over: str, rows: list[AnyArray], units: str, long_name: str, **more: str) -> None:
        if rows:
            found[name] = ((over, "time"), np.stack(rows), {"units": units, "long_name": long_name, **more})

    sites = list(lights)
    for name, rows, units, long_name, more in _sky(lights):
        add(name, "site", rows, units, long_name, **more)
    add(
        "earth_contact",
        "site",
        [share_of_steps(links.to_ground(site), et) for site in sites],
        "1",
        "share of the step in contact with any ground station",
    )
    add(
        "relay_contact",
        "site",
        [share_of_steps(links.to_relay(site), et) for site in sites],
        "1",
        "share of the step in contact with any relay",
    )
    add(
        "link_contact",
        "site",
        [share_of_steps(links.to_earth(site), et) for site in sites],
        "1",
        "share of the step in which the Earth is reached, directly or through a relay that sees it",
    )
    arrays = {name: row for run in power.values() for name, row in run.array_power.items()}
    add("array_power_w", "array", list(arrays.values()), "W", "power offered by the solar array")
    runs = list(power.values())
    add("generation_w", "bus", [run.generation for run in runs], "W", "power offered by all sources")
    add("load_w", "bus", [run.load for run in runs], "W", "power asked for in the mode of the step")
    add("unserved_w", "bus", [run.unserved for run in runs], "W", "power asked for and not given")
    add("charge_j", "bus", [run.charge for run in runs], "J", "energy held by the stores")
    add(
        "state_of_charge",
        "bus",
        [run.state_of_charge for run in runs],
        "1",
        "energy held as share of the capacity",
    )
    add("mode", "bus", [run.mode for run in runs], "1", f"mode: {MODES}")
    nothing = np.zeros(times.size)
    for name, field, what in (
        ("data_made_bit", "made", "data made in the step"),
        ("data_sent_bit", "sent", "data sent in the step, to ground or to a relay"),
        ("data_delivered_bit", "delivered", "data that reached the ground in the step"),
        ("data_stored_bit", "stored", "data waiting in the site's memory"),
    ):
        rows = [getattr(data.sites[site], field) if site in data.sites else nothing for site in sites]
        add(name, "site", rows, "bit", what)
    add(
        "altitude_km",
        "orbiter",
        [(np.linalg.norm(t.position_icrf(et), axis=1) - MOON_RADIUS) / 1e3 for t in trajectories.values()],
        "km",
        "altitude over the 1737.4 km sphere",
    )
    names = {
        "site": sites,
        "array": list(arrays),
        "bus": list(power),
        "orbiter": list(trajectories),
    }
    used = {variable[0][0] for variable in found.values()}
    return xr.Dataset(
        found,
        coords={"time": ("time", times, {"long_name": TIME})}
        | {name: (name, labels) for name, labels in names.items() if name in used},
    )


def sky_series(times: TimeArray, lights: Mapping[str, LightRun]) -> xr.Dataset:
    """Series of Sun and Earth alone, for places that have nothing on them.

    Parameters
    ----------
    times : ndarray of datetime64[ns], shape (n,)
        Instants, UTC.
    lights : mapping of str to LightRun
        By place.

    Returns
    -------
    xarray.Dataset
        Dimensions time, site; each variable with units and long_name.
    """
    found = {
        name: (("site", "time"), np.stack(rows), {"units": units, "long_name": long_name, **more})
        for name, rows, units, long_name, more in _sky(lights)
    }
    return xr.Dataset(found, coords={"time": ("time", times, {"long_name": TIME}), "site": list(lights)})


def _sky(
    lights: Mapping[str, LightRun],
) -> Iterator[tuple[str, list[AnyArray], str, str, dict[str, str]]]:
    """Name, rows by site, units, long name and further attributes of each series of Sun and Earth."""
    runs = list(lights.values())
    skies = [run.light for run in runs]
    for name, rows, long_name in (
        ("sun_azimuth_deg", [sky.azimuth for sky in skies], "apparent azimuth of the Sun"),
        ("sun_elevation_deg", [sky.elevation for sky in skies], "apparent elevation of the Sun's centre"),
        ("earth_azimuth_deg", [sky.earth_azimuth for sky in skies], "apparent azimuth of the Earth"),
        (
            "earth_elevation_deg",
            [sky.earth_elevation for sky in skies],
            "apparent elevation of the Earth's centre",
        ),
    ):
        yield name, [np.degrees(row) for row in rows], "degree", long_name, {"frame": ENU}
    yield "sun_fraction", [run.fraction for run in runs], "1", "visible share of the solar disc", {}
    yield (
        "sun_eclipsed",
        [sky.eclipsed for sky in skies],
        "1",
        "share of the solar disc hidden by the Earth",
        {},
    )
    yield (
        "earth_fraction",
        [run.earth_fraction for run in runs],
        "1",
        "visible share of the Earth's disc",
        {},
    )
