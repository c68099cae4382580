"""Bundles: what travels through a network, single or cut from data that are made at a rate."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from moonstation.errors import RequestError
from moonstation.links.routing import NORMAL, PRIORITIES


@dataclass(frozen=True, slots=True)
class Bundle:
    """A piece of data that travels whole.

    Attributes
    ----------
    source, destination : str
        Nodes.
    size : float
        [bit]
    created : float
        When it is there at the source [s].
    priority : int
        Place in `routing.PRIORITIES`.
    expires : float
        When it is of no more use [s].
    """

    source: str
    destination: str
    size: float
    created: float
    priority: int = NORMAL
    expires: float = math.inf


@dataclass(frozen=True, slots=True)
class Traffic:
    """Data made at a steady rate.

    Attributes
    ----------
    source, destination : str
        Nodes.
    rate : float
        [bit/s]
    start, stop : float
        When it is made [s].
    priority : int
        Place in `routing.PRIORITIES`.
    lifetime : float
        How long it is of use [s].
    """

    source: str
    destination: str
    rate: float
    start: float
    stop: float
    priority: int = NORMAL
    lifetime: float = math.inf

    @property
    def volume(self) -> float:
        """All of it [bit]."""
        return self.rate * (self.stop - self.start)


def cut_bundles(traffic: Sequence[Traffic], *, size: float | Sequence[float]) -> list[Bundle]:
    """Cut data into bundles, in the order of their making; each is there when its last bit has been made.

    Parameters
    ----------
    traffic : sequence of Traffic
        What is made.
    size : float or sequence of float
        Of bundles [bit], the same for all or one for each traffic; the last bundle of each is what is left.

    Raises
    ------
    RequestError
        If a size, rate or time makes no sense.
    """
    bundles = []
    for made, each in zip(traffic, [size] * len(traffic) if isinstance(size, float) else size, strict=True):
        if not (math.isfinite(each) and each > 0.0):
            raise RequestError(f"bundles of {each:g} bit: give a size above zero")
        if not (math.isfinite(made.volume) and made.volume > 0.0 and made.lifetime > 0.0):
            raise RequestError(
                f"data from {made.source} to {made.destination}: {made.rate:g} bit/s from {made.start:g} to "
                f"{made.stop:g} s with a lifetime of {made.lifetime:g} s; give a rate, a time and a lifetime above zero"
            )
        whole = math.floor(made.volume / each * (1.0 + 1e-12))
        sizes = [each] * whole
        if made.volume - whole * each > 1e-9 * each:
            sizes.append(made.volume - whole * each)
        done = 0.0
        for part in sizes:
            done += part
            created = min(made.start + done / made.rate, made.stop)
            bundles.append(
                Bundle(made.source, made.destination, part, created, made.priority, created + made.lifetime)
            )
    bundles.sort(key=lambda bundle: bundle.created)
    return bundles


def check_bundle(bundle: Bundle, nodes: Iterable[str]) -> None:
    """Refuse a bundle that no network could take.

    Raises
    ------
    RequestError
        Naming it, what is wrong and the cure.
    """
    what = f"bundle from {bundle.source} to {bundle.destination} at {bundle.created:g} s"
    for node in (bundle.source, bundle.destination):
        if node not in nodes:
            raise RequestError(f"{what}: no node {node!r} in the contact plan; it has {', '.join(nodes)}")
    if bundle.source == bundle.destination:
        raise RequestError(f"{what}: goes to its own source; name two nodes")
    if not (math.isfinite(bundle.size) and bundle.size > 0.0 and math.isfinite(bundle.created)):
        raise RequestError(
            f"{what}: is of {bundle.size:g} bit; give a finite size above zero and a finite time"
        )
    if not bundle.expires > bundle.created:
        raise RequestError(
            f"{what}: expires at {bundle.expires:g} s, before it is made; give it a lifetime above zero"
        )
    if bundle.priority not in range(len(PRIORITIES)):
        raise RequestError(f"{what}: priority {bundle.priority}; give 0 to 2 ({', '.join(PRIORITIES)})")
