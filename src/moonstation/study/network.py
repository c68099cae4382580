"""The network of a station or of a contact plan: its nodes, what they make and keep, and what is lost without some."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from moonstation.errors import RequestError
from moonstation.links.bundles import Bundle, Traffic, cut_bundles
from moonstation.links.flow import FlowResult, most_delivered
from moonstation.links.network import run_network
from moonstation.links.plan import ContactPlan, PlannedContact, one_receiver_at_a_time
from moonstation.links.plan_files import LoadedPlan
from moonstation.links.results import NetworkRun
from moonstation.spacetime.epochs import Epoch
from moonstation.station.model import Station
from moonstation.study.link_contacts import USUAL_RATES, LinkContacts, rate_words

EARTH = "earth"
"""Where ground stations deliver."""

EARTH_RATE = 1e18
"""Rate from a ground station to there [bit/s]: nothing waits."""

USUAL_BUNDLES = 50_000
"""Bundles that all data are cut into unless the user says how large they are."""

SHORTEST_BUNDLE = 1.0
"""Those take a source no less time to send [s]."""

PARTNER = "partner:"
COLUMNS = {"site": 0, "orbiter": 1, "ground": 2, EARTH: 3}


@dataclass(frozen=True, eq=False)
class NetworkScene:
    """A network and what is asked of it.

    Attributes
    ----------
    name : str
        For headings.
    contacts : ContactPlan
        All contacts, as if each had an antenna of its own.
    shared : tuple of frozenset of str
        Groups of receivers of which a sender serves one at a time.
    traffic : tuple of Traffic
        What is made.
    storage : dict of str to float
        Memory of nodes [bit]; nodes not named have room for everything.
    partners : dict of str to str
        Partner of each node, where known.
    columns : dict of str to int
        Where nodes stand in a picture, from sources to the Earth.
    start, stop : float
        The span [s].
    absolute : bool
        Whether times are TDB past J2000; otherwise past the plan's own zero.
    notes : tuple of str
        What has to be said beside the figures.
    """

    name: str
    contacts: ContactPlan
    shared: tuple[frozenset[str], ...]
    traffic: tuple[Traffic, ...]
    storage: dict[str, float]
    partners: dict[str, str]
    columns: dict[str, int]
    start: float
    stop: float
    absolute: bool
    notes: tuple[str, ...]

    def plan(self) -> ContactPlan:
        """Contacts that can be used at once."""
        plan = self.contacts
        for receivers in self.shared:
            plan = one_receiver_at_a_time(plan, receivers)
        return plan

    def bundles(self, size: float | None = None) -> list[Bundle]:
        """What is made, in pieces of a size [bit]; of the usual time to send if none is given."""
        sizes = [self.usual_time() * rate for rate in self._usual_rates()] if size is None else size
        return [
            # what is there from the start was made before it, and counts from then on
            replace(one, created=self.start, expires=one.expires + self.start - one.created)
            if one.created < self.start
            else one
            for one in cut_bundles(self.traffic, size=sizes)
        ]

    def usual_time(self) -> float:
        """How long bundles take their sources to send [s], so that there are `USUAL_BUNDLES` of them or fewer.

        Time and not size, since a size that suits a fast link would never fit into the contacts of a slow one.
        """
        whole = sum(made.volume / rate for made, rate in zip(self.traffic, self._usual_rates(), strict=True))
        return max(SHORTEST_BUNDLE, whole / USUAL_BUNDLES)

    def _usual_rates(self) -> list[float]:
        """Rate by which each traffic leaves its source half of the time; that of its making where it cannot [bit/s]."""
        plan = self.contacts
        rates = []
        for made in self.traffic:
            own = plan.sender == plan.place(made.source)
            order = np.argsort(plan.rate[own], kind="stable")
            long = np.cumsum((plan.stop - plan.start)[own][order])
            half = int(np.searchsorted(long, 0.5 * long[-1])) if long.size else 0
            rates.append(float(plan.rate[own][order][half]) if long.size else made.rate)
        return rates

    def without(self, what: str) -> "NetworkScene":
        """The network without a node, or, as "partner:ID", without all that a partner provides.

        Raises
        ------
        RequestError
            If nothing of that name is in it.
        """
        gone = self.named(what)
        return replace(
            self,
            contacts=self.contacts.without(gone),
            traffic=tuple(made for made in self.traffic if made.source not in gone),
        )

    def named(self, what: str) -> list[str]:
        """Nodes that a node's id, or "partner:ID", stands for."""
        if not what.startswith(PARTNER):
            self.contacts.place(what)
            return [what]
        partner = what.removeprefix(PARTNER)
        nodes = [node for node, owner in self.partners.items() if owner == partner]
        if not nodes:
            known = ", ".join(dict.fromkeys(owner for owner in self.partners.values() if owner))
            cure = f"partners with nodes are {known}" if known else "no partner is known; name nodes"
            raise RequestError(f"--without {what}: no orbiter or ground station of that partner; {cure}")
        return nodes


