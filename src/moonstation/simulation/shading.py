"""Shade that the elements of a site throw on each other's arrays.

Assumptions and limits
----------------------
- An element with ``east``, ``north``, ``top`` and ``width`` is an upright screen of that width, whatever the direction
  it is seen from, from the ground up to ``top``; the ground between elements is level and flat.
- An array is the point at ``array_height`` above its place. What covers a part of it only counts wholly or not at all,
  and cells in series that lose more than their shaded share are not modelled.
- The Sun is a disc: it goes behind an edge by and by. Screens near the horizon hide what the terrain leaves of it.
- Light through, from and around screens is left out. A screen stands from the day its element arrives and stays, also
  when the element is broken or its partner has left.
"""

from collections.abc import Sequence

import numpy as np

from moonstation.arrays import FloatArray
from moonstation.errors import RequestError
from moonstation.simulation.arrays import rated_power
from moonstation.simulation.instants import present
from moonstation.station.elements import Element
from moonstation.sunlight.disc import visible_share
from moonstation.sunlight.light import SiteLight


def screens_before(element: Element, others: Sequence[Element]) -> list[Element]:
    """Elements of the same site that may shade an element's array: those with a place and a size, and so has it."""
    if element.east is None or element.north is None or not rated_power(element):
        return []
    return [
        other
        for other in others
        if other.id != element.id
        and other.site == element.site
        and other.east is not None
        and other.top > element.array_height
        and other.width > 0.0
    ]


def shaded_fraction(
    seen: FloatArray, element: Element, others: Sequence[Element], *, light: SiteLight
) -> FloatArray:
    """Share of the solar disc that is left over an element's array by its neighbours, (n,).

    Parameters
    ----------
    seen : (n,) array
        Share of the disc that the terrain and the Earth leave.
    element : Element
        With the array.
    others : sequence of Element
        All elements of the station.
    light : SiteLight
        Of its site.

    Raises
    ------
    RequestError
        If the array stands within a neighbour.
    """
    result = seen
    for other in screens_before(element, others):
        east = float(other.east or 0.0) - float(element.east or 0.0)
        north = float(other.north or 0.0) - float(element.north or 0.0)
        distance = float(np.hypot(east, north))
        if distance <= 0.5 * other.width:
            raise RequestError(
                f"element {element.id}: stands {distance:g} m from {other.id}, within its width of {other.width:g} m; "
                "move one of them with east and north, or give a smaller width"
            )
        half = np.arcsin(0.5 * other.width / distance)
        rise = float(np.arctan2(other.top - element.array_height, distance))
        off = (light.azimuth - np.arctan2(east, north) + np.pi) % (2.0 * np.pi) - np.pi
        # share of the disc between the two upright edges, which the level-edge rule gives turned by a right angle
        behind = visible_share(off, -half, light.radius) - visible_share(off, half, light.radius)
        over = np.minimum(result, visible_share(light.elevation, rise, light.radius))
        hidden = np.where(present(other, light.et), behind, 0.0)
        result = (1.0 - hidden) * result + hidden * over
    return result
