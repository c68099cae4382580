"""Whose antennas the data of a station arrive at: its network run by store and forward, told by partner."""

import numpy as np

from moonstation.links.results import DELIVERED
from moonstation.partners.data_rights import Arrival, DataCheck, Passage, check_data
from moonstation.partners.holdings import NOBODY
from moonstation.station.model import Station
from moonstation.study.link_contacts import link_span, station_contacts
from moonstation.study.network import outcomes, station_scene
from moonstation.study.run import Progress

DAY = 86_400.0


def data_of_partners(
    station: Station, *, start: str | None = None, days: float, progress: Progress
) -> DataCheck:
    """Run the network of a station and hold the rights to data against where these arrive.

    Parameters
    ----------
    station : Station
        As loaded.
    start : str, optional
        First instant; the station's if not given.
    days : float
        Length of the run.
    progress : callable
        Called with the name of a stage and the share of the whole done, 0 to 1.

    Raises
    ------
    MoonstationError
        If the network cannot be run; says what and the cure.
    """
    first, last = link_span(station, start, days)
    contacts = station_contacts(
        station, first, last, progress=lambda stage, part: progress(stage, 0.5 * part)
    )
    scene = station_scene(contacts)
    run = outcomes(scene, progress=lambda stage, part: progress(stage, 0.5 + 0.5 * part))[0].run
    owner = {antenna.id: antenna.partner or NOBODY for antenna in station.ground_stations}
    relay = {orbiter.id: orbiter.partner for orbiter in station.orbiters}
    size, late = run.size, run.latency
    made: dict[str, float] = {}
    came: dict[tuple[str, str], list[int]] = {}
    passed: dict[tuple[str, str], float] = {}
    for index, bundle in enumerate(run.bundles):
        made[bundle.source] = made.get(bundle.source, 0.0) + bundle.size
        if run.status[index] != DELIVERED:
            continue
        way = [run.nodes[node] for node in run.path[index]]
        # the last node before the Earth is the antenna
        came.setdefault((bundle.source, owner[way[-2]]), []).append(index)
        for partner in {relay[node] for node in way[1:-2] if relay.get(node)}:
            key = bundle.source, partner
            passed[key] = passed.get(key, 0.0) + bundle.size
    delivered: dict[str, float] = {}
    received: dict[str, float] = {}
    arrivals = []
    for (source, partner), places in came.items():
        bits = float(np.sum(size[places]))
        delivered[source] = delivered.get(source, 0.0) + bits
        received[partner] = received.get(partner, 0.0) + bits
        arrivals.append(Arrival(source, partner, bits / made[source], float(np.median(late[places]))))
    whole = sum(received.values())
    return check_data(
        station,
        arrivals,
        [Passage(source, partner, bits / delivered[source]) for (source, partner), bits in passed.items()],
        received={partner: bits / whole for partner, bits in received.items()},
        days=(last.tdb_s - first.tdb_s) / DAY,
        notes=[*scene.notes, "elements of a site share its ways: their data arrive in the same proportions"],
    )