def station_scene(
    run: LinkContacts,
    rates: str = USUAL_RATES,
    *,
    lifetime: float = math.inf,
    planned: Sequence[PlannedContact] | None = None,
) -> NetworkScene:
    """The network of a station, all data for the Earth.

    Every element makes data at its nominal rate from its arrival on, every orbiter at its own; a site's memory is
    that of its elements together. A sender serves one ground station and one relay at a time; ground stations and
    relays hear several senders at once.

    Parameters
    ----------
    run : LinkContacts
        Contacts over the span.
    rates : str
        What rates rest on, one of `moonstation.links.rates.RATES`.
    lifetime : float
        How long data are of use [s].
    planned : sequence of PlannedContact, optional
        What can be sent, where that is known already.
    """
    station = run.station
    start, stop = run.start.tdb_s, run.stop.tdb_s
    ground = [spec.id for spec in station.ground_stations]
    relays = {orbiter.id for orbiter in station.orbiters if orbiter.relay}
    passing = {orbiter.id for orbiter in station.orbiters} - relays
    pieces = run.planned(rates) if planned is None else planned
    taken = [contact for contact in pieces if contact.to_id not in passing]
    nodes = [part.id for part in (*station.sites, *station.orbiters, *station.ground_stations)]
    home = [PlannedContact(node, EARTH, start - 10.0, stop + 10.0, EARTH_RATE) for node in ground]
    storage = _storage(station)
    owners = {orbiter.id: orbiter.partner for orbiter in station.orbiters}
    owners |= {antenna.id: antenna.partner for antenna in station.ground_stations}
    notes = [
        *(rate_words(run, rates) if planned is None else ()),
        "elements make data at their nominal rate all the time",
        "one link to the Earth and one to a relay at a time for each sender; receivers hear several at once",
    ]
    if endless := [name for name, memory in storage.items() if memory <= 0.0]:
        notes.append(f"no memory is given for {', '.join(endless)}: taken as endless")
    return NetworkScene(
        name=station.name,
        contacts=ContactPlan.of([*taken, *home], nodes=[*nodes, EARTH]),
        shared=(frozenset(ground), frozenset(relays)),
        traffic=tuple(_traffic(station, start, stop, lifetime)),
        storage={name: memory for name, memory in storage.items() if memory > 0.0},
        partners={name: partner for name, partner in owners.items() if partner},
        columns={node: COLUMNS[kind] for node, kind in _kinds(station).items()},
        start=start,
        stop=stop,
        absolute=True,
        notes=(*run.notes, *notes),
    )


def _kinds(station: Station) -> dict[str, str]:
    kinds = {spec.id: "site" for spec in station.sites} | {spec.id: "orbiter" for spec in station.orbiters}
    return kinds | {spec.id: "ground" for spec in station.ground_stations} | {EARTH: EARTH}


def _storage(station: Station) -> dict[str, float]:
    """Memory of nodes that make or pass on data [bit]; 0 where none is given."""
    storage: dict[str, float] = {}
    for element in station.elements:
        if element.data_rate_nominal > 0.0 or element.data_storage > 0.0:
            storage[element.site] = storage.get(element.site, 0.0) + element.data_storage
    for orbiter in station.orbiters:
        if orbiter.relay or orbiter.data_rate > 0.0:
            storage[orbiter.id] = orbiter.data_storage
    return storage


def _traffic(station: Station, start: float, stop: float, lifetime: float) -> list[Traffic]:
    """Data by site and arrival, and of orbiters."""
    rates: dict[tuple[str, float], float] = {}
    for element in station.elements:
        there = start if element.arrives is None else max(start, Epoch.parse(element.arrives).tdb_s)
        if element.data_rate_nominal > 0.0 and there < stop:
            rates[element.site, there] = rates.get((element.site, there), 0.0) + element.data_rate_nominal
    for orbiter in station.orbiters:
        if orbiter.data_rate > 0.0:
            rates[orbiter.id, start] = orbiter.data_rate
    return [
        Traffic(source, EARTH, rate, there, stop, lifetime=lifetime)
        for (source, there), rate in rates.items()
    ]


