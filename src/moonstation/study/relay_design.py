"""How many relays in which orbits: sets of relays that no other set beats in coverage, gap and cost."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement

import numpy as np

from moonstation.arrays import FloatArray, IntArray
from moonstation.errors import OrbitError, RequestError
from moonstation.orbits.propagation import Trajectory
from moonstation.study.relay_bound import solve_cover
from moonstation.study.relay_cover import (
    MARGIN,
    RelayScene,
    Seen,
    SiteCover,
    exact_windows,
    look_at_all,
    site_cover,
)
from moonstation.study.relay_orbits import RelayOrbit
from moonstation.study.relay_sets import (
    MOST_SETS,
    Cover,
    count_sets,
    cover_of,
    every_set,
    improve,
    judge,
    pareto,
    undominated,
    unpack,
)
from moonstation.study.relay_wish import RelayWish

Progress = Callable[[str, float], None]

ALIKE = 1.15
"""Sets whose times without a relay, and longest gaps, fall into the same class of this ratio count as alike."""

LEAST_MISSED, LEAST_GAP = 1e-5, 30.0
"""Share of time and gap [s] below which all are alike."""

SAMPLE = 300
"""Sets of each size of which the figures are kept for the picture."""

MOST_CANDIDATES = 1000
STARTS = 6
"""Random sets that the search by exchange begins from, besides the best ones of a size less."""

MOST_MAKEUPS = 150
"""Make-ups of a set by kinds of orbits that are each searched."""

NEAR_BEST = 0.01
"""Share of time by which the set proposed may be behind the best one where it is cheaper."""


@dataclass(frozen=True, eq=False)
class RelaySet:
    """A set of relays.

    Attributes
    ----------
    relays : tuple of RelayOrbit
        Its members.
    sites : dict of str to SiteCover
        What it does for each site, to 0.1 s.
    cost, mass, delta_v : float
        In the measure asked for; [kg]; [m/s].
    fold : int
        As asked.
    grid_share, grid_gap : float
        Share and longest gap [s] at the worst site as the search saw them.
    earth_gap : float
        Longest time in which a member sees no ground station [s], on the grid.
    """

    relays: tuple[RelayOrbit, ...]
    sites: Mapping[str, SiteCover]
    cost: float
    mass: float
    delta_v: float
    fold: int
    grid_share: float
    grid_gap: float
    earth_gap: float

    @property
    def share(self) -> float:
        """Share of time served at the worst site, by two at once if so asked."""
        return min(c.twice if self.fold == 2 else c.share for c in self.sites.values())

    @property
    def twice(self) -> float:
        """Share of time served by two at once at the worst site."""
        return min(c.twice for c in self.sites.values())

    @property
    def longest_gap(self) -> float:
        """At the worst site [s]."""
        return max(c.longest_gap for c in self.sites.values())

    @property
    def mean_gap(self) -> float:
        """At the worst site [s]."""
        return max(c.mean_gap for c in self.sites.values())

    @property
    def worst_site(self) -> str:
        """The site that is served least."""
        return min(self.sites, key=lambda s: self.sites[s].twice if self.fold == 2 else self.sites[s].share)

    @property
    def orbits(self) -> str:
        """Kinds of orbits in words."""
        counts = Counter(relay.group for relay in self.relays)
        return " + ".join(f"{count} {name}" for name, count in counts.items())


@dataclass(frozen=True, eq=False)
class RelayDesign:
    """What was found.

    Attributes
    ----------
    scene : RelayScene
        Sites, ground stations and time.
    wish : RelayWish
        What was asked.
    candidates : tuple of RelayOrbit
        Orbits compared.
    left_out : dict of str to str
        Orbits that cannot be flown, with the reason.
    singles : FloatArray
        (candidates, 2): share and longest gap [s] of each alone at the worst site, on the grid.
    cloud : FloatArray
        (n, 4): number, cost, share and longest gap [s] of some sets of each size, good and bad, on the grid.
    front : tuple of RelaySet
        Those that no other one beats, cheapest first.
    proof : dict of int to str
        How far the best sets of each size are known to be the best.
    proposed : int or None
        Which of the front is proposed; None where none meets what is asked.
    notes : tuple of str
        What has to be said beside the figures.
    """

    scene: RelayScene
    wish: RelayWish
    candidates: tuple[RelayOrbit, ...]
    left_out: Mapping[str, str]
    singles: FloatArray
    cloud: FloatArray
    front: tuple[RelaySet, ...]
    proof: Mapping[int, str]
    proposed: int | None
    notes: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class _Sets:
    """Sets of one size that none of that size beats."""

    members: IntArray
    figures: FloatArray
    sample: FloatArray
    proof: str


def design_relays(
    scene: RelayScene,
    candidates: Sequence[RelayOrbit],
    wish: RelayWish | None = None,
    *,
    cluster: str | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> RelayDesign:
    """Find the sets of relays that no other set beats in coverage, longest gap and cost.

    Each orbit is flown once and looked at from every site on a grid of time. All sets of a size are compared where
    there are at most `MOST_SETS`; of larger sizes, sets are built up and exchanged member by member, and an integer
    programme bounds what is left. The sets that remain are computed again from contacts with edges to 0.1 s.

    Parameters
    ----------
    scene : RelayScene
        Sites, ground stations and time.
    candidates : sequence of RelayOrbit
        See `moonstation.study.relay_orbits.relay_orbits`.
    wish : RelayWish, optional
        What is asked.
    cluster : str, optional
        See `moonstation.study.cluster.run_tiles`.
    threads : int, optional
        One a processor if not given; the result does not depend on it.
    progress : callable, optional
        Called with what is being done and the share done, 0 to 1.

    Raises
    ------
    RequestError
        If there are too few or too many candidates.
    OrbitError
        If none can be flown over the span.
    """
    wish = wish or RelayWish()
    tell = progress or (lambda stage, share: None)
    if not candidates:
        raise RequestError("relays: no orbits to choose from; give --orbits, nodes and phases")
    if len(candidates) > MOST_CANDIDATES:
        raise RequestError(
            f"relays: {len(candidates)} orbits to choose from; give fewer --nodes and --phases, at most "
            f"{MOST_CANDIDATES} in all"
        )
    seen = look_at_all(
        scene,
        candidates,
        cluster=cluster,
        threads=threads,
        progress=lambda share: tell("flying candidates", 0.5 * share),
    )
    left_out = {relay.id: what.ending for relay, what in zip(candidates, seen, strict=True) if what.ending}
    flown = [(relay, what) for relay, what in zip(candidates, seen, strict=True) if not what.ending]
    if not flown:
        raise OrbitError(
            f"relays: none of {len(candidates)} orbits can be flown over the span; the first: {seen[0].ending}"
        )
    relays = tuple(relay for relay, _ in flown)
    cover = _cover([what for _, what in flown], scene, wish)
    cost = np.array([wish.price.of(relay) for relay in relays])
    if wish.most > len(relays):
        raise RequestError(f"--most {wish.most}: there are only {len(relays)} orbits to choose from")
    found = _search(cover, cost, [relay.group for relay in relays], wish, scene.step, tell, threads)
    singles = _figures(judge(cover, np.arange(len(relays))[:, None], fold=wish.fold), cover, scene.step)
    rows = [
        (tuple(members.tolist()), figures)
        for sets in found.values()
        for members, figures in zip(sets.members, sets.figures, strict=True)
    ]
    best = _front(*np.array([figures for _, figures in rows]).T)
    cloud = np.vstack(
        [np.column_stack([np.full(len(s.sample), size), s.sample]) for size, s in found.items()]
    )
    front = _exact(scene, wish, relays, [what for _, what in flown], [rows[k] for k in best], tell)
    proposed = _proposed(front, wish)
    tell("writing", 1.0)
    return RelayDesign(
        scene=scene,
        wish=wish,
        candidates=relays,
        left_out=left_out,
        singles=singles,
        cloud=cloud,
        front=front,
        proof={size: sets.proof for size, sets in found.items()},
        proposed=proposed,
        notes=_notes(scene, wish, relays, left_out),
    )


def _cover(seen: Sequence[Seen], scene: RelayScene, wish: RelayWish) -> Cover:
    steps = scene.et.size
    bits = np.stack([unpack(what.words, steps) for what in seen])
    return cover_of(bits, scene.direct() if wish.direct else None)


def _figures(found: IntArray, cover: Cover, step: float) -> FloatArray:
    """Share and longest gap [s] from steps."""
    return np.column_stack([found[:, 0] / cover.steps, found[:, 1] * step])


def _front(cost: FloatArray, share: FloatArray, gap: FloatArray) -> IntArray:
    """Rows that none beats, where small differences do not count; of those alike the one that covers most."""
    order = np.lexsort((gap, -share, cost))
    missed = _class(1.0 - share[order], LEAST_MISSED)
    kept = order[pareto(cost[order], -missed, _class(gap[order], LEAST_GAP))]
    return kept[np.lexsort((share[kept], cost[kept]))]


def _class(values: FloatArray, least: float) -> FloatArray:
    """Class of each value on a logarithmic scale; those under the least are 0."""
    return np.asarray(np.ceil(np.log(np.maximum(values, least) / least) / np.log(ALIKE)), dtype=np.float64)


def _search(
    cover: Cover,
    cost: FloatArray,
    groups: Sequence[str],
    wish: RelayWish,
    step: float,
    tell: Progress,
    threads: int | None,
) -> dict[int, _Sets]:
    """The sets of each size, until nothing is left to cover."""
    kept = undominated(cover, cost) if wish.fold == 1 else np.arange(len(cost))
    found: dict[int, _Sets] = {}
    for size in range(1, wish.most + 1):
        begun = 0.5 + 0.35 * (size - 1) / wish.most
        tell(f"sets of {size}", begun)
        pool = kept if len(kept) >= size else np.arange(len(cost))
        part, price = cover.part(pool), cost[pool]
        count = count_sets(len(pool), size)
        if count <= MOST_SETS:
            sets = every_set(len(pool), size)
            proof = f"all {count:,} sets compared"
        else:
            smaller: Sequence[IntArray] = list(found[size - 1].members) if size > 1 else []
            before = [np.flatnonzero(np.isin(pool, row)) for row in smaller]
            names = np.array([groups[k] for k in pool])
            sets, proof = _by_exchange(part, price, names, before, size, wish, step)
        judged = judge(
            part,
            sets,
            fold=wish.fold,
            threads=threads,
            progress=lambda share, begun=begun, size=size: tell(  # type: ignore[misc]
                f"sets of {size}", begun + 0.35 * share / wish.most
            ),
        )
        figures = np.column_stack([price[sets].sum(axis=1), _figures(judged, cover, step)])
        best = _front(*figures.T)
        some = np.random.default_rng([wish.seed, size]).permutation(len(figures))[:SAMPLE]
        found[size] = _Sets(pool[sets[best]], figures[best], figures[some], proof)
        if bool(np.any(figures[:, 2] <= 0.0)):
            # whatever is added costs more and covers no more
            break
    return found


def _by_exchange(
    cover: Cover,
    cost: FloatArray,
    groups: np.ndarray,
    before: Sequence[IntArray],
    size: int,
    wish: RelayWish,
    step: float,
) -> tuple[IntArray, str]:
    """Good sets of a size that is too large for all to be compared, and how good they are known to be."""
    rng = np.random.default_rng([wish.seed, size])
    names = sorted(set(groups.tolist()))
    pools = [np.arange(len(cost))] + [
        np.flatnonzero(np.isin(groups, chosen)) for count in (1, 2) for chosen in combinations(names, count)
    ]
    found: set[tuple[int, ...]] = set()
    for number, pool in enumerate(pools):
        if len(pool) < size:
            continue
        part, price = cover.part(pool), cost[pool]
        starts: list[list[int]] = [[]]
        inside = [np.flatnonzero(np.isin(pool, row)) for row in before]
        starts += [row.tolist() for row in inside if len(row) == size - 1][:STARTS]
        if number == 0:
            starts += [rng.choice(len(pool), size, replace=False).tolist() for _ in range(STARTS)]
        for start in starts:
            for by_gap in (False, True):
                chosen = improve(part, price, start, size=size, by_gap=by_gap, fold=wish.fold)
                found.add(tuple(sorted(int(pool[k]) for k in chosen)))
    kinds = np.array([names.index(name) for name in groups])
    for start in _by_kinds(kinds, size, rng):
        for by_gap in (False, True):
            chosen = improve(cover, cost, start, size=size, by_gap=by_gap, fold=wish.fold, groups=kinds)
            found.add(tuple(sorted(chosen)))
    sets = np.array(sorted(found), dtype=np.int64)
    judged = judge(cover, sets, fold=wish.fold)
    best = judged[:, 0].max() / cover.steps
    if best >= 1.0:
        return sets, "found by exchange; covers all of the grid"
    if wish.fold == 2:
        return sets, "found by exchange; no bound is proven where two relays are asked for at once"
    gap = None if wish.gap_at_most is None else int(wish.gap_at_most / step)
    solved = solve_cover(cover, size, hint=sets[int(judged[:, 0].argmax())].tolist(), seed=wish.seed)
    extra = [solved]
    if gap is not None:
        tightest = sets[int(judged[:, 1].argmin())].tolist()
        extra.append(solve_cover(cover, size, hint=tightest, longest_gap=gap, seed=wish.seed))
    for one in extra:
        if len(one.chosen) == size:
            sets = np.vstack([sets, one.chosen])
    each = "" if solved.every == 1 else f" on each {solved.every}th step of the grid"
    return sets, f"found by exchange; an integer programme proves at most {100.0 * solved.bound:.2f} %{each}"


def _by_kinds(kinds: IntArray, size: int, rng: np.random.Generator) -> list[list[int]]:
    """A random set of each make-up by kinds of orbits, which decides the cost; of many make-ups, some."""
    members = [rng.permutation(np.flatnonzero(kinds == kind)) for kind in range(kinds.max() + 1)]
    every = (Counter(chosen) for chosen in combinations_with_replacement(range(len(members)), size))
    wanted = [
        counts for counts in every if all(count <= len(members[kind]) for kind, count in counts.items())
    ]
    if len(wanted) > MOST_MAKEUPS:
        wanted = [wanted[k] for k in sorted(rng.choice(len(wanted), MOST_MAKEUPS, replace=False))]
    return [
        [int(member) for kind, count in counts.items() for member in members[kind][:count]]
        for counts in wanted
    ]


def _exact(
    scene: RelayScene,
    wish: RelayWish,
    relays: Sequence[RelayOrbit],
    seen: Sequence[Seen],
    rows: Sequence[tuple[tuple[int, ...], FloatArray]],
    tell: Progress,
) -> tuple[RelaySet, ...]:
    """The sets again, from contacts to the edge; those that then are beaten leave."""
    used = sorted({k for members, _ in rows for k in members})
    flown: dict[str, Trajectory] = {}
    for done, k in enumerate(used):
        tell("checking with exact contacts", 0.85 + 0.07 * done / len(used))
        flown[relays[k].id] = relays[k].fly(scene.start, scene.duration + MARGIN)
    serves, direct = exact_windows(
        scene, flown, progress=lambda share: tell("checking with exact contacts", 0.92 + 0.07 * share)
    )
    start = scene.start.tdb_s
    found = []
    for members, figures in rows:
        chosen = tuple(relays[k] for k in members)
        sites = {
            site: site_cover(
                [serves[site, relay.id] for relay in chosen] + ([direct[site]] if wish.direct else []),
                start,
                scene.stop,
                fold=wish.fold,
            )
            for site in scene.antennas
        }
        found.append(
            RelaySet(
                relays=chosen,
                sites=sites,
                cost=sum(wish.price.of(relay) for relay in chosen),
                mass=sum(wish.price.mass(relay) for relay in chosen),
                delta_v=sum(wish.price.delta_v(relay) for relay in chosen),
                fold=wish.fold,
                grid_share=float(figures[1]),
                grid_gap=float(figures[2]),
                earth_gap=max(seen[k].earth_gap for k in members),
            )
        )
    figures = np.array([[one.cost, one.share, one.longest_gap] for one in found])
    return tuple(found[k] for k in _front(*figures.T))


def _proposed(front: Sequence[RelaySet], wish: RelayWish) -> int | None:
    """The cheapest set that meets what is asked; where nothing is asked, one that is near the best."""
    share = wish.at_least
    if share is None and wish.gap_at_most is None:
        share = max(one.share for one in front) - NEAR_BEST
    for k, one in enumerate(front):
        far = wish.gap_at_most is not None and one.longest_gap > wish.gap_at_most
        if (share is None or one.share >= share) and not far:
            return k
    return None


def _notes(
    scene: RelayScene, wish: RelayWish, relays: Sequence[RelayOrbit], left_out: Mapping[str, str]
) -> tuple[str, ...]:
    notes = []
    indicative = [name for name, antenna in scene.antennas.items() if antenna.horizon.indicative]
    if indicative:
        notes.append(
            f"indicative only at {', '.join(indicative)}: the terrain there is too coarse for its horizon; give the "
            "site a GeoTIFF or a horizon table"
        )
    if wish.price.measure != "number":
        notes.append(
            "each relay is taken to arrive by a flight of its own at its own plane; one launch for several planes "
            "costs turns of the plane that are not counted here"
        )
    if any(relay.computed for relay in relays):
        notes.append(
            "insertion into elliptical and low orbits: one impulse at the periapsis, excess speed 0.9 km/s "
            "(assumption; 0.8 to 1.0 km/s is usual), no turn of the plane"
        )
    if not scene.live:
        notes.append(
            "a relay keeps data until it sees a ground station: the wait is not part of the gaps; see the longest "
            "time without the Earth"
        )
    if left_out:
        name, reason = next(iter(left_out.items()))
        notes.append(f"{len(left_out)} orbits are left out, the first {name}: {reason}")
    return tuple(notes)
