"""The figures that a requirement can name."""

import difflib
import re
from dataclasses import dataclass, field

from moonstation.station.units import DIMENSIONS, show


@dataclass(frozen=True)
class Metric:
    """A family of figures.

    Attributes
    ----------
    pattern : str
        Name with the kind of its id in braces: "site.{site}.sun.average".
    dimension : str
        A key of `moonstation.station.units.DIMENSIONS`; values are SI.
    meaning : str
        What it says, in one sentence.
    """

    pattern: str
    dimension: str
    meaning: str

    @property
    def kind(self) -> str:
        """What the id names: "site", "bus", "orbiter" or "mission"."""
        return self.pattern[self.pattern.index("{") + 1 : self.pattern.index("}")]

    @property
    def unit(self) -> str:
        """Unit for display; "1" for shares."""
        return DIMENSIONS[self.dimension].display

    def of(self, name: str) -> str:
        """Return the metric of one site, bus, orbiter or mission: ``of("base")`` is "site.base.sun.average"."""
        return re.sub(r"\{\w+\}", name, self.pattern)


@dataclass(frozen=True)
class NamedMetric:
    """A metric of one site, bus, orbiter or mission.

    Attributes
    ----------
    metric : Metric
        The family.
    id : str
        Id of the site, bus, orbiter or mission.
    """

    metric: Metric
    id: str = field(default="")


METRICS: tuple[Metric, ...] = (
    Metric("site.{site}.sun.average", "share", "Time mean of the share of the solar disc in view."),
    Metric("site.{site}.sun.any_light", "share", "Share of time in which any of the solar disc is in view."),
    Metric("site.{site}.sun.longest_dark", "time", "Longest spell with none of the solar disc in view."),
    Metric("site.{site}.sun.longest_light", "time", "Longest spell with some of the solar disc in view."),
    Metric(
        "site.{site}.earth.visible",
        "share",
        "Share of time in which the Earth's centre is above the horizon.",
    ),
    Metric("site.{site}.earth_link.share", "share", "Share of time in contact with a ground station."),
    Metric("site.{site}.earth_link.longest_gap", "time", "Longest spell without any ground station."),
    Metric("site.{site}.relay_link.share", "share", "Share of time in contact with a relay orbiter."),
    Metric("site.{site}.relay_link.longest_gap", "time", "Longest spell without any relay orbiter."),
    Metric(
        "site.{site}.link.share",
        "share",
        "Share of time in which the Earth is reached, directly or through a relay that sees it then.",
    ),
    Metric(
        "site.{site}.link.longest_gap", "time", "Longest spell in which the Earth is not reached either way."
    ),
    Metric("bus.{bus}.reserve.lowest", "share", "Lowest state of charge of all stores of the bus."),
    Metric("bus.{bus}.unserved", "energy", "Energy asked for and not given."),
    Metric(
        "bus.{bus}.survival_time",
        "time",
        "How long the full stores carry the survival load without any source.",
    ),
    Metric(
        "bus.{bus}.dark_margin",
        "share",
        "Charge left above the reserve at the end of the worst spell, as share of the usable capacity.",
    ),
    Metric("bus.{bus}.margin.lowest", "power", "Smallest difference of power available and asked for."),
    Metric("data.{site}.backlog.longest", "time", "Greatest age of data that waits to be sent."),
    Metric("data.{site}.delivered", "share", "Share of the data made that reached the Earth."),
    Metric("data.{site}.lost", "data", "Data lost because the memory was full."),
    Metric("orbiter.{orbiter}.altitude.lowest", "altitude", "Lowest altitude over the study."),
    Metric(
        "mission.{mission}.mass_margin",
        "mass",
        "Mass that the launcher brings there, less the craft and the elements of the mission.",
    ),
    Metric(
        "mission.{mission}.landing_sun", "angle", "Elevation of the Sun's centre at the first lit landing."
    ),
)
"""Every metric; patterns are unique."""

_MATCHERS = [
    (re.compile(re.escape(m.pattern).replace(r"\{" + m.kind + r"\}", r"([A-Za-z0-9][A-Za-z0-9_-]{0,63})")), m)
    for m in METRICS
]


def parse(metric: str) -> NamedMetric:
    """Find the family and the id of a metric.

    Raises
    ------
    ValueError
        If there is no such metric; names the nearest one.
    """
    for matcher, family in _MATCHERS:
        found = matcher.fullmatch(metric)
        if found:
            return NamedMetric(metric=family, id=found[1])
    raise ValueError(f"metric {show(metric)} is not known{_nearest(metric)}")


def _nearest(metric: str) -> str:
    parts = metric.split(".")
    name = parts[1] if len(parts) > 2 and len(parts[1]) <= 64 else "base"
    names = [m.pattern.replace("{" + m.kind + "}", name) for m in METRICS]
    longer = [n for n in names if n.startswith(metric + ".")]
    close = longer or difflib.get_close_matches(metric[:120], names, n=1, cutoff=0.0)
    return f"; did you mean {show(close[0], 90)}?" if close else ""