def plan_scene(name: str, loaded: LoadedPlan, *, earth: Sequence[str] = ()) -> NetworkScene:
    """The network of a contact plan, nothing asked of it yet.

    Parameters
    ----------
    name : str
        For headings.
    loaded : LoadedPlan
        The plan; its contacts can all be used at once.
    earth : sequence of str
        Nodes that deliver to the Earth, which becomes a node of its own.
    """
    plan = loaded.plan
    if EARTH in plan.nodes and earth:
        raise RequestError(
            f"--earth {earth[0]}: the plan has a node {EARTH!r} of its own; leave the option out"
        )
    start, stop = float(np.min(plan.start)), float(np.max(plan.stop + plan.owlt))
    if earth:
        for node in earth:
            plan.place(node)
        home = [PlannedContact(node, EARTH, start - 10.0, stop + 10.0, EARTH_RATE) for node in earth]
        plan = ContactPlan.of([*plan.contacts(), *home])
    return NetworkScene(
        name=name,
        contacts=plan,
        shared=(),
        traffic=(),
        storage={},
        partners={},
        columns={},
        start=start,
        stop=stop,
        absolute=loaded.absolute,
        notes=loaded.notes,
    )


@dataclass(frozen=True, eq=False)
class Outcome:
    """What a network brings home, as it is or without some of it.

    Attributes
    ----------
    without : tuple of str
        What is left out, as asked for; empty for the whole.
    nodes : tuple of str
        The nodes that are.
    run : NetworkRun
        Store and forward.
    most : FlowResult or None
        The most that could be brought home, where asked for.
    """

    without: tuple[str, ...]
    nodes: tuple[str, ...]
    run: NetworkRun
    most: FlowResult | None


def outcomes(
    scene: NetworkScene,
    without: Iterable[str] = (),
    *,
    size: float | None = None,
    most: bool = False,
    progress: Callable[[str, float], None] | None = None,
) -> list[Outcome]:
    """What a network brings home as it is, and without each of some parts.

    Parameters
    ----------
    scene : NetworkScene
        The network.
    without : iterable of str
        Parts, each left out alone: nodes, or "partner:ID".
    size : float, optional
        Of bundles [bit]; such that they take the usual time to send if not given.
    most : bool
        Whether the largest flow is computed, too; needs one destination.
    progress : callable, optional
        Called with what is being done and the share done, 0 to 1.

    Raises
    ------
    RequestError
        If a part is unknown, or there are several destinations for a largest flow.
    """
    parts: list[str] = list(without)
    cases = [((), scene), *(((part,), scene.without(part)) for part in parts)]
    found = []
    for done, (gone, case) in enumerate(cases):
        words = f"without {gone[0]}" if gone else "store and forward"

        def tell(share: float, words: str = words, done: int = done) -> None:
            if progress is not None:
                progress(words, (done + 0.8 * share) / len(cases))

        plan = case.plan()
        run = run_network(plan, case.bundles(size), storage=case.storage, stop=scene.stop, progress=tell)
        flow = largest_flow(case, plan) if most and case.traffic else None
        found.append(Outcome(gone, tuple(node for part in gone for node in scene.named(part)), run, flow))
    return found


def largest_flow(scene: NetworkScene, plan: ContactPlan, *, endless: bool = False) -> FlowResult:
    """The most that can be brought home by the end of the span.

    Parameters
    ----------
    scene : NetworkScene
        What is made and kept.
    plan : ContactPlan
        Its contacts that can be used at once.
    endless : bool
        Whether sources never run dry.
    """
    destinations = list(dict.fromkeys(made.destination for made in scene.traffic))
    if len(destinations) != 1:
        raise RequestError(
            f"--max-flow: data go to {', '.join(destinations) or 'no node'}; it is defined for one destination"
        )
    traffic: Sequence[Traffic] = scene.traffic
    storage: Mapping[str, float] = scene.storage
    if endless:
        sources = dict.fromkeys(made.source for made in scene.traffic)
        traffic = [Traffic(source, destinations[0], math.inf, scene.start, scene.stop) for source in sources]
        storage = {node: memory for node, memory in storage.items() if node not in sources}
    return most_delivered(plan, traffic, destinations[0], storage=storage, stop=scene.stop)
