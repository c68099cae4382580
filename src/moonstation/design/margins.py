"""Margins by maturity: what a figure may still grow, after a stated policy, and what the whole holds back besides.

Two margins, each applied once. The **growth** of an item follows from its maturity (and, with ANSI, from what it is).
The **system margin** is held over all items together; ESA takes it of the sum with growth, ANSI of the sum without.

Sources
-------
ESA (SRE-PA & D-TEC staff, 2012). Margin philosophy for science assessment studies, SRE-PA/2011.097, issue 1 rev. 3,
sections 2.1 and 2.4.
AIAA (2015). Mass properties control for space systems, ANSI/AIAA S-120A-2015.
NASA Glenn Research Center (2022). 40 kW fission surface power system deployability, NASA/TM-20220012395.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from moonstation.errors import RequestError
from moonstation.station.catalogues import nearest
from moonstation.station.part import Maturity

Quantity = Literal["mass", "power", "data", "cost"]
"""What a policy can speak of; energy and heat follow power."""

QUANTITIES: tuple[Quantity, ...] = ("mass", "power", "data", "cost")

ESA_LEVELS = ("off-the-shelf", "modified", "new")
ANSI_LEVELS = ("estimated", "layout", "preliminary", "released", "existing", "actual")

AS_ESA: dict[str, str] = {
    "estimated": "new",
    "layout": "new",
    "preliminary": "modified",
    "released": "modified",
    "existing": "off-the-shelf",
    "actual": "off-the-shelf",
}
"""ESA's word for each class of ANSI: a layout is a major modification, preliminary drawings are a minor one."""

AS_ANSI: dict[str, str] = {"new": "estimated", "modified": "preliminary", "off-the-shelf": "existing"}
"""ANSI's class for each of ESA's words."""

BY_CONFIDENCE: dict[str, Maturity] = {
    "published": "off-the-shelf",
    "estimated": "modified",
    "assumption": "new",
    "": "new",
}
"""Maturity of a value whose element states none: after its confidence; a rule of moonstation, of no standard."""

CATEGORY: dict[str, str] = {
    "solar-array": "solar array",
    "battery": "battery",
    "fuel-cell": "battery",
    "command": "electrical",
    "communication": "electrical",
    "science": "electrical",
    "fission": "thermal control",
    "isotope": "thermal control",
    "rover": "mechanisms",
    "hopper": "mechanisms",
    "isru": "mechanisms",
    "habitat": "crew systems",
}
"""ANSI's category for each kind of element, structure for all others; the choice is moonstation's."""

ELECTRICAL = ((5.0, "electrical up to 5 kg"), (15.0, "electrical up to 15 kg"), (math.inf, "electrical"))
"""Electrical equipment by its mass [kg]."""

ANY = "all"
"""Category of a policy that tells none apart."""


@dataclass(frozen=True)
class Margin:
    """A margin.

    Attributes
    ----------
    share : float
        Of what it is added to.
    source : str
        Where the number stands.
    confidence : str
        "quoted" (as public documents quote it; it was not opened itself), "recalled" (not checked), "asked" (by the
        user), "none" (there is no such margin).
    """

    share: float
    source: str
    confidence: str


NONE = Margin(0.0, "the policy says nothing of it", "none")


@dataclass(frozen=True)
class Policy:
    """A margin policy.

    Attributes
    ----------
    id, name : str
        Short name, and the document.
    levels : tuple of str
        Its words for maturity, least first or last as the document has them.
    growth : mapping
        Margins by quantity, category and level.
    system : mapping
        System margin by quantity.
    system_on : "predicted" or "basic"
        Whether the system margin is taken of the sum with growth or without.
    flat : mapping
        Margins that the user asked for, by level or by quantity; they take the place of the policy's.
    """

    id: str
    name: str
    levels: tuple[str, ...]
    growth: Mapping[str, Mapping[str, Mapping[str, Margin]]]
    system: Mapping[str, Margin]
    system_on: Literal["predicted", "basic"] = "predicted"
    flat: Mapping[str, Margin] = field(default_factory=dict)

    def level(self, maturity: str) -> str:
        """The policy's word for a maturity."""
        if maturity in self.levels or not self.levels:
            return maturity
        return (AS_ESA if self.levels == ESA_LEVELS else AS_ANSI)[maturity]

    def growth_of(
        self, quantity: Quantity, *, maturity: str, kind: str = "other", mass: float = 0.0
    ) -> Margin:
        """What an item may grow.

        Parameters
        ----------
        quantity : Quantity
            What grows.
        maturity : str
            In the words of any policy.
        kind : str
            Kind of element.
        mass : float
            Mass of the item, for electrical equipment [kg].
        """
        level = self.level(maturity)
        if quantity in self.flat:
            return self.flat[quantity]
        table = self.growth.get(quantity)
        if table is None:
            return NONE
        if level in self.flat:
            return self.flat[level]
        return table[category_of(kind, mass) if ANY not in table else ANY][level]

    def system_of(self, quantity: Quantity) -> Margin:
        """System margin of a quantity."""
        return self.system.get(quantity, NONE)

    def system_amount(self, quantity: Quantity, *, basic: float, growth: float) -> float:
        """What the system margin comes to, of a sum without growth and of the growth in it."""
        base = basic + growth if self.system_on == "predicted" else basic
        return self.system_of(quantity).share * base


