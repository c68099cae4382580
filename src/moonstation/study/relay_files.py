"""Sets of relays as a table, and as pieces of a station file."""

import io
import math

import numpy as np
import pandas as pd

from moonstation.station.model import Orbiter
from moonstation.study.relay_design import RelayDesign, RelaySet
from moonstation.study.relay_orbits import RelayOrbit
from moonstation.study.relay_wish import UNITS

DAY = 86_400.0


def front_table(design: RelayDesign, *, rate: float) -> pd.DataFrame:
    """One row a set that none beats, cheapest first, with the figures of the worst site and of each site.

    Parameters
    ----------
    design : RelayDesign
        What was found.
    rate : float
        Data rate from a site to a relay [bit/s], at any distance.
    """
    unit = UNITS[design.wish.price.measure].replace("/", "_")
    rows = []
    for number, found in enumerate(design.front, start=1):
        row: dict[str, object] = {
            "set": number,
            "proposed": number - 1 == design.proposed,
            "relays": len(found.relays),
            "orbits": found.orbits,
            "share_pct": round(100.0 * found.share, 3),
            "longest_gap_h": round(found.longest_gap / 3600.0, 4),
            "mean_gap_h": round(found.mean_gap / 3600.0, 4),
            "two_at_once_pct": round(100.0 * found.twice, 3),
            "worst_site": found.worst_site,
            "data_gbit_per_day": round(data_a_day(found, rate) / 1e9, 3),
            f"cost_{unit}": round(found.cost, 2),
            "mass_kg": round(found.mass, 1),
            "delta_v_m_s": round(found.delta_v, 1),
            "longest_without_earth_h": round(found.earth_gap / 3600.0, 3),
            "farthest_km": round(max(relay.apoapsis for relay in found.relays) / 1e3),
            "members": " ".join(relay.id for relay in found.relays),
        }
        for site, cover in found.sites.items():
            row[f"{site}_share_pct"] = round(100.0 * cover.share, 3)
            row[f"{site}_longest_gap_h"] = round(cover.longest_gap / 3600.0, 4)
            row[f"{site}_two_at_once_pct"] = round(100.0 * cover.twice, 3)
        rows.append(row)
    return pd.DataFrame(rows)


def data_a_day(found: RelaySet, rate: float) -> float:
    """Data that the worst site can send in a day through one relay at a time [bit], at a constant rate [bit/s]."""
    return rate * DAY * min(cover.share for cover in found.sites.values())


def csv_text(table: pd.DataFrame) -> str:
    """A table as CSV."""
    stream = io.StringIO()
    table.to_csv(stream, index=False, lineterminator="\n")
    return stream.getvalue()


def orbiters_toml(found: RelaySet, design: RelayDesign, *, rate: float) -> str:
    """`[[orbiter]]` tables of a set, to be pasted into a station file.

    Parameters
    ----------
    found : RelaySet
        The set.
    design : RelayDesign
        Gives span and seed for the heading.
    rate : float
        Data rate [bit/s] from a site to a relay, and from there to the Earth.
    """
    scene = design.scene
    lines = [
        f"# {len(found.relays)} relay(s) by 'moonstation link relays': {found.orbits}.",
        f"# From {scene.start.utc} for {scene.duration / DAY:g} d: {100.0 * found.share:.2f} % of the time at "
        f"{found.worst_site}, the site that is served least, longest gap {found.longest_gap / 3600.0:.2f} h "
        f"({'live' if scene.live else 'store and forward'}; seed {design.wish.seed}).",
        "# Rates are what the command was given. Elements hold at their epoch.",
    ]
    for number, relay in enumerate(found.relays, start=1):
        lines += ["", *_orbiter(relay, number, rate)]
    return "\n".join(lines) + "\n"


def _orbiter(relay: RelayOrbit, number: int, rate: float) -> list[str]:
    lines = [
        "[[orbiter]]",
        f'id = "relay-{number}"',
        f'name = "Relay {number}, {relay.name}"',
        f"epoch = {relay.epoch.utc}",
    ]
    if relay.elements is not None:
        e = relay.elements
        lines += [
            f'periapsis_altitude = "{e.periapsis_altitude / 1e3:.6f} km"',
            f'apoapsis_altitude = "{e.apoapsis_altitude / 1e3:.6f} km"',
            f'inclination = "{math.degrees(e.inclination):.8f} deg"',
            f'raan = "{_degrees(e.raan)} deg"',
            f'arg_periapsis = "{_degrees(e.arg_periapsis)} deg"',
            f'true_anomaly = "{_degrees(e.true_anomaly)} deg"',
            'frame = "ME"',
        ]
    else:
        lines += [f"{key} = {value}" for key, value in relay.words.items()]
    lines += [
        "relay = true",
        f'relay_rate = "{rate / 1e6:g} Mbit/s"',
        f'earth_rate = "{rate / 1e6:g} Mbit/s"',
    ]
    if relay.elements is None and "kind" not in Orbiter.model_fields:
        command = f"moonstation orbit find {relay.kind}"
        return [
            f"# Station files know no orbiter of kind {relay.kind} yet; '{command}' finds its path.",
            *(f"# {line}" for line in lines),
        ]
    return lines


def _degrees(angle: float) -> str:
    text = f"{np.degrees(angle):.8f}"
    return "0.00000000" if text == "360.00000000" else text
