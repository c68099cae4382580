"""A station made ready to be lived through: its light and contacts over years, and what is taken away from it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.links.contacts import Contact, SurfaceAntenna, find_contacts
from moonstation.simulation.life import YEAR, Life, life_of
from moonstation.spacetime.steps import share_of_steps
from moonstation.station.model import Station
from moonstation.study.flights import Flights
from moonstation.study.ground import Ground, site_grounds, terrain_notes
from moonstation.study.light import array_light
from moonstation.study.links import Links
from moonstation.study.losses import Loss, gone_since, stations_gone
from moonstation.study.run import Progress, StudySpan
from moonstation.sunlight.light import site_light


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
    notes : tuple of str
        Limits of the figures.
    """

    station: Station
    span: StudySpan
    grounds: dict[str, Ground]
    array_light: dict[str, FloatArray]
    contacts: tuple[Contact, ...]
    notes: tuple[str, ...]

    def life(self, losses: Sequence[Loss] = ()) -> Life:
        """The station ready to be lived through, without what it loses."""
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
    notes = terrain_notes(grounds, windowed=[site.id for site in station.sites if site.terrain])
    if station.orbiters and span.stop - span.start > YEAR:
        notes.append(
            "Orbiters are kept: each year they fly as in the first; the propellant of that is not counted."
        )
    return LifeScene(station, span, grounds, light, tuple(contacts), tuple(notes))


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
