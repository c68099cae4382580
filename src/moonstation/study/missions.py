"""The missions of a station that say when they depart: flight, light on arrival, and mass against what they bring."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import SECONDS_PER_DAY
from moonstation.errors import RequestError
from moonstation.spacetime.epochs import Epoch
from moonstation.station.elements import Element
from moonstation.station.missions import Launcher, Mission
from moonstation.station.model import Station
from moonstation.study.arrivals import LandingRules, SiteArrival, site_arrivals
from moonstation.study.ground import Ground
from moonstation.study.places import Place
from moonstation.sunlight.light import site_light
from moonstation.transfers.budgets import masses
from moonstation.transfers.insertion import DESCENT_ORBIT, LunarOrbit, descent_lowering
from moonstation.transfers.launch import find_launch_site
from moonstation.transfers.moon import Departure, MoonFlight
from moonstation.transfers.search import find_moon_flights

DAYS_AROUND = 14
"""Days before and after the one named that are tried: with half a month, every declination of the Moon comes by."""

BEFORE, AFTER = 1.0 * SECONDS_PER_DAY, 30.0 * SECONDS_PER_DAY
"""Light at the site is kept from before to after the arrival [s]."""

LIGHT_STEP = 2.0 * 3600.0


@dataclass(frozen=True, eq=False)
class ArrivalLight:
    """Light at a site around an arrival.

    Attributes
    ----------
    et : ndarray, shape (n,)
        TDB seconds past J2000.
    sun_fraction, earth_fraction : ndarray, shape (n,)
        Shares of both discs over the terrain, 0 to 1.
    sun_elevation : ndarray, shape (n,)
        Of the Sun's centre [rad].
    """

    et: FloatArray
    sun_fraction: FloatArray
    earth_fraction: FloatArray
    sun_elevation: FloatArray


@dataclass(frozen=True, eq=False)
class MissionFlight:
    """How a mission gets to the Moon.

    Attributes
    ----------
    mission : Mission
        As in the station file.
    launcher : Launcher
        That it flies on.
    flight : MoonFlight
        The cheapest of its day, exact in the full model.
    days_off : int
        Days of the lift-off from the day named; 0 where that day has a flight.
    in_orbit, landed : float or None
        Mass after the insertion and after the descent [kg]; None without a published mass to the Moon, or without a
        landing.
    elements : int
        How many elements it brings.
    manifest : float
        Sum of their masses [kg].
    mass_margin : float or None
        Mass there, less the craft and the manifest [kg].
    arrival : SiteArrival or None
        Light on arrival and the first lit landing; None if it stays in orbit.
    light : ArrivalLight or None
        Likewise, around the arrival.
    assumed : tuple of str
        What the figures rest on that is no published value.
    """

    mission: Mission
    launcher: Launcher
    flight: MoonFlight
    days_off: int
    in_orbit: float | None
    landed: float | None
    elements: int
    manifest: float
    mass_margin: float | None
    arrival: SiteArrival | None
    light: ArrivalLight | None
    assumed: tuple[str, ...]


def fly_missions(
    station: Station, grounds: dict[str, Ground], *, progress: Callable[[float], None] | None = None
) -> list[MissionFlight]:
    """Fly every mission that says when it departs, in the order of the file.

    Raises
    ------
    RequestError
        If a mission has no flight within two weeks of its day; names it and the limit met.
    CoverageError
        If the kernels do not reach over a flight.
    """
    asked = [mission for mission in station.missions if mission.departs is not None]
    flown = []
    for number, mission in enumerate(asked):
        flown.append(_fly(station, mission, grounds))
        if progress is not None:
            progress((number + 1) / len(asked))
    return flown


def _fly(station: Station, mission: Mission, grounds: dict[str, Ground]) -> MissionFlight:
    launcher = next(found for found in station.launchers if found.id == mission.launched_by)
    flight, days_off = _flight(mission)
    in_orbit, landed = None, None
    if launcher.tli is not None:
        in_orbit, landed = masses(
            launcher.tli,
            flight.insertion.delta_v,
            isp=mission.specific_impulse,
            margin=mission.insertion_margin,
            landing=mission.site is not None,
            lowering=descent_lowering(_orbit(mission)),
        )
    brought = [element for element in station.elements if element.mission == mission.id]
    manifest = sum(element.mass for element in brought)
    there = in_orbit if mission.site is None else landed
    arrival, light = None, None
    if mission.site is not None:
        spec = next(site for site in station.sites if site.id == mission.site)
        place = Place(spec.id, spec.name, spec.height, grounds[spec.id], station)
        arrival = site_arrivals([flight], place, LandingRules())[0]
        light = _light(place, flight.arrival.tdb_s)
    return MissionFlight(
        mission=mission,
        launcher=launcher,
        flight=flight,
        days_off=days_off,
        in_orbit=in_orbit,
        landed=landed,
        elements=len(brought),
        manifest=manifest,
        mass_margin=None if there is None else there - (mission.craft_mass or 0.0) - manifest,
        arrival=arrival,
        light=light,
        assumed=tuple(_assumed(station, mission, launcher, brought)),
    )


def _orbit(mission: Mission) -> LunarOrbit:
    """The orbit that a mission arrives in."""
    apoapsis = mission.apoapsis_altitude
    return LunarOrbit(
        mission.periapsis_altitude,
        mission.periapsis_altitude if apoapsis is None else apoapsis,
        mission.inclination,
        south=mission.periapsis_in == "south",
    )


def _flight(mission: Mission) -> tuple[MoonFlight, int]:
    """Cheapest flight of the nearest day that has one, and how many days that is off."""
    assert mission.departs is not None
    assert mission.launch_site is not None
    day = Epoch.parse(mission.departs.isoformat())
    leave = Departure(find_launch_site(mission.launch_site), mission.parking_altitude)
    reach = _orbit(mission)
    refusal: RequestError | None = None
    for days_off in sorted(range(-DAYS_AROUND, DAYS_AROUND + 1), key=lambda off: (abs(off), -off)):
        start = day + days_off * SECONDS_PER_DAY
        try:
            flights = find_moon_flights(
                start, start + SECONDS_PER_DAY, leave, reach, flight_time=mission.flight_time
            )
        except RequestError as error:
            refusal = refusal or error
            continue
        return min(flights, key=lambda flight: flight.injection + flight.insertion.delta_v), days_off
    raise RequestError(
        f"mission {mission.id}: no flight within {DAYS_AROUND} d of {mission.departs}: {refusal}"
    )


def _light(place: Place, arrival: float) -> ArrivalLight:
    et = np.arange(arrival - BEFORE, arrival + AFTER + 1.0, LIGHT_STEP)
    light = site_light(place.site, et)
    horizon = place.ground.horizon
    return ArrivalLight(
        et=et,
        sun_fraction=light.sun_fraction(horizon, place.height),
        earth_fraction=light.earth_fraction(horizon, place.height),
        sun_elevation=light.elevation,
    )


def _assumed(station: Station, mission: Mission, launcher: Launcher, brought: list[Element]) -> list[str]:
    """What the file calls assumed or estimated among the values used, and the defaults that stand in for values."""

    def confidence(key: str) -> str:
        found = station.provenance.get(key)
        return found.confidence if found is not None else ""

    words = {
        "departs": "day of departure",
        "launch_site": "launch site",
        "rocket": "launcher",
        "parking_altitude": "parking orbit",
        "flight_time": "time of flight",
        "periapsis_altitude": "orbit of the Moon",
        "apoapsis_altitude": "apoapsis of the orbit of the Moon",
        "inclination": "inclination",
        "insertion_margin": "margin of the insertion",
        "site": "landing site",
        "specific_impulse": "specific impulse",
        "craft_mass": "mass of the craft",
    }
    assumed = []
    for key, name in words.items():
        if key in mission.model_fields_set:
            held = confidence(f"mission.{mission.id}.{key}")
            if held in ("assumption", "estimated"):
                assumed.append(f"{name} ({held})")
    defaults = {
        "parking_altitude": f"parking orbit {mission.parking_altitude / 1e3:g} km (default)",
        "periapsis_altitude": f"orbit of the Moon {mission.periapsis_altitude / 1e3:g} km up (default)",
        "specific_impulse": f"specific impulse {mission.specific_impulse:g} s (default)",
        "craft_mass": "empty mass of the craft not given, nothing taken off for it",
    }
    assumed += [text for key, text in defaults.items() if key not in mission.model_fields_set]
    lowering = descent_lowering(_orbit(mission))
    if mission.site is not None and lowering >= 0.5:
        assumed.append(
            f"the descent is taken as published, from a round orbit of {DESCENT_ORBIT / 1e3:g} km, with "
            f"{lowering:.0f} m/s computed to come down to it"
        )
    held = confidence(f"launcher.{launcher.id}.tli")
    if launcher.tli is None:
        assumed.append("no mass to the Moon is known of the launcher")
    elif held != "published":
        assumed.append(f"the launcher's mass to the Moon ({held or 'no source'})")
    if not brought:
        assumed.append("no element names this mission, so nothing is weighed against it")
    unweighed = sum(not element.mass for element in brought)
    if unweighed:
        assumed.append(f"{unweighed} of {len(brought)} elements have no mass")
    guessed = sum(
        confidence(f"element.{element.id}.mass") != "published" for element in brought if element.mass
    )
    if guessed:
        assumed.append(f"masses of {guessed} of {len(brought)} elements (not published)")
    return assumed
