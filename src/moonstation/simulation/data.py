"""Data of a station through time: made, stored, sent to ground or through relays, first in first out.

Assumptions and limits
----------------------
- Values at an instant hold over the step that begins there; a contact counts by the share of the step it
  fills, and what is made and what is sent within a step are taken as even over it: ages are exact at
  instants, and what a step makes may go in the same step.
- A site sends to ground over one link at a time at the rate of its best element, and at the same time to one
  relay: the one that can take most in the step, the earlier in the list of equals. Ground comes first.
- Rates are those that link budgets give where these are known, else the fixed ones of elements and orbiters.
- An element makes data by the mode of its bus; while its bus cannot serve every load it makes none and its
  radio is off.
- A site's memory is that of all its elements together. What finds it full is lost, the newest first.
- A relay takes no more than it has room for and can receive (all sites together, in the order of the list),
  so nothing of a site is lost on the way. Its own data comes first into its memory. Data may pass straight
  through.
- Two sites or orbiters that use one ground antenna at once do not hinder each other. No retransmission, no
  protocol overhead, no light time.
- An orbiter without a rate to the ground is no relay: nothing would come out. One without `relay_rate` takes from
  budgets what comes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from moonstation.arrays import AnyArray, FloatArray
from moonstation.errors import RequestError
from moonstation.simulation._kernels import pass_data
from moonstation.simulation.instants import present
from moonstation.simulation.power import NOMINAL, SURVIVAL, UNSERVED
from moonstation.spacetime.steps import even_step
from moonstation.station.elements import Element
from moonstation.station.model import Orbiter

NOTHING: Mapping[str, FloatArray] = MappingProxyType({})
NOTHING_TO_RELAYS: Mapping[tuple[str, str], FloatArray] = MappingProxyType({})


@dataclass(frozen=True)
class DataRun:
    """Data of one site or orbiter through time; ``made = delivered + waiting + lost``.

    Attributes
    ----------
    id : str
        Of the site or orbiter.
    kind : str
        "site" or "orbiter".
    times_s : (n,) array
        Instants [s, TDB past J2000]; each opens a step of length `step`.
    step : float
        [s]
    made, sent, delivered, lost : (n,) array
        Made in the step, sent over any link, arrived on the ground and lost [bit].
    stored, relayed : (n,) array
        Of its data at each instant: in its own memory, and in the memory of relays [bit].
    memory_used : (n,) array
        What its memory holds at each instant, of all sources [bit].
    age, age_unsent : (n,) array
        Age at each instant of its oldest data not yet on the ground, and not yet sent at all [s]; 0 without
        any.
    waiting_end : float
        Not yet on the ground after the last step [bit].
    age_longest, age_longest_at : float
        Greatest `age`, the end of the run included [s], and when [s, TDB past J2000].
    age_unsent_longest : float
        Greatest `age_unsent`, the end of the run included [s].
    made_total, delivered_total, lost_total : float
        [bit]
    delivered_share : float
        Of what was made; nan if nothing was.
    """

    id: str
    kind: str
    times_s: FloatArray
    step: float
    made: FloatArray
    sent: FloatArray
    delivered: FloatArray
    lost: FloatArray
    stored: FloatArray
    relayed: FloatArray
    memory_used: FloatArray
    age: FloatArray
    age_unsent: FloatArray
    waiting_end: float
    age_longest: float
    age_longest_at: float
    age_unsent_longest: float
    made_total: float
    delivered_total: float
    lost_total: float
    delivered_share: float


@dataclass(frozen=True)
class DataRuns:
    """Data of all sites and orbiters.

    Attributes
    ----------
    sites, orbiters : dict of str to DataRun
        By id.
    """

    sites: dict[str, DataRun]
    orbiters: dict[str, DataRun]


def run_data(
    elements: Sequence[Element],
    orbiters: Sequence[Orbiter],
    *,
    times_s: FloatArray,
    modes: Mapping[str, AnyArray],
    ground_contact: Mapping[str, FloatArray],
    relay_contact: Mapping[tuple[str, str], FloatArray],
    downlink_contact: Mapping[str, FloatArray],
    ground_volume: Mapping[str, FloatArray] = NOTHING,
    relay_volume: Mapping[tuple[str, str], FloatArray] = NOTHING_TO_RELAYS,
) -> DataRuns:
    """Run the data of every site and orbiter through time.

    Parameters
    ----------
    elements : sequence of Element
        Elements of the station; their sites are the sites of the run.
    orbiters : sequence of Orbiter
        Orbiters; those with ``relay`` pass on the data of sites.
    times_s : (n,) array
        Instants, TDB seconds past J2000, evenly spaced.
    modes : mapping of str to (n,) array
        Mode of each bus (see `power.PowerRun.mode`).
    ground_contact : mapping of str to (n,) array
        Share of each step in which a site has any ground station; a site not named has none.
    relay_contact : mapping of (site, orbiter) to (n,) array
        Share of each step in which a site has that orbiter; a pair not named never meets.
    downlink_contact : mapping of str to (n,) array
        Share of each step in which an orbiter has any ground station; one not named has none.
    ground_volume : mapping of str to (n,) array
        What an element, a site with a radio of its own, or an orbiter can send to ground in each step by link budgets
        [bit]; leave its site or itself out of the contacts at fixed rates then.
    relay_volume : mapping of (str, str) to (n,) array
        The same of an element or site to an orbiter.

    Raises
    ------
    RequestError
        If a series is missing for a bus, or does not fit the instants.
    """
    step = even_step(times_s)
    n = times_s.size
    sites = list(dict.fromkeys(element.site for element in elements))
    zero = np.zeros(n)
    made = np.zeros((len(sites), n))
    storage = np.zeros((len(sites), n))
    earth_rate = np.zeros((len(sites), n))
    relay_rate = np.zeros((len(sites), n))
    by_budget = np.zeros((len(sites), n))
    to_relay = np.zeros((len(sites), len(orbiters), n))
    for s, site in enumerate(sites):
        by_budget[s] = ground_volume.get(site, 0.0)
        for r, orbiter in enumerate(orbiters):
            to_relay[s, r] = relay_volume.get((site, orbiter.id), 0.0)
    for element in elements:
        s = sites.index(element.site)
        here = present(element, times_s)
        mode = _mode_of(element, n, modes)
        awake = here & (mode != UNSERVED)
        made[s] += np.where(here & (mode == NOMINAL), element.data_rate_nominal * step, 0.0)
        made[s] += np.where(here & (mode == SURVIVAL), element.data_rate_survival * step, 0.0)
        storage[s] += np.where(here, element.data_storage, 0.0)
        earth_rate[s] = np.maximum(earth_rate[s], np.where(awake, element.earth_rate, 0.0))
        relay_rate[s] = np.maximum(relay_rate[s], np.where(awake, element.relay_rate, 0.0))
        by_budget[s] = np.maximum(by_budget[s], np.where(awake, ground_volume.get(element.id, 0.0), 0.0))
        for r, orbiter in enumerate(orbiters):
            volume = np.where(awake, relay_volume.get((element.id, orbiter.id), 0.0), 0.0)
            to_relay[s, r] = np.maximum(to_relay[s, r], volume)

    ground = earth_rate * step
    for s, site in enumerate(sites):
        ground[s] *= _contact(ground_contact.get(site, zero), n, site)
    ground = np.maximum(ground, by_budget)
    relay = np.zeros((len(sites), len(orbiters), n))
    for r, orbiter in enumerate(orbiters):
        if not (orbiter.relay and (orbiter.earth_rate > 0.0 or orbiter.id in ground_volume)):
            continue
        for s, site in enumerate(sites):
            contact = _contact(relay_contact.get((site, orbiter.id), zero), n, f"{site} to {orbiter.id}")
            fixed = np.minimum(relay_rate[s], orbiter.relay_rate) * step * contact
            relay[s, r] = np.maximum(fixed, to_relay[s, r])
    downlink = np.array(
        [
            np.maximum(
                o.earth_rate * step * _contact(downlink_contact.get(o.id, zero), n, o.id),
                ground_volume.get(o.id, zero),
            )
            for o in orbiters
        ]
    ).reshape(len(orbiters), n)
    heard = {relay for _, relay in relay_volume}
    takes = [np.inf if o.id in heard and not o.relay_rate else o.relay_rate * step for o in orbiters]
    relay_made = np.array([np.full(n, o.data_rate * step) for o in orbiters]).reshape(len(orbiters), n)

    sent, delivered, lost, stored, aboard, age_unsent, age = pass_data(
        made,
        storage,
        ground,
        relay,
        relay_made,
        np.array([o.data_storage for o in orbiters], dtype=np.float64),
        np.array(takes, dtype=np.float64),
        downlink,
        step,
    )
    nothing = np.zeros(n + 1)
    site_runs = {
        site: _run(
            site,
            "site",
            times_s,
            step,
            made=made[s],
            sent=sent[s],
            delivered=delivered[s],
            lost=lost[s],
            stored=stored[s],
            relayed=aboard[s],
            memory_used=stored[s],
            age=age[s],
            age_unsent=age_unsent[s],
        )
        for s, site in enumerate(sites)
    }
    orbiter_runs = {
        orbiter.id: _run(
            orbiter.id,
            "orbiter",
            times_s,
            step,
            made=relay_made[r],
            sent=delivered[len(sites) + r],
            delivered=delivered[len(sites) + r],
            lost=lost[len(sites) + r],
            stored=aboard[len(sites) + r],
            relayed=nothing,
            memory_used=stored[len(sites) + r],
            age=age[len(sites) + r],
            age_unsent=age[len(sites) + r],
        )
        for r, orbiter in enumerate(orbiters)
    }
    return DataRuns(site_runs, orbiter_runs)


def _mode_of(element: Element, n: int, modes: Mapping[str, AnyArray]) -> AnyArray:
    mode = modes.get(element.bus)
    if mode is None or mode.shape != (n,):
        raise RequestError(
            f"element {element.id}: give the modes of its bus {element.bus}, one for each of {n} instants"
        )
    return mode


def _contact(share: FloatArray, n: int, what: str) -> FloatArray:
    if share.shape != (n,) or not bool(np.all((share >= 0.0) & (share <= 1.0))):
        raise RequestError(
            f"contact of {what}: give a share from 0 to 1 for each of {n} instants (share_of_steps)"
        )
    return share


def _run(
    name: str,
    kind: str,
    times_s: FloatArray,
    step: float,
    *,
    made: FloatArray,
    sent: FloatArray,
    delivered: FloatArray,
    lost: FloatArray,
    stored: FloatArray,
    relayed: FloatArray,
    memory_used: FloatArray,
    age: FloatArray,
    age_unsent: FloatArray,
) -> DataRun:
    made_total = float(np.sum(made))
    waiting_end = float(stored[-1] + relayed[-1])
    lost_total = float(np.sum(lost))
    oldest = int(np.argmax(age))
    return DataRun(
        id=name,
        kind=kind,
        times_s=times_s,
        step=step,
        made=made,
        sent=sent,
        delivered=delivered,
        lost=lost,
        stored=stored[:-1],
        relayed=relayed[:-1],
        memory_used=memory_used[:-1],
        age=age[:-1],
        age_unsent=age_unsent[:-1],
        waiting_end=waiting_end,
        age_longest=float(age[oldest]),
        age_longest_at=float(times_s[0]) + oldest * step,
        age_unsent_longest=float(np.max(age_unsent)),
        made_total=made_total,
        delivered_total=float(np.sum(delivered)),
        lost_total=lost_total,
        # By what is missing: a sum of a year's deliveries differs from what was made by round-off, either way.
        delivered_share=1.0 - (waiting_end + lost_total) / made_total if made_total > 0.0 else float("nan"),
    )
