"""Measure what the windows next to a window do to horizons of places near its edge (docs/decisions/0002).

Usage::

    python tools/measure_window_edges.py TERRAIN_FOLDER

Places stand so far from the middle of each side of each window, inside it. The horizon from all windows with the
packaged grid beyond is compared with that from their own window and the packaged grid, and from their own window alone.
"""

import sys
from pathlib import Path

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.constants import MOON_RADIUS
from moonstation.formats.geotiff import ElevationWindow, read_elevation
from moonstation.formats.global_grid import read_packaged_grid
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.horizons import horizon, locate

INSIDE = (0.5e3, 2e3, 5e3)


def places(window: ElevationWindow, inside: float) -> list[tuple[float, float]]:
    """Latitude and longitude [deg] of places within a south polar window, near the middle of its sides."""
    rows, columns = window.heights.shape
    step = inside / window.pixel
    middle = [
        ((rows - 1) / 2, step),
        ((rows - 1) / 2, columns - 1 - step),
        (step, (columns - 1) / 2),
        (rows - 1 - step, (columns - 1) / 2),
    ]
    a, _, c, _, e, f = window.to_pixel
    found = []
    for row, column in middle:
        x, y = (column - c) / a, (row - f) / e
        lat = np.degrees(2.0 * np.arctan(np.hypot(x, y) / (2.0 * MOON_RADIUS))) - 90.0
        found.append((float(lat), float(np.degrees(np.arctan2(x, y)))))
    return found


def main(arguments: list[str]) -> int:
    """Print the table; 0 when done, 2 for bad input."""
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    windows = [read_elevation(path) for path in sorted(Path(arguments[0]).glob("*_40m.tif"))]
    grid = read_packaged_grid()
    full = ElevationModel(windows, grid)
    print(
        "| inside the edge | compared | places | median | 95 % | 99 % | greatest | mean |\n"
        "|---|---|---|---|---|---|---|---|"
    )
    for inside in INSIDE:
        changes: dict[str, list[FloatArray]] = {
            "own window, packaged grid beyond": [],
            "own window alone": [],
        }
        for window in windows:
            models = {
                name: ElevationModel([window], beyond)
                for name, beyond in zip(changes, (grid, None), strict=True)
            }
            for lat_deg, lon_deg in places(window, inside):
                if not np.isfinite(models["own window alone"].elevation(lat_deg, lon_deg)):
                    continue
                site = locate(full, "edge", lat_deg, lon_deg)
                whole = horizon(site, full, heights=(2.0,), azimuths=360).elevation[0]
                for name, model in models.items():
                    part = horizon(site, model, heights=(2.0,), azimuths=360).elevation[0]
                    # where nothing at all is known the horizon is -90 deg
                    changes[name].append(np.degrees(part - whole)[part > -1.5])
        for name, parts in changes.items():
            change = np.concatenate(parts)
            q = " | ".join(
                f"{v:.3f}" for v in (*np.percentile(np.abs(change), [50, 95, 99, 100]), change.mean())
            )
            print(f"| {inside / 1e3:g} km | {name} | {len(parts)} | {q} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
