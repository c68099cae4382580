"""Figures collected from the pieces of a study."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.simulation.data import run_data
from moonstation.simulation.power import run_power
from moonstation.station.elements import Element
from moonstation.station.metrics import METRICS
from moonstation.study.metrics import (
    complete_metrics,
    data_metrics,
    light_metrics,
    link_metrics,
    mission_metrics,
    orbiter_metrics,
    power_metrics,
)
from moonstation.sunlight.statistics import light_statistics

HOUR = 3600.0


def test_links_apart_and_together():
    earth = np.array([[-1.0, 2.0], [4.0, 6.0]]) * HOUR
    relay = np.array([[1.0, 3.0], [9.0, 12.0]]) * HOUR
    reach = np.array([[-1.0, 3.0], [4.0, 6.0], [9.0, 10.0]]) * HOUR
    got = link_metrics("base", earth=earth, relay=relay, reach=reach, start=0.0, stop=10 * HOUR)
    assert got == {
        "site.base.earth_link.share": pytest.approx(0.4),
        "site.base.earth_link.longest_gap": pytest.approx(4 * HOUR),
        "site.base.relay_link.share": pytest.approx(0.3),
        "site.base.relay_link.longest_gap": pytest.approx(6 * HOUR),
        "site.base.link.share": pytest.approx(0.6),
        "site.base.link.longest_gap": pytest.approx(3 * HOUR),
    }


def test_no_contact_is_one_gap_of_the_whole_span():
    none = np.empty((0, 2))
    got = link_metrics("base", earth=none, relay=none, reach=none, start=5.0, stop=105.0)
    assert got["site.base.link.share"] == 0.0
    assert got["site.base.link.longest_gap"] == 100.0


def orbiter(lowest):
    return SimpleNamespace(altitude_extremes=SimpleNamespace(lowest=lowest))


def test_lowest_altitude_of_an_orbiter():
    assert orbiter_metrics("o", orbiter(99_990.0)) == {"orbiter.o.altitude.lowest": 99_990.0}


def test_every_family_of_the_table_is_filled():
    n = 48
    times = np.arange(n) * HOUR
    elements = [
        Element(
            id="lander",
            site="base",
            kind="lander",
            load_nominal="100 W",
            load_survival="50 W",
            battery_capacity="10 kWh",
            data_rate_nominal="1 kbit/s",
            data_storage="1 Gbit",
            earth_rate="1 Mbit/s",
        )
    ]
    power = run_power(elements, times_s=times, array_light={})["base"]
    data = run_data(
        elements,
        [],
        times_s=times,
        modes={"base": power.mode},
        ground_contact={"base": np.full(n, 0.5)},
        relay_contact={},
        downlink_contact={},
    ).sites["base"]
    light = light_statistics(times, np.linspace(0.0, 1.0, n))
    none = np.empty((0, 2))
    found = (
        light_metrics("base", light, earth_visible=0.7)
        | link_metrics("base", earth=none, relay=none, reach=none, start=0.0, stop=n * HOUR)
        | power_metrics(power)
        | data_metrics(data)
        | orbiter_metrics("relay", orbiter(99_990.0))
    )
    found |= mission_metrics(
        SimpleNamespace(  # type: ignore[arg-type]
            mission=SimpleNamespace(id="first"),
            mass_margin=12.0,
            arrival=SimpleNamespace(landing="then", landing_sun_elevation=0.02),
        )
    )
    metrics = complete_metrics(found, sites=["base"], buses=["base"], orbiters=["relay"], missions=["first"])
    assert len(metrics) == len(METRICS)
    assert all(math.isfinite(value) for value in metrics.values())
    assert metrics["bus.base.reserve.lowest"] == pytest.approx(1 - 48 * 0.1 / math.sqrt(0.9) / 10)
    assert metrics["site.base.earth.visible"] == 0.7
    assert metrics["data.base.delivered"] == pytest.approx(1.0)


def test_what_was_not_found_is_nan_and_what_is_not_in_the_table_is_refused():
    metrics = complete_metrics({}, sites=["a", "b"], buses=["a"], orbiters=[])
    assert all(math.isnan(value) for value in metrics.values())
    assert "site.b.link.share" in metrics
    with pytest.raises(RequestError, match=r"metric site\.c\.sun\.average is not in the table"):
        complete_metrics({"site.c.sun.average": 1.0}, sites=["a"], buses=[], orbiters=[])
