"""Named features of the Moon near its poles: where they are and how wide, from the IAU's gazetteer."""

import difflib
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files

from moonstation.errors import RequestError


@dataclass(frozen=True)
class Feature:
    """A named feature of the Moon.

    Attributes
    ----------
    name : str
        As the IAU writes it.
    lat_deg, lon_deg : float
        Centre [deg], ME frame, longitude east-positive.
    diameter : float
        [m]
    kind : str
        "crater" or "mountain".
    source : str
        Where the figures are from.
    confidence : str
        "high" where they stand in a copy of the gazetteer's own table, "medium" where others cite it.
    """

    name: str
    lat_deg: float
    lon_deg: float
    diameter: float
    kind: str
    source: str
    confidence: str


@lru_cache(maxsize=1)
def features() -> tuple[Feature, ...]:
    """Return the packaged features, those of the south first, each pole's from the pole outwards.

    Values are those of the IAU/USGS Gazetteer of Planetary Nomenclature (planetarynames.wr.usgs.gov).
    """
    text = (files("moonstation") / "data" / "catalogues" / "features.toml").read_text(encoding="utf-8")
    found = [
        Feature(
            row["name"],
            row["lat_deg"],
            row["lon_deg"],
            1e3 * row["diameter_km"],
            row["kind"],
            row["source"],
            row["confidence"],
        )
        for row in tomllib.loads(text)["feature"]
    ]
    return tuple(sorted(found, key=lambda feature: (feature.lat_deg > 0.0, -abs(feature.lat_deg))))


def feature_named(name: str) -> Feature | None:
    """Return the feature of a name, None if there is none; case, accents, blanks and a word "crater" do not matter."""
    plain = _plain(name)
    return next((feature for feature in features() if _plain(feature.name) == plain), None)


def find_feature(name: str) -> Feature:
    """Return a feature by its name, as `feature_named` reads it.

    Raises
    ------
    RequestError
        If there is none of that name; names the nearest ones.
    """
    found = feature_named(name)
    if found is not None:
        return found
    near = near_features(name)
    cure = (
        f"did you mean {' or '.join(near)}?"
        if near
        else "the nearest to the poles are Shackleton and Hinshelwood"
    )
    raise RequestError(f'feature "{name[:80]}" is unknown; {cure}')


def near_features(name: str) -> list[str]:
    """Names like a name, the nearest first, at most three."""
    known = {_plain(feature.name): feature.name for feature in features()}
    return [known[plain] for plain in difflib.get_close_matches(_plain(name)[:80], known, n=3, cutoff=0.7)]


def _plain(name: str) -> str:
    letters = unicodedata.normalize("NFKD", name).casefold()
    words = "".join(c if c.isalnum() else " " for c in letters if not unicodedata.combining(c)).split()
    return "".join(word for word in words if word != "crater")
