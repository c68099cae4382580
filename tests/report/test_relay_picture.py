"""The picture of sets of relays: the same bytes each time, also of one set, of full cover and of many alike."""

import numpy as np
import pytest

from moonstation.report.relay_picture import RelayMark, relay_picture_png

PNG = b"\x89PNG"


@pytest.mark.parametrize(
    "front",
    [
        [RelayMark(1, 1400.0, 0.8, 7200.0)],
        [RelayMark(1, 1.0, 0.0, 86_400.0), RelayMark(3, 3.0, 1.0, 0.0)],
        [RelayMark(12, 1400.0 + k, 0.9, 3600.0) for k in range(8)],
    ],
)
@pytest.mark.parametrize("proposed", [None, 0])
def test_draws(front: list[RelayMark], proposed: int | None) -> None:
    sample = np.array([[one.cost, 0.5 * one.share] for one in front])
    pictures = [
        relay_picture_png(front, sample, proposed=proposed, title="Relays", cost="mass [kg]", fold=fold)
        for fold in (1, 1, 2)
    ]
    assert pictures[0].startswith(PNG)
    assert pictures[0] == pictures[1] != pictures[2]
