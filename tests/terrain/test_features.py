"""Named features: found as users write them, and where the IAU has them."""

import numpy as np
import pytest

from moonstation.errors import RequestError
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.features import features, find_feature


def test_catalogue_is_sound():
    found = features()
    assert len({feature.name for feature in found}) == len(found) > 50
    assert all(70.0 <= abs(feature.lat_deg) <= 90.0 for feature in found)
    assert all(-180.0 <= feature.lon_deg < 180.0 for feature in found)
    assert all(5e3 < feature.diameter < 400e3 for feature in found)
    assert all(feature.source and feature.confidence in {"high", "medium"} for feature in found)
    south = [feature.lat_deg for feature in found if feature.lat_deg < 0.0]
    assert south == sorted(south)
    assert found[0].name == "Shackleton"


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("Shackleton", "Shackleton"),
        ("  shackleton crater ", "Shackleton"),
        ("De Gerlache", "de Gerlache"),
        ("hedervari", "Hédervári"),
        ("Idelson", "Idel'son"),
        ("mons-mouton", "Mons Mouton"),
    ],
)
def test_found_as_users_write(written, name):
    assert find_feature(written).name == name


def test_unknown_names_list_near_ones():
    with pytest.raises(RequestError, match='"Shakleton" is unknown; did you mean Shackleton'):
        find_feature("Shakleton")
    with pytest.raises(RequestError, match="Shackleton and Hinshelwood"):
        find_feature("zzz")


def test_large_craters_are_holes_where_they_are_said_to_be():
    """Against LOLA, which knows no names: the middle lies lower than the rim, so no row has a slipped sign or digit."""
    model = ElevationModel.packaged()
    craters = [f for f in features() if f.kind == "crater" and f.diameter > 40e3]
    lower = 0
    for feature in craters:
        lat, lon = np.radians([feature.lat_deg, feature.lon_deg])
        around = np.linspace(0.0, 2.0 * np.pi, 72)

        def ring(share, lat=lat, lon=lon, d=feature.diameter, around=around):
            arc = share * 0.5 * d / 1_737_400.0
            there = np.arcsin(np.sin(lat) * np.cos(arc) + np.cos(lat) * np.sin(arc) * np.cos(around))
            east = np.arctan2(
                np.sin(around) * np.sin(arc) * np.cos(lat), np.cos(arc) - np.sin(lat) * np.sin(there)
            )
            return model.elevation(np.degrees(there), np.degrees(lon + east)).mean()

        lower += ring(0.6) < ring(1.0) - 300.0
    assert lower == len(craters)
