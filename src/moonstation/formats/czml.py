"""CZML, the scenes of Cesium: orbiters and places in axes fixed to the Moon.

Positions stand in the frame that Cesium calls FIXED: the axes of the globe, for which the Moon's mean-Earth axes (ME)
are taken. Cesium's INERTIAL frame is turned by the Earth's rotation and so would be wrong about the Moon. A viewer has
to be told that its globe is the Moon: ``Cesium.Ellipsoid.default = Cesium.Ellipsoid.MOON``.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.errors import OutputError, RequestError
from moonstation.formats.drafts import replace_file

DEGREE = 7
"""Degree of the polynomials (Lagrange's) by which the viewer interpolates."""

SLOWEST = 10.0
"""Least factor by which the viewer's clock runs fast."""

COLOURS = ((0, 114, 178), (213, 94, 0), (0, 158, 115), (204, 121, 167), (230, 159, 0), (86, 180, 233))
"""Okabe and Ito (2008), in the order of the orbiters."""


@dataclass(frozen=True)
class CzmlOrbiter:
    """Something that moves.

    Attributes
    ----------
    id, name, description : str
        Short name, name on screen, text of the box that opens at a click.
    seconds : FloatArray
        Time (n,) since the beginning of the scene [s], ascending.
    r_me : FloatArray
        Positions (n, 3) [m], ME.
    period : float
        Time of a round [s]: as long a path is drawn behind and before it.
    """

    id: str
    name: str
    seconds: FloatArray
    r_me: FloatArray
    period: float
    description: str = ""


@dataclass(frozen=True)
class CzmlPlace:
    """A place on the ground: id, name on screen and position (3,) [m], ME."""

    id: str
    name: str
    r_me: FloatArray


def write_czml(
    path: Path,
    orbiters: Sequence[CzmlOrbiter],
    places: Sequence[CzmlPlace] = (),
    *,
    start: str,
    stop: str,
    name: str = "moonstation",
) -> None:
    """Write a scene; whole or not at all. The same arguments give the same bytes.

    Parameters
    ----------
    path : Path
        File to write.
    orbiters : sequence of CzmlOrbiter
        What moves.
    places : sequence of CzmlPlace
        What stands.
    start, stop : str
        Span of the clock, UTC, ISO 8601 with Z.
    name : str
        Of the scene.

    Raises
    ------
    RequestError
        If nothing moves, or times do not ascend.
    OutputError
        If the file cannot be written.
    """
    if not orbiters:
        raise RequestError(f"{path}: a scene needs an orbiter")
    packets = [_document(name, start, stop, min(orbiter.period for orbiter in orbiters))]
    packets += [_orbiter(path, orbiter, i, start, stop) for i, orbiter in enumerate(orbiters)]
    packets += [_place(place) for place in places]
    text = ",\n".join(json.dumps(packet, separators=(",", ":"), allow_nan=False) for packet in packets)
    try:
        replace_file(path, f"[{text}]\n")
    except OSError as error:
        raise OutputError(f"{path}: cannot be written ({error.strerror}); choose another folder") from error


def _document(name: str, start: str, stop: str, period: float) -> dict[str, Any]:
    return {
        "id": "document",
        "name": name,
        "version": "1.0",
        "clock": {
            "interval": f"{start}/{stop}",
            "currentTime": start,
            # a round in two minutes
            "multiplier": max(SLOWEST, round(period / 120.0)),
            "range": "LOOP_STOP",
            "step": "SYSTEM_CLOCK_MULTIPLIER",
        },
    }


def _orbiter(path: Path, orbiter: CzmlOrbiter, index: int, start: str, stop: str) -> dict[str, Any]:
    seconds, r = orbiter.seconds, orbiter.r_me
    if seconds.size < 2 or r.shape != (seconds.size, 3) or not np.all(np.diff(seconds) > 0.0):
        raise RequestError(
            f"{path}: orbiter {orbiter.id} takes two ascending times or more and as many positions"
        )
    rows = np.column_stack([np.round(seconds, 3), np.round(r, 1)])
    colour = {"rgba": [*COLOURS[index % len(COLOURS)], 255]}
    return {
        "id": orbiter.id,
        "name": orbiter.name,
        "description": orbiter.description,
        "availability": f"{start}/{stop}",
        "position": {
            "epoch": start,
            "referenceFrame": "FIXED",
            "interpolationAlgorithm": "LAGRANGE",
            "interpolationDegree": min(DEGREE, seconds.size - 1),
            "cartesian": rows.ravel().tolist(),
        },
        "point": {
            "pixelSize": 9,
            "color": colour,
            "outlineColor": {"rgba": [255, 255, 255, 255]},
            "outlineWidth": 1,
        },
        "label": _label(orbiter.name),
        "path": {
            "material": {"solidColor": {"color": colour}},
            "width": 1.5,
            "leadTime": round(orbiter.period, 1),
            "trailTime": round(orbiter.period, 1),
            "resolution": max(10.0, round(orbiter.period / 360.0)),
        },
    }


def _place(place: CzmlPlace) -> dict[str, Any]:
    return {
        "id": place.id,
        "name": place.name,
        "position": {"referenceFrame": "FIXED", "cartesian": np.round(place.r_me, 1).tolist()},
        "point": {
            "pixelSize": 8,
            "color": {"rgba": [240, 228, 66, 255]},
            "outlineColor": {"rgba": [0, 0, 0, 255]},
            "outlineWidth": 1,
        },
        "label": _label(place.name),
    }


def _label(text: str) -> dict[str, Any]:
    return {
        "text": text,
        "font": "14px sans-serif",
        "style": "FILL_AND_OUTLINE",
        "outlineWidth": 2,
        "horizontalOrigin": "LEFT",
        "pixelOffset": {"cartesian2": [10, 0]},
    }
