"""Texts on a map that do not cover each other."""

from collections.abc import Iterable
from typing import NamedTuple


class Box(NamedTuple):
    """A rectangle on the picture [pixels]."""

    left: float
    bottom: float
    right: float
    top: float

    def meets(self, other: "Box") -> bool:
        """Whether two rectangles have a point in common."""
        return (
            self.left < other.right
            and other.left < self.right
            and self.bottom < other.top
            and other.bottom < self.top
        )

    def within(self, other: "Box") -> bool:
        """Whether it lies inside another."""
        return (
            self.left >= other.left
            and self.right <= other.right
            and self.bottom >= other.bottom
            and self.top <= other.top
        )

    def grown(self, by: float) -> "Box":
        """A rectangle larger by so much on each side."""
        return Box(self.left - by, self.bottom - by, self.right + by, self.top + by)


class Places:
    """The room that is left on a map.

    Parameters
    ----------
    frame : Box
        The map.
    """

    def __init__(self, frame: Box) -> None:
        self.frame = frame
        self.taken: list[Box] = []

    def free(self, box: Box) -> bool:
        """Whether a rectangle lies on the map and covers nothing."""
        return box.within(self.frame) and not any(box.meets(other) for other in self.taken)

    def take(self, box: Box) -> None:
        """Keep a rectangle free of others."""
        self.taken.append(box)

    def first_free(self, boxes: Iterable[Box]) -> Box | None:
        """Take the first of some rectangles that is free; None if none is."""
        for box in boxes:
            if self.free(box):
                self.take(box)
                return box
        return None


def around(x: float, y: float, wide: float, high: float, away: float) -> list[Box]:
    """Places of a text beside a point, the one liked best first: right, left, above, below, then the corners."""
    right, left = x + away, x - away - wide
    above, below = y + away, y - away - high
    corners = [
        (right, y - high / 2.0),
        (left, y - high / 2.0),
        (x - wide / 2.0, above),
        (x - wide / 2.0, below),
        (right, above - away / 2.0),
        (right, below + away / 2.0),
        (left, above - away / 2.0),
        (left, below + away / 2.0),
    ]
    return [Box(a, b, a + wide, b + high) for a, b in corners]
