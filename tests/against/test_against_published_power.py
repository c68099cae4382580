"""Power and survival against published cases: Chang'e-4's first night, and a plant that makes 4400 kg of oxygen.

Truth: `power/README.md` of the truth folder. Of its other cases, Nelson (1996) divides regenerative storage into parts
that one figure of mass for energy does not, and its array for cryogenic storage has no model here; the masses of the
oxygen plant are those of its own parts list.
"""

import datetime as dt
import re
from pathlib import Path

import numpy as np
import pytest
from test_against_heat1d import flat_day

from moonstation.campaign.case import campaign_case
from moonstation.campaign.flights import Landing, plan_of
from moonstation.campaign.replay import Replay
from moonstation.spacetime.epochs import Epoch
from moonstation.station.campaign import Campaign, Lander, Milestone, Pad, Plant
from moonstation.station.elements import Element
from moonstation.station.missions import Launcher
from moonstation.station.model import SiteSpec, Station
from moonstation.study.ground import ground_of
from moonstation.study.run import span_from
from moonstation.sunlight.light import site_light

CHANGE_4 = SiteSpec(id="change-4", lat="-45.4446 deg", lon="177.5991 deg")
"""Von Karman, where it landed (Wagner et al. 2019 from LROC, rounded to 3 m)."""

SOL, YEAR = 88_775.244, 365.25 * 86_400.0


def text_of(truth: Path) -> str:
    return " ".join((truth / "power" / "README.md").read_text().split())


def sun_up(start: str, days: float) -> tuple[np.ndarray, np.ndarray]:
    """Hours since the start, and elevation of the Sun over Chang'e-4 [deg]."""
    et = span_from(Epoch.parse(start), days * 86_400.0, 3600.0).et
    return np.arange(et.size), np.degrees(site_light(ground_of(CHANGE_4, [2.0]).site, et).elevation)


def test_the_night_of_change_4_was_as_cold(truth: Path) -> None:
    """-190 C; within 10 K: where on the lander or in the ground it was measured was not said, slopes are not known."""
    found = re.search(r"(-\d+) C measured in its first night", text_of(truth))
    assert found is not None
    assert flat_day(-45.4446).surface.min() == pytest.approx(273.15 + float(found[1]), abs=10.0)


def test_change_4_woke_when_the_sun_was_up(truth: Path) -> None:
    """Rover and lander woke by sunlight on 29 and 30 January 2019: the Sun rose before, by two days at most."""
    assert "woke on 29 and 30 January 2019" in text_of(truth)
    hours, up = sun_up("2019-01-20T00:00:00Z", 14.0)
    rise = float(np.interp(0.0, up[: int(np.argmax(up)) + 1], hours[: int(np.argmax(up)) + 1]))
    day = rise / 24.0 + 20.0
    assert 28.0 <= day < 31.0
    # by the end of the day on which the lander woke the Sun stood well up, and the night before was dark
    assert 5.0 < up[11 * 24 - 1] < 35.0
    assert np.all(up[: 7 * 24] < 0.0)


@pytest.mark.parametrize(
    ("case", "rate", "outage"), [(0, 4.5, 120.0), (1, 10.8, 120.0), (2, 9.0, 120.0), (3, 10.8, 0.0)]
)
def test_the_oxygen_plant_is_done_in_its_time(truth: Path, case: int, rate: float, outage: float) -> None:
    """4400 kg at so much a sol, with a dust outage of 120 sols: within the two months to which campaigns count."""
    found = re.search(r"fission\): (\d+), (\d+), (\d+) and (\d+) sols", text_of(truth))
    assert found is not None
    sols = float(found[case + 1])
    plant = Plant(
        id="oxygen", element="plant", yield_per_year=rate * YEAR / SOL, power=10.0, start_after=outage * SOL
    )
    goal = Milestone(id="done", capability="oxygen", at_least=4400.0, by=dt.date(2033, 12, 1))
    station = Station(
        id="mars",
        name="Oxygen plant",
        description="",
        start=Epoch.parse("2030-01-01T00:00:00Z"),
        span=86_400.0,
        sites=[SiteSpec(id="base", lat="-88 deg", lon="0 deg")],
        elements=[Element(id="plant", kind="isru", site="base", mass=900.0)],
        pads=[Pad(id="pad", launch_site="wenchang")],
        launchers=[Launcher(id="rocket", tli=8000.0, pads=["pad"])],
        landers=[Lander(id="lander", launchers=["rocket"], dry_mass=1000.0, propellant=6000.0)],
        plants=[plant],
        milestones=[goal],
        campaign=Campaign(
            start=dt.date(2030, 1, 1),
            end=dt.date(2033, 12, 1),
            sunlight=1.0,
            dark=0.0,
            objective="completion",
        ),
    )
    plan = plan_of(campaign_case(station), [Landing(0, 0, ["plant"])], objective="completion")
    replay = Replay(station, plan)
    month = next(m for m in range(48) if replay.reached(goal, m)[0] >= 4400.0)
    assert (month + 1) * YEAR / 12.0 / SOL == pytest.approx(sols, abs=2.0 * YEAR / 12.0 / SOL)
