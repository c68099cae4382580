"""Masses delivered: a launcher's published mass to the Moon, less what the insertion and the descent burn."""

from dataclasses import dataclass
from functools import lru_cache

import pandas as pd

from moonstation.errors import RequestError
from moonstation.station.catalogues import DATA
from moonstation.station.reading import read_toml
from moonstation.transfers.launch import Launcher, launchers, mass_after


@dataclass(frozen=True)
class Budget:
    """A published delta-v.

    Attributes
    ----------
    id, leg : str
        Short name, and from where to where.
    delta_v : float
        [m/s], whatever the note says is included.
    source, confidence, note : str
        Id of the source, published or not, and what is included.
    """

    id: str
    leg: str
    delta_v: float
    source: str
    confidence: str
    note: str


@lru_cache(maxsize=1)
def budgets() -> dict[str, Budget]:
    """Published budgets of powered descent and ascent, by id ("descent", "ascent")."""
    rows = read_toml(DATA / "catalogues" / "delta_v.toml", "delta_v.toml").tables["budget"]
    return {
        row["id"]: Budget(
            row["id"],
            row["leg"],
            float(str(row["delta_v"]).removesuffix("m/s")),
            row["source"],
            row["confidence"],
            row["note"],
        )
        for row in rows
    }


def delivered(
    insertion: float, *, isp: float, margin: float = 0.0, landing: bool = False, lowering: float = 0.0
) -> list[tuple[Launcher, float, float | None]]:
    """Mass in orbit and on the ground for each launcher with a published mass to the Moon.

    Parameters
    ----------
    insertion : float
        Delta-v of the insertion as computed, without margin [m/s].
    isp : float
        Specific impulse of the craft's engines [s].
    margin : float
        Share added to the insertion and the lowering. The launcher's mass and the published descent hold what they
        hold: nothing is added to them.
    landing : bool
        Whether to land as well.
    lowering : float
        Delta-v to the orbit that the published descent begins in (`insertion.descent_lowering`) [m/s], as computed.

    Returns
    -------
    list of (launcher, mass in orbit [kg], mass landed [kg] or None)
        Lightest launcher first.

    Raises
    ------
    RequestError
        If the specific impulse or the margin make no sense.
    """
    if not 50.0 <= isp <= 5000.0:
        raise RequestError(f"specific impulse {isp:g} s: give 50 to 5000 s")
    if not 0.0 <= margin <= 1.0:
        raise RequestError(f"margin {margin:g}: give a share from 0 to 1, e.g. 5 %")
    return [
        (
            launcher,
            *masses(launcher.tli, insertion, isp=isp, margin=margin, landing=landing, lowering=lowering),
        )
        for launcher in launchers()
    ]


def masses(
    tli: float,
    insertion: float,
    *,
    isp: float,
    margin: float = 0.0,
    landing: bool = False,
    lowering: float = 0.0,
) -> tuple[float, float | None]:
    """Mass in orbit and, if it lands, on the ground [kg], of a mass sent to the Moon; keywords as in `delivered`."""
    orbit = mass_after(tli, insertion * (1.0 + margin), isp=isp)
    down = lowering * (1.0 + margin) + budgets()["descent"].delta_v
    return orbit, mass_after(orbit, down, isp=isp) if landing else None


def delivered_table(rows: list[tuple[Launcher, float, float | None]]) -> pd.DataFrame:
    """What `delivered` gives as a table."""
    return pd.DataFrame(
        [
            {
                "launcher": launcher.name,
                "trans_lunar_kg": launcher.tli,
                "in_orbit_kg": orbit,
                "landed_kg": landed,
                "confidence": launcher.confidence,
                "note": launcher.note,
            }
            for launcher, orbit, landed in rows
        ]
    )
