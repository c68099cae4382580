"""Antennas of a station assigned to its sites and orbiters: from the tables of its file to a plan, and to tables."""

import numpy as np
import pandas as pd

from moonstation.errors import RequestError
from moonstation.links.assignment import Assignment
from moonstation.links.passes import Agreement, GroundAntennas, Need, Task
from moonstation.spacetime.epochs import tdb_to_utc
from moonstation.station.model import Station
from moonstation.study.link_contacts import USUAL_RATES, LinkContacts


def assignment_task(run: LinkContacts, rates: str = USUAL_RATES) -> Task:
    """What the station file asks of its antennas over the span of the contacts.

    Raises
    ------
    RequestError
        If it asks for nothing, has no ground station, or asks for data where no rate is known.
    """
    station = run.station
    if not station.demands:
        cure = 'add [[demand]] with id, from and data or time, as in time = "4 h"'
        raise RequestError(f"{station.id}: has no demand on ground antennas; {cure}")
    antennas = [
        GroundAntennas(
            id=spec.id,
            partner=spec.partner,
            dishes=spec.dishes,
            links=spec.links_per_dish,
            set_up=spec.set_up,
            tear_down=spec.tear_down,
        )
        for spec in station.ground_stations
    ]
    partner = {orbiter.id: orbiter.partner for orbiter in station.orbiters}
    needs = [
        Need(
            id=demand.id,
            spacecraft=demand.from_,
            amount=float(demand.time if demand.time is not None else demand.data or 0.0),
            in_time=demand.time is not None,
            period=demand.per,
            priority=float(demand.priority),
            least_pass=demand.least_pass or 0.0,
            partner=demand.partner or partner.get(demand.from_, ""),
        )
        for demand in station.demands
    ]
    agreements = [
        Agreement(
            id=share.id,
            giver=share.giver,
            getter=share.getter,
            at_least=share.at_least or 0.0,
            at_most=np.inf if share.at_most is None else share.at_most,
            period=share.per,
        )
        for share in station.shares
    ]
    planned = run.planned(rates)
    senders = {piece.from_id for piece in planned}
    heard = {contact.from_id for contact in run.contacts}
    for need in needs:
        if need.spacecraft in heard and need.spacecraft not in senders:
            raise RequestError(
                f"demand {need.id}: {need.spacecraft} has no data rate to the Earth; give earth_rate to the orbiter or "
                "to an element of the site, or radios that meet"
            )
    return Task.of(
        planned,
        start=run.start.tdb_s,
        stop=run.stop.tdb_s,
        antennas=antennas,
        needs=needs,
        agreements=agreements,
    )


def assumed_antennas(station: Station) -> str:
    """One line that tells which set-up times are usual ones and not the file's; "" if none."""
    given = {key.split(".")[1] for key in station.provenance if key.endswith(".set_up")}
    assumed = [spec.id for spec in station.ground_stations if spec.id not in given]
    if not assumed:
        return ""
    return f"set-up of 15 min and tear-down of 5 min are assumptions at {', '.join(assumed)}"


def passes_frame(plan: Assignment) -> pd.DataFrame:
    """The schedule as a table.

    Returns
    -------
    pandas.DataFrame
        ``station``, ``antenna``, ``from``, ``demand``, ``held_from_utc``, ``start_utc``, ``end_utc``, ``held_to_utc``
        (ISO text, seconds), ``duration_s``, ``volume_bit``; in order of time.
    """
    passes = plan.passes
    return pd.DataFrame(
        {
            "station": pd.Series([p.station for p in passes], dtype="str"),
            "antenna": np.array([p.antenna for p in passes], dtype=np.int64),
            "from": pd.Series([p.spacecraft for p in passes], dtype="str"),
            "demand": pd.Series([p.need for p in passes], dtype="str"),
            "held_from_utc": _utc([p.held_from for p in passes]),
            "start_utc": _utc([p.start for p in passes]),
            "end_utc": _utc([p.stop for p in passes]),
            "held_to_utc": _utc([p.held_to for p in passes]),
            "duration_s": np.round([p.stop - p.start for p in passes], 3),
            "volume_bit": np.round([p.bits for p in passes]),
        }
    )


def servings_frame(plan: Assignment) -> pd.DataFrame:
    """How each demand fares in each period: asked, served and possible alone ([bit] or [s]), and why not all."""
    rows = plan.servings
    return pd.DataFrame(
        {
            "demand": pd.Series([s.need.id for s in rows], dtype="str"),
            "from": pd.Series([s.need.spacecraft for s in rows], dtype="str"),
            "unit": pd.Series(["s" if s.need.in_time else "bit" for s in rows], dtype="str"),
            "priority": np.array([s.need.priority for s in rows]),
            "start_utc": _utc([s.start for s in rows]),
            "end_utc": _utc([s.stop for s in rows]),
            "asked": np.array([s.asked for s in rows]),
            "served": np.array([s.served for s in rows]),
            "possible": np.array([s.possible for s in rows]),
            "reason": pd.Series([s.reason for s in rows], dtype="str"),
        }
    )


def _utc(et: list[float]) -> pd.Series:
    times = tdb_to_utc(np.array(et, dtype=np.float64)) + np.timedelta64(500_000_000, "ns")
    return pd.Series([f"{t}Z" for t in times.astype("datetime64[s]")], dtype="str")
