"""Data files behind a study: each once, whatever it was used for."""

from moonstation.formats.provenance import DataSource
from moonstation.station.loading import load_station
from moonstation.study.run import run_study, study_span
from moonstation.study.sources import _distinct, packaged_sources


def test_a_file_used_at_two_resolutions_is_told_once_with_both() -> None:
    field = DataSource(name="field", version="1", sha256="ab", resolution="degree 57")
    other = DataSource(name="field", version="1", sha256="ab", resolution="degree 29")
    ground = DataSource(name="ground", version="1", sha256="cd", resolution="40 m; bilinear")
    assert [(s.name, s.resolution) for s in _distinct([field, ground, other, field, ground])] == [
        ("field", "degree 57; degree 29"),
        ("ground", "40 m; bilinear"),
    ]


def test_packaged_sources_say_what_the_files_can_do() -> None:
    sources = packaged_sources()
    assert len({source.sha256 for source in sources}) == len(sources) == 5
    (gravity,) = [source for source in sources if "gravity" in source.name]
    assert "1200" in gravity.resolution


def test_a_study_names_its_station_file_and_every_terrain() -> None:
    station = load_station("lander")
    names = " ".join(source.name for source in run_study(station, study_span(station, days=2)).sources)
    for part in ("lander.toml", "de440s.bsp", "moon_pa_de440", "leapseconds", "connecting_ridge"):
        assert part in names, names
