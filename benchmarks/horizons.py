"""Horizons per second, against a plain NumPy march over the same ground in the same run.

Also against the same march where rays end only once the highest ground of the whole model would be hidden.

Usage::

    python benchmarks/horizons.py [TERRAIN_FOLDER]

With a folder of GeoTIFF windows the mosaic of them is marched as well as the packaged grid. Medians of five, in
processor time of all threads, for a machine that others use too.
"""

import math
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from moonstation.constants import MOON_RADIUS
from moonstation.spacetime.sites import Site
from moonstation.terrain import horizons
from moonstation.terrain.ceilings import EDGES, SECTORS
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.horizons import Horizon, horizon, locate

LAT_DEG, LON_DEG, HEIGHT, AZIMUTHS = -89.685, -163.3, 2.0, 720


def median_s(work: Callable[[], object], times: int = 5) -> float:
    taken = []
    for _ in range(times):
        begin = time.process_time()
        work()
        taken.append(time.process_time() - begin)
    return statistics.median(taken)


def numpy_march(site: Site, model: ElevationModel, *, azimuths: int, step: float, reach: float) -> np.ndarray:
    """What one would write first: all samples of a ray at once, fixed steps, no early end."""
    lat, lon = math.radians(site.lat_deg), math.radians(site.lon_deg)
    observer = MOON_RADIUS + site.ground_m + HEIGHT
    d = np.arange(step, reach, step) / MOON_RADIUS
    heights = np.asarray(model.layers[0].heights)
    result = np.empty(azimuths)
    for i, azimuth in enumerate(np.arange(azimuths) * (2 * math.pi / azimuths)):
        s = np.sin(lat) * np.cos(d) + np.cos(lat) * np.sin(d) * math.cos(azimuth)
        phi = np.arcsin(s)
        lam = lon + np.arctan2(
            math.sin(azimuth) * np.sin(d),
            np.cos(d) * np.cos(lat) - np.sin(d) * np.sin(lat) * math.cos(azimuth),
        )
        if len(model.layers) == 1:
            row = (90.0 - np.degrees(phi)) * 8 - 0.5
            column = (np.degrees(lam) + 180.0) * 8 - 0.5
            wrap = heights.shape[1]
        else:
            # the lattice of the mosaic, in pixels from its corner
            table = model.terrain.table[0]
            rho = 2 * MOON_RADIUS * np.tan(math.pi / 4 + phi / 2)
            x, y = rho * np.sin(lam), rho * np.cos(lam)
            column = table[9] * x + table[10] * y + table[11]
            row = table[12] * x + table[13] * y + table[14]
            wrap = heights.shape[1]
        r = np.clip(np.floor(row).astype(int), 0, heights.shape[0] - 2)
        c = np.floor(column).astype(int)
        u, v = column - c, row - r
        a, b = c % wrap, (c + 1) % wrap
        ground = (1 - v) * ((1 - u) * heights[r, a] + u * heights[r, b])
        ground += v * ((1 - u) * heights[r + 1, a] + u * heights[r + 1, b])
        rise = np.arctan2((MOON_RADIUS + ground) * np.cos(d) - observer, (MOON_RADIUS + ground) * np.sin(d))
        result[i] = np.nanmax(rise)
    return result


def without_ceilings(site: Site, model: ElevationModel) -> Horizon:
    """The same horizon by rays that know only the highest ground of the model."""
    shape = (SECTORS, len(EDGES) - 1)
    known = horizons.ceilings
    horizons.ceilings = lambda *_: (np.full(shape, model.highest), np.zeros(shape, bool))
    try:
        return horizon(site, model, heights=(HEIGHT,), azimuths=AZIMUTHS)
    finally:
        horizons.ceilings = known


def report(name: str, model: ElevationModel, *, step: float, reach: float) -> None:
    site = locate(model, name, LAT_DEG, LON_DEG)
    begin = time.process_time()
    made = horizon(site, model, heights=(HEIGHT,), azimuths=AZIMUTHS)
    first = time.process_time() - begin
    one = median_s(lambda: horizon(site, model, heights=(HEIGHT,), azimuths=AZIMUTHS))
    two = median_s(lambda: horizon(site, model, heights=(HEIGHT, 10.0), azimuths=AZIMUTHS))
    far = median_s(lambda: without_ceilings(site, model))
    if not np.array_equal(without_ceilings(site, model).elevation, made.elevation):
        sys.exit(f"{name}: rays that end early give another horizon")
    plain_azimuths = 72
    plain = median_s(
        lambda: numpy_march(site, model, azimuths=plain_azimuths, step=step, reach=reach), times=3
    ) * (AZIMUTHS / plain_azimuths)
    # both are credited with the samples of the plain march, whatever the compiled one leaves out by ending early
    samples = reach / step * AZIMUTHS
    print(
        f"{name}: first {first:.2f} s, then {one:.3f} s a horizon ({1 / one:.1f}/s), two heights {two:.3f} s; "
        f"rays that know only the highest ground {far:.3f} s, {far / one:.1f} times as long, the same to the last bit; "
        f"{samples / one / 1e6:.1f} M sample-azimuths/s; NumPy march every {step:g} m to {reach / 1e3:.0f} km "
        f"{plain:.2f} s ({samples / plain / 1e6:.1f} M/s), {plain / one:.0f} times as long; "
        f"highest {np.degrees(made.elevation.max()):.2f} deg"
    )


def main() -> None:
    report("packaged grid", ElevationModel.packaged(), step=40.0, reach=200e3)
    if len(sys.argv) > 1:
        windows = sorted(Path(sys.argv[1]).glob("*.tif"))
        report(
            f"mosaic of {len(windows)} windows", ElevationModel.from_files(windows), step=10.0, reach=200e3
        )


if __name__ == "__main__":
    main()
