"""Figures collected from the pieces of a study."""

import math
from types import SimpleNamespace

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.simulation.data import run_data
from moonstation.simulation.power import run_power
from moonstation.station.metrics import METRICS
from moonstation.station.model import Element
from moonstation.study.metrics import (
    complete_metrics,
    data_metrics,
    highest_altitude,
    light_metrics,
    link_metrics,
    lowest_altitude,
    orbiter_metrics,
    power_metrics,
)
from moonstation.sunlight.statistics import light_statistics

HOUR = 3600.0


def test_links_apart_and_together():
    earth = np.array([[-1.0, 2.0], [4.0, 6.0]]) * HOUR
    relay = np.array([[1.0, 3.0], [9.0, 12.0]]) * HOUR
    got = link_metrics("base", earth=earth, relay=relay, start=0.0, stop=10 * HOUR)
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
    got = link_metrics("base", earth=none, relay=none, start=5.0, stop=105.0)
    assert got["site.base.link.share"] == 0.0
    assert got["site.base.link.longest_gap"] == 100.0


def ellipse(begin, stop):
    """Lowest at 1234.5 s and each 7200 s after, 10 m lower at the second."""

    def altitude(et):
        depth = np.where(et > 5000.0, 10.0, 0.0)
        return 2e5 - 1e5 * np.cos(2 * np.pi * (et - 1234.5) / 7200.0) - depth

    return SimpleNamespace(et=np.array([begin, stop]), altitude=altitude)


def test_lowest_altitude_between_samples_and_at_an_end():
    # A cosine of 100 km over 7200 s rises 1e-3 m in 0.16 s about its lowest point.
    low, at = lowest_altitude(ellipse(0.0, 20_000.0))
    assert low == pytest.approx(1e5 - 10.0, abs=1e-3)
    assert at == pytest.approx(8434.5, abs=0.2) or at == pytest.approx(15_634.5, abs=0.2)
    low, at = lowest_altitude(ellipse(1500.0, 3000.0))
    assert at == pytest.approx(1500.0, abs=0.1)
    assert orbiter_metrics("o", ellipse(1500.0, 3000.0)) == {"orbiter.o.altitude.lowest": pytest.approx(low)}


def test_highest_altitude_between_samples():
    # Top of the cosine half a period after its foot, and not at a minute.
    high, at = highest_altitude(ellipse(0.0, 20_000.0))
    assert high == pytest.approx(3e5, abs=1e-3)
    assert at == pytest.approx(4834.5, abs=0.2)


def test_the_lowest_of_many_dips_is_not_the_lowest_sample():
    # Every dip is 1 m lower than the one before, but a sample lies at the bottom of the first one only.
    dips = 60.0 + 7231.7 * np.arange(12)

    def altitude(et):
        nearest = np.argmin(np.abs(et[:, None] - dips), axis=1)
        return 1e5 - nearest + 0.5 * (et - dips[nearest]) ** 2

    low, at = lowest_altitude(SimpleNamespace(et=np.array([0.0, 90_000.0]), altitude=altitude))
    assert at == pytest.approx(dips[-1], abs=0.1)
    assert low == pytest.approx(1e5 - 11.0, abs=0.01)


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
        | link_metrics("base", earth=none, relay=none, start=0.0, stop=n * HOUR)
        | power_metrics(power)
        | data_metrics(data)
        | orbiter_metrics("relay", ellipse(0.0, 20_000.0))
    )
    metrics = complete_metrics(found, sites=["base"], buses=["base"], orbiters=["relay"])
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
