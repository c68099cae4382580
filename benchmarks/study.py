"""The whole study of the ILRS: 365 d at 10 min, warm (median of five) and the first time, with memory.

Each run is a process of its own, start-up and writing of the folder included. "First" has an empty cache of compiled
code. There is no peer that does the whole; benchmarks/ephemerides.py, horizons.py and orbits.py time the parts beside
peers.
"""

import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def run(folder: Path, cache: Path) -> float:
    """Study once; return wall-clock seconds."""
    command = [sys.executable, "-m", "moonstation", "study", "ilrs", "--days", "365", "--step", "10 min"]
    begin = time.perf_counter()
    done = subprocess.run(
        [*command, "--out", str(folder / "out")],
        env=os.environ | {"NUMBA_CACHE_DIR": str(cache)},
        capture_output=True,
        text=True,
        check=False,
    )
    taken = time.perf_counter() - begin
    if done.returncode not in (0, 1):
        sys.exit(done.stderr)
    return taken


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder, cache = Path(name), Path(name) / "cache"
        cache.mkdir()
        print(f"first, compilation included  {run(folder, cache):6.1f} s")
        warm = [run(folder, cache) for _ in range(5)]
        print(
            f"warm, median of five         {statistics.median(warm):6.1f} s   ({min(warm):.1f} to {max(warm):.1f})"
        )
        shutil.rmtree(folder / "out")
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024.0
    print(f"greatest memory              {peak:6.0f} MB")


if __name__ == "__main__":
    main()
