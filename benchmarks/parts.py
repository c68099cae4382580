"""What parts of a study take beyond horizons, orbits and ephemerides: light, power, OEM, station file, report.

Medians of five after one warm-up, a year at 10 min. There is no peer for these; the figures show what a change costs.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from moonstation.report.page import write_report
from moonstation.simulation.power import run_power
from moonstation.station.loading import check_station, load_station
from moonstation.study.files import write_orbit, write_series
from moonstation.study.run import run_study, study_span
from moonstation.sunlight.light import site_light


def told(name: str, work: Callable[[], object]) -> None:
    work()
    taken = []
    for _ in range(5):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    print(f"{name:44}{statistics.median(taken) * 1e3:9.1f} ms")


def main() -> None:
    station = load_station("ilrs")
    span = study_span(station)
    result = run_study(station, span)
    site = result.grounds["base"].site
    told("light of one site", lambda: site_light(site, span.et))
    lit = {e.id: result.lights[e.site].fraction for e in station.elements}
    told("power of every bus", lambda: run_power(station.elements, times_s=span.et, array_light=lit))
    told("checking the station file of the ILRS", lambda: check_station("ilrs"))
    told("the report", lambda: write_report(result))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        told("timeseries.nc", lambda: write_series(result.series, folder / "series.nc"))
        told(
            "ephemeris message of a low orbiter", lambda: write_orbit(result, "luna-26", folder / "orbit.oem")
        )


if __name__ == "__main__":
    main()