def category_of(kind: str, mass: float) -> str:
    """ANSI's category of an element of a kind and mass [kg]."""
    category = CATEGORY.get(kind, "structure")
    if category != "electrical":
        return category
    return next(name for most, name in ELECTRICAL if mass <= most)


def _esa() -> Policy:
    document = "ESA SRE-PA/2011.097 issue 1 rev. 3 (2012)"
    mass = {
        "off-the-shelf": Margin(0.05, f"{document}, R-M1-4: off-the-shelf, ECSS category A/B", "quoted"),
        "modified": Margin(0.10, f"{document}, R-M1-4: minor modifications, ECSS category C", "quoted"),
        "new": Margin(0.20, f"{document}, R-M1-4: new or major modifications, ECSS category D", "quoted"),
    }
    power = {name: Margin(m.share, f"{document}, section 2.4", "recalled") for name, m in mass.items()}
    return Policy(
        id="esa",
        name="ESA margin philosophy for science assessment studies, SRE-PA/2011.097 issue 1 rev. 3 (2012)",
        levels=ESA_LEVELS,
        growth={"mass": {ANY: mass}, "power": {ANY: power}},
        system={
            "mass": Margin(0.20, f"{document}, R-M1-1: of the nominal dry mass", "quoted"),
            "power": Margin(0.20, f"{document}, section 2.4", "recalled"),
        },
    )


_ANSI_SHARES: dict[str, tuple[float, ...]] = {
    # estimated, layout, preliminary, released, existing, actual
    "electrical up to 5 kg": (0.30, 0.25, 0.20, 0.10, 0.03, 0.0),
    "electrical up to 15 kg": (0.25, 0.20, 0.15, 0.05, 0.03, 0.0),
    "electrical": (0.20, 0.15, 0.10, 0.05, 0.03, 0.0),
    "structure": (0.25, 0.15, 0.10, 0.05, 0.03, 0.0),
    "solar array": (0.30, 0.20, 0.10, 0.05, 0.03, 0.0),
    "battery": (0.25, 0.20, 0.10, 0.05, 0.03, 0.0),
    "thermal control": (0.25, 0.20, 0.15, 0.05, 0.02, 0.0),
    "mechanisms": (0.25, 0.15, 0.10, 0.05, 0.03, 0.0),
    "crew systems": (0.23, 0.15, 0.10, 0.06, 0.04, 0.0),
}


def _ansi() -> Policy:
    table = "ANSI/AIAA S-120, table of mass growth allowances"
    mass = {
        category: {
            level: Margin(share, f"{table}: {category}, {level}", "recalled")
            for level, share in zip(ANSI_LEVELS, shares, strict=True)
        }
        for category, shares in _ANSI_SHARES.items()
    }
    return Policy(
        id="ansi",
        name="ANSI/AIAA S-120A mass growth allowances (as recalled), with 15 % mass margin; power as NASA Glenn, 30 %",
        levels=ANSI_LEVELS,
        growth={"mass": mass},
        system={
            "mass": Margin(0.15, "ANSI/AIAA S-120, mass margin at the start of a project", "recalled"),
            "power": Margin(0.30, "practice of NASA Glenn in NASA/TM-20220012395", "quoted"),
        },
        system_on="basic",
    )


def _no_margins() -> Policy:
    return Policy("none", "no margins", (), {}, {})


POLICIES: dict[str, Policy] = {policy.id: policy for policy in (_esa(), _ansi(), _no_margins())}
"""The policies that can be named."""


def find_policy(name: str) -> Policy:
    """A policy by its name.

    Raises
    ------
    RequestError
        If there is none of that name; says which there are.
    """
    if name not in POLICIES:
        raise RequestError(
            f"margin policy {name!r} is not known, only {', '.join(POLICIES)}{nearest(name, POLICIES)}"
        )
    return POLICIES[name]


def with_margins(
    policy: Policy, *, growth: Mapping[str, float] | None = None, system: float | None = None
) -> Policy:
    """A policy with margins of the user's own in place of its own.

    Parameters
    ----------
    growth : mapping, optional
        Shares by level of the policy ("new") or by quantity ("data", "cost", "mass", "power").
    system : float, optional
        System margin of mass and of power.

    Raises
    ------
    RequestError
        If a margin is negative or above 500 %, or names neither a level nor a quantity.
    """
    flat = dict(policy.flat)
    for name, share in (growth or {}).items():
        known = (*policy.levels, *QUANTITIES)
        if name not in known:
            raise RequestError(
                f"margin {name!r}: name a maturity or a quantity, one of {', '.join(known)}{nearest(name, known)}"
            )
        flat[name] = Margin(_checked(name, share), "asked for", "asked")
    if system is None:
        return replace(policy, flat=flat)
    asked = Margin(_checked("system", system), "asked for", "asked")
    return replace(policy, flat=flat, system={"mass": asked, "power": asked})


def _checked(name: str, share: float) -> float:
    if not 0.0 <= share <= 5.0:
        raise RequestError(f"margin {name} of {share:g}: give 0 to 5, that is 0 % to 500 %, as in 20 %")
    return share
