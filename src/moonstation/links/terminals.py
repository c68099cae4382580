"""Terminals: the radios of a station at the ends of its links, those of ground stations derived where none is given."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from moonstation.errors import RequestError
from moonstation.links.antennas import aperture_gain
from moonstation.station.codes import CODES, common_codes
from moonstation.station.model import GroundStationSpec, Station
from moonstation.station.part import Provenance
from moonstation.station.radios import USUAL, Radio

APART = 0.05
"""Share by which the frequency sent may differ from the one that the other end names: a receiver tunes that far."""

GROUND_EFFICIENCY = 0.65
"""Of a dish of which only the diameter is known; that with which the X-band gains of the catalogue are computed."""

GROUND_NOISE = {"S": 30.0, "X": 35.0, "K": 80.0, "Ka": 80.0}
"""System temperature at zenith where nothing is known [K], an assumption."""

GROUND_MARGIN = (
    "3 dB keeps 98 to 99 % of the data at 26 GHz in 95 % weather (Morabito, IPN Progress Report 42-222B)"
)


@dataclass(frozen=True, eq=False)
class Terminal:
    """A radio at one end of links.

    Attributes
    ----------
    radio : Radio
        The record.
    end : str
        Site, orbiter or ground station where it stands.
    kind : str
        "site", "orbiter" or "ground".
    about : dict of str to Provenance
        Where its values come from, by key.
    """

    radio: Radio
    end: str
    kind: str
    about: Mapping[str, Provenance] = field(default_factory=dict)

    def source(self, *keys: str) -> tuple[str, str]:
        """Source and confidence of the first of some keys that says where it comes from."""
        for key in keys:
            if key in self.about:
                found = self.about[key]
                words = "; ".join(word for word in (found.source, found.note) if word)
                return words or f"radio {self.radio.id}", found.confidence
        return "", ""


def terminals(station: Station) -> list[Terminal]:
    """Every radio of a station, and for ground stations one derived for each band that has none.

    Raises
    ------
    RequestError
        If a radio stands on nothing.
    """
    kinds = {site.id: "site" for site in station.sites}
    kinds |= {orbiter.id: "orbiter" for orbiter in station.orbiters}
    kinds |= {ground.id: "ground" for ground in station.ground_stations}
    sites = {element.id: element.site for element in station.elements}
    found = []
    for radio in station.radios:
        end = radio.on if radio.on in kinds else sites.get(radio.on, "")
        if end not in kinds:
            raise RequestError(f"radio {radio.id}: there is no {radio.on!r} that it could stand on")
        found.append(Terminal(radio, end, kinds[end], _about(station, f"radio.{radio.id}.")))
    for ground in station.ground_stations:
        taken = {one.radio.band for one in found if one.end == ground.id}
        found += [one for one in ground_terminals(ground, station) if one.radio.band not in taken]
    return found


def ground_terminals(ground: GroundStationSpec, station: Station | None = None) -> list[Terminal]:
    """Radios of a ground station from the keys of its record: dish, bands, gain_x, gt_x and eirp_x.

    What its record says holds for X band. Other bands take the dish with the efficiency of X band and a usual noise
    temperature; these are assumptions and say so.
    """
    about = _about(station, f"ground_station.{ground.id}.") if station is not None else {}
    found = []
    for band in _bands(ground):
        values, told = _x_band(ground, about) if band == "X" else _other_band(ground, band, about)
        if not values:
            continue
        radio = Radio(
            id=f"{ground.id}-{band.lower()}",
            name=f"{ground.name}, {band} band",
            on=ground.id,
            band=band,
            antennas=ground.dishes,
            implementation_loss=1.0,
            codes=list(CODES),
            **values,
        )
        told["antennas"] = about.get("dishes", Provenance(""))
        told["margin"] = Provenance("3 dB", GROUND_MARGIN, "published")
        told["implementation_loss"] = Provenance("1 dB", "usual allowance", "assumption")
        found.append(Terminal(radio, ground.id, "ground", told))
    return found


def _bands(ground: GroundStationSpec) -> list[str]:
    """Bands that a record names: "X tx; X, K, Ka rx" has X, K and Ka."""
    words = re.findall(r"\b(UHF|L|S|C|X|Ku|Ka|K)\b", ground.bands)
    if not words and (ground.gt_x is not None or ground.gain_x is not None):
        words = ["X"]
    return list(dict.fromkeys(words))


def _x_band(
    ground: GroundStationSpec, about: Mapping[str, Provenance]
) -> tuple[dict[str, float], dict[str, Provenance]]:
    gain = ground.gain_x
    told = {"gain": about.get("gain_x", Provenance("")), "diameter": about.get("dish", Provenance(""))}
    if gain is None and ground.dish is None:
        return {}, {}
    values: dict[str, float] = {}
    if ground.dish is not None:
        values["diameter"] = ground.dish
    if gain is None:
        assert ground.dish is not None
        gain = aperture_gain(ground.dish, USUAL["X"], efficiency=GROUND_EFFICIENCY)
        told["gain"] = _assumed(f"{100 * GROUND_EFFICIENCY:.0f} % of the dish")
    values["gain"] = gain
    if ground.gt_x is not None:
        values["gt"] = ground.gt_x
        told["gt"] = about.get("gt_x", Provenance(""))
    else:
        values["system_temperature"] = GROUND_NOISE["X"]
        told["system_temperature"] = _assumed("usual of a cooled receiver")
    if ground.eirp_x is not None:
        values["power"] = 10.0 ** (0.1 * (ground.eirp_x - gain))
        told["power"] = about.get("eirp_x", Provenance(""))
    return values, told


def _other_band(
    ground: GroundStationSpec, band: str, about: Mapping[str, Provenance]
) -> tuple[dict[str, float], dict[str, Provenance]]:
    if ground.dish is None or band not in GROUND_NOISE:
        return {}, {}
    efficiency = GROUND_EFFICIENCY
    if ground.gain_x is not None:
        most = aperture_gain(ground.dish, 8.42e9)
        efficiency = min(1.0, 10.0 ** (0.1 * (ground.gain_x - most)))
    values = {
        "diameter": ground.dish,
        "efficiency": efficiency,
        "system_temperature": GROUND_NOISE[band],
    }
    told = {
        "diameter": about.get("dish", Provenance("")),
        "gain": _assumed("the dish with its efficiency in X band"),
        "system_temperature": _assumed("usual of a cooled receiver in this band"),
    }
    return values, told


def _assumed(note: str) -> Provenance:
    return Provenance("", "derived", "assumption", note)


def _about(station: Station | None, prefix: str) -> dict[str, Provenance]:
    if station is None:
        return {}
    found = station.provenance.items()
    return {key.removeprefix(prefix): value for key, value in found if key.startswith(prefix)}


def frequency_of(sender: Radio, receiver: Radio) -> float:
    """Frequency of a link [Hz]: what the sender sends, else what the receiver receives, else that of the band."""
    return sender.transmit or receiver.receive or USUAL[sender.band]


def hindrance(sender: Terminal, receiver: Terminal) -> str:
    """Why one radio cannot send to another, with the cure; "" if it can."""
    a, b = sender.radio, receiver.radio
    if a.band != b.band:
        return f"{a.id} sends in band {a.band}, {b.id} receives in band {b.band}; give both one band"
    if not a.sends:
        return f"{a.id} has no transmitter; give it power"
    if not b.receives:
        return f"{b.id} has no receiver; give it system_temperature, receiver_noise or gt"
    if a.transmit and b.receive and abs(a.transmit / b.receive - 1.0) > APART:
        return (
            f"{a.id} sends {a.transmit / 1e9:.4g} GHz, {b.id} receives {b.receive / 1e9:.4g} GHz; "
            f"bring transmit and receive within {100 * APART:.0f} %"
        )
    for one, other in ((sender, receiver), (receiver, sender)):
        names = one.radio.talks_to
        if names and not {other.end, other.radio.id, other.radio.on} & set(names):
            return f"{one.radio.id} talks to {', '.join(names)} only; add {other.end} to its talks_to"
    if a.band != "optical" and not common_codes(a.codes, b.codes):
        return (
            f"{a.id} ({', '.join(a.codes)}) and {b.id} ({', '.join(b.codes)}) have no code in common; add one"
        )
    return ""


def find_paths(
    all_terminals: list[Terminal], sender: str, receiver: str, *, anywhere: bool = False
) -> list[tuple[Terminal, Terminal]]:
    """Pairs of radios over which one end can send to another; each is named by end, radio or what it stands on.

    Parameters
    ----------
    all_terminals : list of Terminal
        As of `terminals`.
    sender, receiver : str
        The ends.
    anywhere : bool
        Whether both may stand at one site, as a rover and a mast do.

    Raises
    ------
    RequestError
        If one of them has no radio, or no two radios meet; says why for each.
    """
    groups = [_named(all_terminals, name) for name in (sender, receiver)]
    for name, group in zip((sender, receiver), groups, strict=True):
        if not group:
            known = sorted({one.end for one in all_terminals})
            raise RequestError(
                f"{name!r} has no radio; give it a [[radio]] with on = {name!r}, or take one of {', '.join(known)}"
            )
    pairs = [
        (a, b)
        for a in groups[0]
        for b in groups[1]
        if a.end != b.end or (anywhere and a.radio.on != b.radio.on)
    ]
    if not pairs:
        cure = "name two ends apart" if anywhere else "name two ends apart, or give --range DISTANCE"
        raise RequestError(f"{sender} and {receiver} stand at one place; {cure}")
    good = [(a, b) for a, b in pairs if not hindrance(a, b)]
    if not good:
        same = [(a, b) for a, b in pairs if a.radio.band == b.radio.band] or pairs
        reasons = dict.fromkeys(hindrance(a, b) for a, b in same)
        raise RequestError(f"no radio of {sender} reaches {receiver}: {' / '.join(list(reasons)[:4])}")
    return good


def _named(all_terminals: list[Terminal], name: str) -> list[Terminal]:
    exact = [one for one in all_terminals if one.radio.id == name]
    return (
        exact
        or [one for one in all_terminals if one.end == name]
        or [one for one in all_terminals if one.radio.on == name]
    )
