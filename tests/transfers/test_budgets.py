"""Masses delivered: the rocket equation once, published margins once."""

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.transfers.budgets import budgets, delivered, delivered_table
from moonstation.transfers.insertion import LunarOrbit, descent_lowering
from moonstation.transfers.launch import launchers, mass_after


def test_the_rocket_equation_on_published_masses():
    rows = {
        launcher.id: (launcher, held, landed)
        for launcher, held, landed in delivered(820.0, isp=320.0, landing=True)
    }
    launcher, held, landed = rows["long_march_5"]
    assert launcher.tli == 8350.0
    assert launcher.confidence == "published"
    assert held == pytest.approx(8350.0 * np.exp(-820.0 / (9.80665 * 320.0)))
    # the published descent carries its reserve of 5 %: it is burnt as it stands
    assert landed == pytest.approx(held * np.exp(-2180.0 / (9.80665 * 320.0)))
    assert "5 % reserve" in budgets()["descent"].note
    assert [row[0].tli for row in delivered(820.0, isp=320.0)] == sorted(row[0].tli for row in rows.values())
    # no published mass to the Moon, no row
    assert "angara_a5m" not in rows


def test_a_margin_is_added_to_the_insertion_alone():
    _, plain, down = delivered(800.0, isp=300.0, landing=True)[0]
    _, more, down_more = delivered(800.0, isp=300.0, margin=0.05, landing=True)[0]
    assert more == pytest.approx(mass_after(launchers()[0].tli, 840.0, isp=300.0))
    assert down_more / down == pytest.approx(more / plain)
    assert delivered(800.0, isp=300.0)[0][2] is None
    assert list(delivered_table(delivered(800.0, isp=300.0)).columns[:3]) == [
        "launcher",
        "trans_lunar_kg",
        "in_orbit_kg",
    ]


def test_the_budgets_are_those_of_the_facts(facts):
    text = (facts / "facts.toml").read_text(encoding="utf-8")
    for leg, key in (("llo_surface", "descent"), ("surface_llo", "ascent")):
        entry = text.split(f'id = "{leg}"')[1].split("[[")[0]
        assert f"v = {budgets()[key].delta_v:.0f}," in entry
        assert "includes 5 % reserve" in entry


def test_senseless_engines_are_refused():
    with pytest.raises(RequestError, match="50 to 5000 s"):
        delivered(800.0, isp=0.0)
    with pytest.raises(RequestError, match="0 to 1"):
        delivered(800.0, isp=300.0, margin=5.0)


def test_a_descent_from_elsewhere_first_goes_to_where_published_ones_begin():
    assert descent_lowering(LunarOrbit(100e3, 100e3)) == 0.0
    # Hohmann's transfer from 500 to 100 km by the vis-viva equation
    gm, r1, r2 = 4.902800122e12, 2237.4e3, 1837.4e3
    axis = 0.5 * (r1 + r2)
    hohmann = (np.sqrt(gm / r1) - np.sqrt(gm * (2 / r1 - 1 / axis))) + (
        np.sqrt(gm * (2 / r2 - 1 / axis)) - np.sqrt(gm / r2)
    )
    assert descent_lowering(LunarOrbit(500e3, 500e3)) == pytest.approx(hohmann, rel=1e-8)
    # from an ellipse with that periapsis: what circularising there costs
    ellipse = 0.5 * (r2 + 17737.4e3)
    assert descent_lowering(LunarOrbit(100e3, 16000e3)) == pytest.approx(
        np.sqrt(gm * (2 / r2 - 1 / ellipse)) - np.sqrt(gm / r2), rel=1e-8
    )
    low = {one.id: landed for one, _, landed in delivered(240.0, isp=320.0, landing=True)}
    high = {one.id: landed for one, _, landed in delivered(240.0, isp=320.0, landing=True, lowering=571.0)}
    for key, landed in high.items():
        assert landed == pytest.approx(low[key] * np.exp(-571.0 / (320.0 * 9.80665)), rel=1e-9)
