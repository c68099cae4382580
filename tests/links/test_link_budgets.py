"""Antennas, noise, losses and budgets against closed forms and plain integration."""

import math

import numpy as np
import pytest

from moonstation.constants import SPEED_OF_LIGHT
from moonstation.errors import DataFileError, RequestError
from moonstation.links import noise
from moonstation.links.antennas import antenna_of, aperture_gain, array_pattern, cosine_pattern
from moonstation.links.budget import CASES, Budget, Line, boltzmann_line, loss, stepped
from moonstation.links.losses import (
    free_space_loss,
    fresnel,
    polarisation_losses,
    reflected_ray,
    two_ray_loss,
)
from moonstation.links.optical import photon_rate
from moonstation.station.codes import CODES, code_named
from moonstation.station.radios import Radio

BANDS = {2.2e9: "S", 8.4e9: "X", 26e9: "Ka", 0.4e9: "UHF"}


def dish(diameter, frequency, **keys):
    keys = {"efficiency": 0.6, "system_temperature": 50.0} | keys
    radio = Radio(id="r", on="x", band=BANDS[frequency], diameter=diameter, **keys)
    return antenna_of(radio, frequency)


def plain_share(antenna, offset, radius):
    """The same share by a grid over the sphere about the axis, no rings."""
    theta = np.linspace(0.0, offset + radius + 1e-6, 4001)
    theta = 0.5 * (theta[1:] + theta[:-1])
    phi = (np.arange(720) + 0.5) / 720 * 2.0 * np.pi
    towards = np.array([math.sin(offset), 0.0, math.cos(offset)])
    t, p = np.meshgrid(theta, phi, indexing="ij")
    cosine = np.sin(t) * np.cos(p) * towards[0] + np.cos(t) * towards[2]
    inside = cosine >= math.cos(radius)
    weight = antenna.beam(theta)[:, None] * np.sin(t) * inside
    fine = np.linspace(0.0, np.pi, 400_001)
    whole = np.trapezoid(antenna.beam(fine) * np.sin(fine), fine)
    step = theta[1] - theta[0]
    part = float(weight.sum()) * step / 720.0
    return antenna.held * part / whole + (1.0 - antenna.held) * 0.5 * (1.0 - math.cos(radius))


@pytest.mark.parametrize(
    ("diameter", "frequency", "offset", "radius"),
    [
        (34.0, 8.4e9, 0.0, 0.0045),
        (34.0, 8.4e9, 0.00447, 0.0045),
        (12.0, 2.2e9, 0.006, 0.0045),
        (0.3, 8.4e9, 0.1, 0.2),
    ],
)
def test_share_of_a_disc_is_that_of_plain_integration(diameter, frequency, offset, radius):
    antenna = dish(diameter, frequency)
    found = float(noise.disc_share(antenna, offset, radius)[()])
    # 720 azimuths and 4000 angles resolve the edge to a few thousandths
    assert found == pytest.approx(plain_share(antenna, offset, radius), rel=5e-3)


def test_a_limb_fills_half_of_a_narrow_beam_and_the_whole_sky_all_of_it():
    antenna = dish(34.0, 26e9)
    centre, limb = noise.disc_share(antenna, [0.0, 0.0045], 0.0045)
    assert limb == pytest.approx(0.5 * centre, rel=0.03)
    assert noise.disc_share(antenna, 1.0, math.pi)[()] == pytest.approx(1.0)
    assert float(noise.disc_share(antenna, 1.0, 0.0)[()]) == pytest.approx(0.0, abs=1e-12)


def test_many_discs_by_table_are_those_one_by_one():
    antenna = dish(34.0, 8.4e9)
    rng = np.random.default_rng(1)
    offset, radius = rng.uniform(0.0, 0.02, 4000), rng.uniform(0.0043, 0.0048, 4000)
    one_by_one = np.concatenate(
        [noise.disc_share(antenna, offset[k : k + 500], radius[k : k + 500]) for k in range(0, 4000, 500)]
    )
    # a kelvin of the Moon's 250
    assert noise.disc_share(antenna, offset, radius) == pytest.approx(one_by_one, abs=1.0 / 250.0)


def test_gain_of_an_aperture_is_the_closed_form():
    assert aperture_gain(1.0, SPEED_OF_LIGHT) == pytest.approx(20.0 * math.log10(math.pi))
    for bad in ((0.0, 8e9, 0.5), (1.0, -8e9, 0.5), (1.0, 8e9, 0.0), (1.0, 8e9, 1.2), (math.nan, 8e9, 0.5)):
        with pytest.raises(RequestError, match="give"):
            aperture_gain(bad[0], bad[1], efficiency=bad[2])


