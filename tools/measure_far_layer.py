"""Measure what block means beyond a site's surroundings do to its horizon, on synthetic 20 m terrain.

python tools/measure_far_layer.py

A polar image of 4096 x 4096 pixels (82 km; power law of rms 700 m, craters to 8 km) is written as LOLA writes them,
read whole, and read by the rule for rasters larger than memory with several distances and blocks. The table of
docs/decisions/0005-rasters-larger-than-memory.md is what it prints. Takes a few minutes and 1 GB of memory.
"""

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from moonstation.terrain import reading
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.horizons import horizon, locate
from pds3_writer import power_law, write_pds3

SIDE, PIXEL = 4096, 20.0
SITES = ((-89.9, 20.0), (-89.4, -70.0), (-89.5, 150.0), (-89.2, 45.0))


def main() -> None:
    """Print the table."""
    print(
        "| full resolution to | block | median | 95 % | 99 % | greatest | mean |\n|---|---|---|---|---|---|---|"
    )
    with tempfile.TemporaryDirectory() as folder:
        heights = power_law((SIDE, SIDE), PIXEL, craters=500)
        path = write_pds3(Path(folder), "LDEM_SYNTH", np.round(2 * heights).astype("<i2"), pixel=PIXEL)
        steps = np.degrees(np.arctan(np.std(np.diff(heights, axis=1)) / PIXEL))
        del heights
        whole = ElevationModel.from_files([path])
        truth = [_horizon(whole, site) for site in SITES]
        reading.WHOLE_PIXELS = 0
        for near in (5e3, 10e3, 20e3):
            for block in (8, 16):
                reading.NEAR, reading.FAR_PIXELS = near, SIDE // block
                off = []
                for site, expected in zip(SITES, truth, strict=True):
                    began = time.perf_counter()
                    model = ElevationModel.from_files([path], around=[site])
                    seconds = time.perf_counter() - began
                    off.append(np.degrees(_horizon(model, site) - expected))
                size = np.abs(off)
                q = np.percentile(size, [50, 95, 99, 100])
                figures = " | ".join(f"{v:.3f}" for v in (*q, np.mean(off)))
                print(f"| {near / 1e3:.0f} km | {block} ({block * PIXEL:.0f} m) | {figures} |", flush=True)
    print(f"rms slope of the ground at 20 m: {steps:.1f} deg; last reading took {seconds:.1f} s")


def _horizon(model: ElevationModel, site: tuple[float, float]) -> np.ndarray:
    place = locate(model, "site", *site)
    return horizon(place, model, heights=(2.0,), azimuths=360).elevation[0]


if __name__ == "__main__":
    main()
