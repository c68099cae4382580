"""A station made ready to be lived through: its light and contacts over years, and what is taken away from it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.links.contacts import Contact, SurfaceAntenna, find_contacts
from moonstation.simulation.life import YEAR, Life
from moonstation.simulation.life_tables import life_of
from moonstation.spacetime.steps import SLACK, share_of_steps
from moonstation.station.elements import COLDEST, HOTTEST
from moonstation.station.model import Station
from moonstation.study.flights import Flights
from moonstation.study.ground import Ground, site_grounds, terrain_notes
from moonstation.study.heat import LONGEST_STEP, HeatResult, NodeRun, element_heaters, study_heat
from moonstation.study.light import array_light
from moonstation.study.links import Links
from moonstation.study.losses import Loss, gone_since, stations_gone, visits_gone
from moonstation.study.places import Place
from moonstation.study.run import Progress, StudySpan
from moonstation.sunlight.light import site_light

HEAT_STEP = 3600.0
"""Step of the ground and of thermal nodes [s]; heaters hold for each."""


@dataclass(frozen=True, eq=False)
class LifeScene:
    """A station with what the sky and the ground allow it over a span.

    Attributes
    ----------
    station : Station
        As loaded.
    span : StudySpan
        Instants.
    grounds : dict of str to Ground
        Terrain of each site.
    array_light : dict of str to (n,) array
        Irradiance on each element's array as share of 1361 W/m2.
    contacts : tuple of Contact
        All contacts of the span.
    heaters : dict of str to (n,) array
        Power of the heaters of elements with thermal nodes [W].
    battery_warmth : dict of str to (m,) array
        Hourly temperatures of batteries in elements with thermal nodes [K].
    notes : tuple of str
        Limits of the figures.
    """

    station: Station
    span: StudySpan
    grounds: dict[str, Ground]
    array_light: dict[str, FloatArray]
    contacts: tuple[Contact, ...]
    heaters: dict[str, FloatArray]
    battery_warmth: dict[str, FloatArray]
    notes: tuple[str, ...]

    def life(self, losses: Sequence[Loss] = (), *, assumptions: bool = False) -> Life:
        """The station ready to be lived through, without what it loses.

        Parameters
        ----------
        losses : sequence of Loss
            What is taken away from it.
        assumptions : bool
            Whether each value that is an assumption is drawn anew in each run, see `moonstation.simulation.ranges`.
        """
        station, et = self.station, self.span.et
        silent = stations_gone(losses, self.span.start)
        kept = [
            contact if contact.to_id not in silent else _until(contact, silent[contact.to_id])
            for contact in self.contacts
            if contact.start < silent.get(contact.to_id, np.inf)
        ]
        links = Links(station, kept)
        sites = [site.id for site in station.sites]
        return life_of(
            station,
            times_s=et,
            array_light=self.array_light,
            ground_contact={site: share_of_steps(links.to_ground(site), et) for site in sites},
            through_contact={
                (site, relay): share_of_steps(links.through(site, relay), et)
                for site in sites
                for relay in links.relays
            },
            gone=gone_since(losses, self.span.start),
            called_off=visits_gone(losses, self.span.start),
            heaters=self.heaters,
            battery_warmth=self.battery_warmth,
            assumptions=assumptions,
        )


def life_scene(station: Station, span: StudySpan, *, progress: Progress) -> LifeScene:
    """Light and contacts of a station over years.

    Orbiters with elements fly the same way against the stars every year as in the first: free of corrections few orbits
    last for years, and a station that lasts has to keep them. What that costs is told by `moonstation orbit find`, not
    here. Halo orbits and their kin are kept as in the study, and files are taken as they are.

    Parameters
    ----------
    station : Station
        As loaded.
    span : StudySpan
        Instants, see `moonstation.study.run.study_span`.
    progress : callable
        Called with the name of a stage and the share of the whole done, 0 to 1.

    Raises
    ------
    MoonstationError
        If something of the station cannot be studied; says what and the cure.
    """
    progress("terrain and horizons", 0.0)
    grounds = site_grounds(station, progress=lambda share: progress("terrain and horizons", 0.1 * share))
    progress("sunlight", 0.1)
    lights = {site: site_light(ground.site, span.et) for site, ground in grounds.items()}
    light = array_light(station, grounds, lights)
    contacts = _contacts(station, span, grounds, progress)
    heaters, warmth = _heat(station, span, grounds, progress)
    notes = terrain_notes(grounds, windowed=[site.id for site in station.sites if site.terrain])
    if station.orbiters and span.stop - span.start > YEAR:
        notes.append(
            "Orbiters are kept: each year they fly as in the first; the propellant of that is not counted."
        )
    if heaters:
        notes.append(
            f"Heaters of {', '.join(heaters)} are loads hour by hour, beside nominal and survival loads, as in "
            "'moonstation heat': what works inside warms it all the time."
        )
    return LifeScene(station, span, grounds, light, tuple(contacts), heaters, warmth, tuple(notes))


def _heat(
    station: Station, span: StudySpan, grounds: dict[str, Ground], progress: Progress
) -> tuple[dict[str, FloatArray], dict[str, FloatArray]]:
    """Heaters in each step, and how warm batteries are, of elements with thermal nodes."""
    noded = {node.element for node in station.thermal_nodes}
    places = [
        Place(site.id, site.name, site.height, grounds[site.id], station)
        for site in station.sites
        if any(element.site == site.id and element.id in noded for element in station.elements)
    ]
    if not places:
        return {}, {}
    step = min(max(HEAT_STEP, span.step_s), LONGEST_STEP)
    result = study_heat(
        places,
        span.start,
        span.stop,
        step=step,
        progress=lambda name, share: progress(f"heat of {name}", 0.9 + 0.1 * share),
    )
    hour = np.minimum((span.et - span.et[0] + SLACK) // step, result.span.et.size - 1).astype(np.int64)
    heaters = {name: power[hour] for name, power in element_heaters(result).items()}
    warmth = {}
    for element in station.elements:
        if element.id in noded and element.battery_ageing == "li-ion" and element.battery_temperature is None:
            temperature = _battery_node(result, element.id).temperature
            there = temperature[np.isfinite(temperature)]
            if there.size:
                # the law of ageing holds between these
                warmth[element.id] = np.clip(there, COLDEST, HOTTEST)
    return heaters, warmth


def _battery_node(result: HeatResult, element: str) -> NodeRun:
    """The node that keeps an element's battery: the first with a heater, or the first."""
    runs = [run for run in result.nodes if run.element.id == element]
    return next((run for run in runs if run.node.heater > 0.0), runs[0])