@pytest.mark.parametrize("gain", [4.0, 8.0, 15.0, 25.0])
def test_cosine_patterns_radiate_what_they_are_given(gain):
    pattern, width = cosine_pattern(gain)
    angle = np.linspace(0.0, np.pi, 400_001)
    radiated = 10.0 ** (0.1 * gain) * np.trapezoid(pattern(angle) * np.sin(angle), angle) / 2.0
    # the floor of scattered power adds a thousandth
    assert radiated == pytest.approx(1.0, abs=2e-3)
    assert pattern(np.array([0.5 * width]))[0] == pytest.approx(0.5)


def test_dishes_lose_half_at_half_their_width():
    antenna = dish(4.2, 8.4e9)
    assert antenna.pointing_loss(0.5 * antenna.beamwidth)[()] == pytest.approx(3.01, abs=0.01)
    assert antenna.pointing_loss(0.0)[()] == 0.0


def test_arrays_lose_by_the_cosine_of_steering():
    pattern, _ = array_pattern(16, 0.5 * SPEED_OF_LIGHT / 8.4e9, 8.4e9)
    assert pattern(np.radians([0.0, 60.0])) == pytest.approx([1.0, 0.5])
    radio = Radio(id="r", on="x", band="X", antenna="array", columns=16, efficiency=1.0, power=1.0)
    # half-wavelength elements of gain pi each
    assert antenna_of(radio, 8.4e9).gain == pytest.approx(10.0 * math.log10(256 * math.pi), abs=1e-9)


def test_tabulated_patterns(tmp_path):
    path = tmp_path / "p.csv"
    path.write_text("# measured\noff_axis_deg,gain_dbi\n0,9\n30,6\n90,-10\n180,-20\n")
    radio = Radio(id="r", on="x", band="X", antenna="table", pattern=str(path), power=1.0)
    antenna = antenna_of(radio, 8.4e9)
    assert antenna.gain == 9.0
    assert antenna.gain_at(np.radians([0.0, 15.0, 90.0])) == pytest.approx([9.0, 7.5, -10.0])
    for text, what in (
        ("angle,gain\n0,1\n", "no such column"),
        ("off_axis_deg,gain_dbi\n0,nan\n10,1\n", "finite"),
        ("off_axis_deg,gain_dbi\n10,1\n0,1\n", "out of order"),
    ):
        path.write_text(text)
        with pytest.raises(DataFileError, match=what):
            antenna_of(radio, 8.4e9)
    path.write_text("off_axis_deg,gain_dbi\n0,30\n180,30\n")
    with pytest.raises(RequestError, match="radiates"):
        antenna_of(radio, 8.4e9)


def test_free_space_falls_by_six_decibels_a_doubling():
    near, far = free_space_loss(np.array([1e6, 2e6]), 2e9)
    assert far - near == pytest.approx(20.0 * math.log10(2.0))
    for bad in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(RequestError, match="above 0"):
            free_space_loss(bad, 2e9)


def test_polarisation_of_ellipses():
    assert polarisation_losses(0.0, 0.0) == pytest.approx((0.0, 0.0, 0.0), abs=1e-12)
    least, middle, most = polarisation_losses(0.0, 200.0)
    # circular to linear, whatever the turn
    assert (least, middle, most) == pytest.approx((3.0103, 3.0103, 3.0103), abs=1e-3)
    least, middle, most = polarisation_losses(2.0, 2.0)
    assert least == pytest.approx(0.0, abs=1e-9)
    assert least < middle < most
    with pytest.raises(RequestError, match="0 dB or more"):
        polarisation_losses(math.nan, 1.0)


def test_fresnel_limits():
    horizontal, vertical = fresnel(np.array([0.0, 0.5 * np.pi]), 2.75)
    root = math.sqrt(2.75)
    assert horizontal == pytest.approx([-1.0, (1.0 - root) / (1.0 + root)])
    assert vertical == pytest.approx([-1.0, (root - 1.0) / (root + 1.0)])
    # no vertically polarised ray comes back at Brewster's angle
    brewster = math.atan(1.0 / root)
    assert fresnel(brewster, 2.75)[1] == pytest.approx(0.0, abs=1e-12)


def test_two_rays_cancel_at_grazing_and_fade_as_theory_says():
    # at a small elevation: loss -> -20 lg (2 sin(k h sin el)), Parsons, The Mobile Radio Propagation Channel, 2000
    el, height, frequency = math.radians(0.05), 2.0, 0.4e9
    coefficient, phase = reflected_ray(
        el, height=height, frequency=frequency, permittivity=2.75, roughness=1e-6
    )
    expected = -20.0 * math.log10(
        2.0 * math.sin(2.0 * math.pi * frequency / SPEED_OF_LIGHT * height * math.sin(el))
    )
    assert two_ray_loss(coefficient, phase)[()] == pytest.approx(expected, abs=0.3)
    rough, _ = reflected_ray(0.3, height=2.0, frequency=8.4e9, permittivity=2.75, roughness=0.05)
    assert abs(float(rough)) < 1e-6
    below, _ = reflected_ray(-0.1, height=2.0, frequency=8.4e9, permittivity=2.75, roughness=0.05)
    assert float(below) == 0.0


