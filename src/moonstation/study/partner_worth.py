"""What partners are worth by power and data: measures that take the light and the contacts of the station."""

from dataclasses import replace

from moonstation.partners.capability import working_parts
from moonstation.partners.holdings import bearers
from moonstation.partners.worth import Worth
from moonstation.simulation.power import run_power
from moonstation.station.model import Station
from moonstation.study.ground import site_grounds
from moonstation.study.light import array_light
from moonstation.study.link_contacts import link_span, station_contacts
from moonstation.study.network import largest_flow, station_scene
from moonstation.study.run import Progress, study_span
from moonstation.sunlight.light import site_light

DAY = 86_400.0


def energy_worth(station: Station, *, days: float, step: str = "1 h", progress: Progress) -> Worth:
    """Energy that loads are served, a day on average, with the light and the stores of the station.

    Parameters
    ----------
    station : Station
        As loaded.
    days : float
        How long from its start.
    step : str
        Of time, with its unit.
    progress : callable
        Called with the name of a stage and the share of the whole done, 0 to 1.
    """
    span = study_span(station, days=days, step=step)
    grounds = site_grounds(station, progress=lambda share: progress("terrain and horizons", 0.5 * share))
    progress("sunlight", 0.5)
    lights = {name: site_light(ground.site, span.et) for name, ground in grounds.items()}
    light = array_light(station, grounds, lights)
    progress("sunlight", 1.0)

    def of(part: Station) -> float:
        run = run_power(part.elements, times_s=span.et, array_light=light)
        return sum(bus.energy.served for bus in run.values()) / 3.6e6 / (span.stop - span.start) * DAY

    return Worth(
        "energy",
        "kWh per day",
        f"energy that loads are served, with sunlight and stores over {days:g} d",
        of,
    )


def data_worth(station: Station, *, days: float, progress: Progress) -> Worth:
    """The most data that can be brought home, a day on average.

    Parameters
    ----------
    station : Station
        As loaded.
    days : float
        How long from its start.
    progress : callable
        Called with the name of a stage and the share of the whole done, 0 to 1.
    """
    first, last = link_span(station, None, days)
    run = station_contacts(station, first, last, progress=progress)
    planned = run.planned()
    every = {row.id for row in bearers(station)}
    # a site sends as long as an element works that carries a radio or has a rate of its own
    radios = {radio.on for radio in station.radios}
    sending = {e.id: e.site for e in station.elements if e.id in radios or e.earth_rate or e.relay_rate}
    silent = {site.id for site in station.sites} - radios

    def of(part: Station) -> float:
        there = {row.id for row in bearers(part)}
        works = working_parts(station, every - there)
        left = replace(part, elements=[element for element in part.elements if element.id in works])
        ends = {row.id for row in (*left.sites, *left.orbiters, *left.ground_stations)}
        ends -= silent - {site for element, site in sending.items() if element in works}
        pieces = [piece for piece in planned if {piece.from_id, piece.to_id} <= ends]
        scene = station_scene(replace(run, station=left), planned=pieces)
        if not scene.traffic or not len(scene.contacts):
            return 0.0
        return largest_flow(scene, scene.plan()).volume / 1e9 / (last.tdb_s - first.tdb_s) * DAY

    return Worth("data", "Gbit per day", f"the most data that can be brought to Earth over {days:g} d", of)