def _contacts(
    station: Station, span: StudySpan, grounds: dict[str, Ground], progress: Progress
) -> list[Contact]:
    antennas = {
        spec.id: SurfaceAntenna(grounds[spec.id].site, grounds[spec.id].horizon, spec.height)
        for spec in station.sites
    }
    stations = {spec.id: spec.station() for spec in station.ground_stations}
    length = span.stop - span.start
    pieces = max(1, int(np.ceil(length / YEAR - 0.01)))
    # the last piece may be a little longer than a year
    longest = length - (pieces - 1) * YEAR if pieces > 1 else length
    first_year = span.start + max(longest, min(length, YEAR))
    free = [
        orbiter for orbiter in station.orbiters if orbiter.kind == "elements" and orbiter.ephemeris is None
    ]
    others = [orbiter for orbiter in station.orbiters if orbiter not in free]
    with Flights(free, start=span.start, stop=first_year) as flights:
        flown = flights.flown(lambda share: progress("orbits", 0.2 + 0.1 * share))
    found: list[Contact] = []
    for piece in range(pieces):
        begin = span.start + piece * YEAR
        end = span.stop if piece == pieces - 1 else begin + YEAR
        trajectories = {
            name: replace(flight.trajectory, et=flight.trajectory.et + piece * YEAR)
            for name, flight in flown.items()
        }
        if others:
            with Flights(others, start=begin, stop=end) as flights:
                kept = flights.flown(lambda share: None)
            trajectories |= {name: flight.trajectory for name, flight in kept.items()}
        found += find_contacts(antennas, trajectories, stations, start=begin.tdb_s, stop=end.tdb_s)
        progress("orbits and contacts", 0.3 + 0.7 * (piece + 1) / pieces)
    return found


def _until(contact: Contact, stop: float) -> Contact:
    return Contact(
        contact.from_id,
        contact.to_id,
        contact.kind,
        contact.start,
        min(contact.stop, stop),
        contact.max_elevation,
        contact.clipped,
    )
