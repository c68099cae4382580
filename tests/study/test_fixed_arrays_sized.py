"""Sizing with fixed arrays: their light against turned ones, their mass, and the elements written for them."""

import tomllib
from functools import lru_cache

import numpy as np
import pytest

from moonstation.simulation.arrays import array_irradiance
from moonstation.simulation.power import run_power
from moonstation.spacetime.epochs import Epoch
from moonstation.station.elements import Element
from moonstation.station.loading import load_lunar_station
from moonstation.study.ground import ground_of
from moonstation.study.run import span_from
from moonstation.study.sizing import SiteSizing, size_site, station_tables
from moonstation.sunlight.light import site_light

MAST = 10.0
LOAD = 1e4


@lru_cache(maxsize=2)
def sized(build: tuple[str, ...]) -> SiteSizing:
    station = load_lunar_station("ilrs")
    return size_site(
        station,
        station.sites[0].id,
        years=0.25,
        load=LOAD,
        heights=[MAST],
        build=build,
        progress=lambda name, done: None,
    )


BOTH = ("array", "fixed-array", "fuel-cell")
FIXED = ("fixed-array", "fuel-cell")


def test_light_on_eight_faces_against_the_turned_array() -> None:
    """The best of eight faces is at most 22.5 deg off in azimuth; at the pole the Sun is below 5 deg elevation."""
    shares = {source.id: source.share for source in sized(BOTH).sources}
    turned = shares.pop("array-10m")
    assert len(shares) == 8
    faces = np.array(list(shares.values()))
    assert np.all(faces <= turned + 1e-12)
    best = np.max(faces, axis=0)
    assert np.all(best >= turned * np.cos(np.radians(22.5)) * np.cos(np.radians(5.0)) - 1e-12)
    # and no more than half of the faces see the Sun, but for those that it grazes
    assert np.all(np.sum(faces > 1e-12, axis=0) <= 5)
    lit = turned > 0.5
    assert np.all(np.min(faces[:, lit], axis=0) == 0.0)


@pytest.mark.slow
def test_another_kind_of_array_makes_nothing_heavier() -> None:
    """The choice among both is no heavier than fixed arrays alone, and both serve their load."""
    both, fixed = sized(BOTH).best, sized(FIXED).best
    assert both.bound <= fixed.mass
    assert both.mass <= fixed.mass * 1.003  # the gap that a design may keep
    assert max(both.missing.max(), fixed.missing.max()) <= 1e-6 * LOAD


def test_what_is_written_serves_in_the_power_room() -> None:
    """Elements read back from the file, their light by their own pointing: all is served, at 1 % more load not."""
    answer = sized(FIXED)
    rows = tomllib.loads(station_tables(answer))["element"]
    about = ("confidence", "note")
    elements = [Element.model_validate({k: v for k, v in row.items() if k not in about}) for row in rows]
    arrays = [element for element in elements if element.kind == "solar-array"]
    assert arrays
    assert all(element.array_pointing == "fixed" for element in arrays)
    et = span_from(Epoch.parse("2035-01-01T00:00:00Z"), 3600.0 * answer.times.size, 3600.0).et
    ground = ground_of(answer.site, [MAST])
    light = site_light(ground.site, et)
    seen = light.sun_fraction(ground.horizon, MAST)
    shares = {
        element.id: array_irradiance(
            element, seen, azimuth=light.azimuth, elevation=light.elevation, distance=light.distance
        )
        for element in arrays
    }

    def unserved(load: float) -> float:
        asks = Element(id="load", site=answer.site.id, kind="other", load_nominal=load, load_survival=load)
        run = run_power([*elements, asks], times_s=np.arange(et.size) * 3600.0, array_light=shares)
        energy = run[answer.site.id].energy
        return energy.unserved / energy.asked

    # the file keeps six figures of each size
    assert unserved(LOAD * (1.0 - 2e-5)) == 0.0
    assert unserved(LOAD * 1.01) > 1e-6
