"""Write docs/station-file.md from the vocabulary: ``python tools/make_station_reference.py``."""

import types
import typing
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BeforeValidator
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from moonstation.station.metrics import METRICS
from moonstation.station.model import SINGLE, TABLES
from moonstation.station.prices import Cost
from moonstation.station.units import DEFINITIONS, DIMENSIONS, Measure, format_quantity
from moonstation.station.vocabulary import Count, Day, Id, Moment, Month, Number, Properties, YesNo

PAGE = Path(__file__).resolve().parents[1] / "docs" / "station-file.md"
WORDS = {
    Cost: "cost",
    Count: "whole number",
    Day: "date",
    Id: "id",
    Moment: "date",
    Month: "month",
    Number: "number",
    Properties: "table",
    YesNo: "true or false",
}
READERS = {
    marker.func: word
    for alias, word in WORDS.items()
    for marker in get_args(alias)
    if isinstance(marker, BeforeValidator)
}

INTRODUCTION = """\
# The station file

*Made by `tools/make_station_reference.py` from `moonstation.station.model`; do not edit.*

A station file is TOML. `moonstation check FILE` tells everything that is wrong with one, a line a problem, with
the cure. The smallest useful one comes with the package: `moonstation show lander`.

```toml
[station]
name = "Polar lander"
start = 2030-04-01
span = "180 d"
ground_stations = ["kashi", "zapala"]      # from the catalogue

[[site]]
id = "ridge"
lat = "-89.4399 deg"
lon = "-137.1476 deg"

[[element]]
id = "lander"
from = "robotic_lander"                    # start from a catalogue entry, override any key
site = "ridge"
array_power = { value = "1.6 kW", source = "design review", confidence = "estimated" }
battery_capacity = "20 kWh"

[[requirement]]
id = "alive"
metric = "bus.ridge.unserved"
at_most = "0 kWh"
```

- **Quantities** are text with number and unit: `"40 kW"`, `"2 m"`, `"-88.8 deg"`, `"10 Mbit/s"`. A number without
  unit is refused, except for shares, which are plain numbers or per cent: `0.2`, `"20 %"`.
- **Source and confidence.** Any value can be a table `{ value = "40 kW", source = "...", confidence = "..." }`, with
  a `note` where there is more to say; confidence is `published`, `estimated` or `assumption`. The same three keys in
  a table hold for all its values that do not bring their own. The report lists the assumptions.
- **Keys** may be written with `_` or with `-`. Ids have letters, digits, `-` and `_`; those of sites, orbiters and
  ground stations must all differ, for links name them.
- **Catalogues.** `from = "kashi"` in a ground station, launcher, element or radio, and `orbit = "queqiao-2"` in an
  orbiter, take the keys of a catalogue entry; keys that stand beside it override the entry's.
  `catalogues = ["mine.toml"]` under `[station]` adds files of your own with `[[ground_station]]`, `[[launcher]]`,
  `[[element]]`, `[[radio]]` and `[[orbit]]` tables (an orbit has the keys of an orbiter); an entry replaces the
  packaged one of the same id.
- **Orbits** of an orbiter are given in one of three ways. Elements: `periapsis_altitude`, `apoapsis_altitude`,
  `inclination` and what goes with them, or a catalogue entry that has them. A `kind` (`halo`, `nrho`, `dro`) with its
  size, or the entries `queqiao-1`, `gateway-nrho`, `dro-70000`: such an orbit is found in the three-body problem,
  closed in the full model and station-kept over the whole study; the report tells what that costs a year and with
  which errors. Or `ephemeris = "craft.oem"` (or `.bsp`), a file beside the station file that covers the study; it
  is not flown anew. `area`, `mass` and `reflectivity` add the pressure of sunlight to the first two.
- **Paths** start from the folder of the station file.
"""


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8", newline="\n")


def page() -> str:
    """Return the reference page, Markdown."""
    parts = [INTRODUCTION]
    for name, model in TABLES.items():
        brackets = f"[{name}]" if name in SINGLE else f"[[{name}]]"
        parts += [f"## `{brackets}`\n", (model.__doc__ or "").strip().splitlines()[0] + "\n"]
        parts += ["| key | type | unit | default | meaning |", "| --- | --- | --- | --- | --- |"]
        for attribute, info in model.model_fields.items():
            parts.append(row(attribute, info))
        parts.append("")
    parts += ["## Metrics\n", "What `metric` of a requirement can name; put an id in place of the braces.\n"]
    parts += ["| metric | unit | meaning |", "| --- | --- | --- |"]
    parts += [f"| `{m.pattern}` | {m.unit} | {m.meaning} |" for m in METRICS]
    parts += ["", "## Units\n", units(), ""]
    return "\n".join(parts)


def row(attribute: str, info: FieldInfo) -> str:
    """Return a line of a table: key, type, unit, default, meaning."""
    markers = [*info.metadata, *_markers(info.annotation)]
    measure = next((m for m in markers if isinstance(m, Measure)), None)
    kind = _kind(info.annotation, markers)
    unit, bounds = "", ""
    if measure is not None:
        kind = "share" if measure.dimension == "share" else "quantity"
        unit = "" if measure.dimension == "share" else DIMENSIONS[measure.dimension].display
        bounds = f" ({measure.bounds})" if measure.bounds else ""
    key = info.alias or attribute
    meaning = (info.description or "") + (f" Python: `{attribute}`." if info.alias else "")
    return f"| `{key}` | {kind}{bounds} | {unit} | {_default(info, measure)} | {meaning} |"


def _markers(annotation: Any) -> list[Any]:
    # `Power | None` keeps its marker inside the union
    if get_origin(annotation) in (types.UnionType, typing.Union):
        return [m for part in get_args(annotation) for m in get_args(part)[1:]]
    return []


def _kind(annotation: Any, markers: list[Any]) -> str:
    for marker in markers:
        if isinstance(marker, BeforeValidator) and marker.func in READERS:
            return READERS[marker.func]
    choices = _choices(annotation)
    if choices:
        return (
            " or ".join(f"`{c}`" for c in choices)
            if len(choices) < 4
            else "one of " + ", ".join(f"`{c}`" for c in choices)
        )
    if get_origin(annotation) is list:
        return "list of text"
    return "quantity in the metric's unit" if "float" in str(annotation) else "text"


def _choices(annotation: Any) -> list[str]:
    if get_origin(annotation) is Literal:
        return [str(c) for c in get_args(annotation)]
    return [c for part in get_args(annotation) if get_origin(part) is Literal for c in get_args(part)]


def _default(info: FieldInfo, measure: Measure | None) -> str:
    if info.is_required():
        return "**required**"
    value = info.default
    if info.default_factory is not None or value in (None, "", PydanticUndefined):
        return ""
    if measure is not None:
        return format_quantity(value, measure.dimension)
    return str(value).lower() if isinstance(value, bool) else str(value)


def units() -> str:
    """Return the units that can be written, Markdown."""
    names, prefixes = [], []
    for line in DEFINITIONS.strip().splitlines():
        words = [w.strip() for w in line.split("=")]
        if words[0].endswith("-"):
            prefixes.append(f"`{words[2].rstrip('-')}`")
        else:
            names.append(f"`{words[2]}`" if len(words) > 2 else f"`{words[0]}`")
    return (
        f"Units: {', '.join(dict.fromkeys(names))}, and their products, quotients and powers (`bit/s`, `1/yr`, `m2`). "
        f"Prefixes: {', '.join(prefixes)}. A year (`yr`) is 365.25 d; `B` is a byte of 8 bit; `t` is 1000 kg."
    )


if __name__ == "__main__":
    main()