def test_photons_of_a_watt():
    # 1 W at 1550 nm: 7.80e18 photons a second
    assert 10.0 ** (0.1 * float(photon_rate(0.0, SPEED_OF_LIGHT / 1550e-9))) == pytest.approx(
        7.803e18, rel=1e-3
    )


def test_the_quiet_sun_is_as_bright_as_measured():
    # Zirin et al. 1991: 12.5e3 K near 8.4 GHz
    assert noise.sun_brightness(8.4e9) == pytest.approx(12.5e3, rel=0.01)


def simple(**keys):
    lines = (
        Line("power", "sender", "power", np.array([10.0]), "dBW", 1.0, 0.3, 0.3),
        loss("space", "path", "space", np.array([200.0, 190.0])),
        loss("air", "path", "air", 1.0, favourable=0.0, adverse=0.4),
        Line("noise", "receiver", "noise", np.array([20.0]), "dBK", -1.0, 0.5, 1.2),
        boltzmann_line(),
        loss("implementation", "demodulator", "implementation", 1.0),
    )
    return Budget(lines=lines, codes=(CODES["ldpc-1/2"], CODES["cc-rs-5"]), margin=3.0, **keys)


def test_cases_are_sum_and_root_of_squares():
    budget = simple()
    assert budget.density == pytest.approx([10.0 - 201.0 - 20.0 + 228.599, 17.599 + 10.0], abs=1e-3)
    assert budget.tolerance("worst") == pytest.approx([1.9, 1.9])
    assert budget.tolerance("rss") == pytest.approx(math.sqrt(0.09 + 0.16 + 1.44))
    assert budget.tolerance("worst", favourable=True) == pytest.approx(0.8)
    assert budget.tolerance("nominal") == pytest.approx(0.0)
    assert (budget.density_in("worst") <= budget.density_in("rss")).all()
    with pytest.raises(RequestError, match="case"):
        budget.tolerance("best")


def test_the_best_rate_keeps_its_margin_and_the_next_does_not():
    ladder = tuple(2.0**k for k in range(12))
    budget = simple(steps=ladder)
    for case in CASES:
        rate, codes = budget.best(case)
        assert all(code.id == "ldpc-1/2" for code in codes)
        for k in range(2):
            if rate[k] == 0.0:
                assert budget.link_margin(ladder[0], case)[k] < 3.0
                continue
            assert budget.link_margin(rate, case)[k] >= 3.0 - 1e-9
            assert budget.link_margin(2.0 * rate, case)[k] < 3.0


def test_bandwidth_bounds_the_rate_and_chooses_the_code():
    budget = simple(most_symbols=100.0, bits_per_symbol=2.0)
    assert budget.limit("nominal")[1] == pytest.approx(100.0)
    assert budget.limit("nominal", bandwidth=False)[1] > 100.0
    assert budget.code_for(99.0).id == "ldpc-1/2"
    # nothing fits: the code that needs least bandwidth
    assert budget.code_for(500.0).id == "ldpc-1/2"


def test_one_moment_and_its_table():
    one = simple().at(1)
    assert one.density == pytest.approx([27.599], abs=1e-3)
    frame = one.frame()
    assert list(frame["key"]) == ["power", "space", "air", "noise", "boltzmann", "implementation"]
    assert frame["adverse_db"].sum() == pytest.approx(1.9)
    with pytest.raises(RequestError, match="no term 'rain'"):
        one.line("rain")


@pytest.mark.parametrize("value", [-0.5, math.nan])
def test_losses_below_zero_are_refused(value):
    with pytest.raises(RequestError, match="Line loss: a loss must be"):
        loss("line_loss", "sender", "Line loss", value)


def test_bad_figures_are_refused():
    with pytest.raises(RequestError, match="is not a number"):
        Line("gain", "sender", "Gain", np.array([math.nan]), "dBi")
    with pytest.raises(RequestError, match="adverse tolerance"):
        Line("gain", "sender", "Gain", np.array([1.0]), "dBi", 1.0, 0.0, -1.0)
    with pytest.raises(RequestError, match="more than 0 bit/s"):
        simple().ebn0(0.0)
    with pytest.raises(RequestError, match='did you mean "turbo-1/2"'):
        code_named("turbo-12")


def test_steps():
    assert stepped(np.array([0.5, 1.0, 3.9, 4.0, 99.0]), (4.0, 1.0, 2.0)).tolist() == [
        0.0,
        1.0,
        2.0,
        4.0,
        4.0,
    ]
    assert stepped(np.array([0.5]), ()).tolist() == [0.5]
