"""The page as a reader and a browser find it."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import xarray as xr
from made_up_study import KINDS, FakeResult, FakeVerdict, empty_result, make_station, make_year

from moonstation.report.page import SECTIONS, write_report
from moonstation.report.shell import plotly_js
from moonstation.report.sky import metric_limit
from moonstation.spacetime.epochs import utc_to_tdb

VOID = {"meta", "link", "br", "img", "hr", "input"}


class Reader(HTMLParser):
    """Collects what the tests ask about and checks that tags are closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.loads: list[str] = []
        self.findings: list[str] = []
        self.text: list[str] = []
        self.scripts = 0
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)
        self.scripts += tag == "script"
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            if name in ("src", "href", "srcset", "data", "action", "poster"):
                self.loads.append(value or "")
        if tag == "h3":
            self.findings.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "script" in self.open or "style" in self.open:
            return
        self.text.append(data)
        if "h3" in self.open:
            self.findings[-1] += data


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    return reader


def figures_of(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="figures">(.*?)</script>', page, re.DOTALL)
    assert found
    specs: dict[str, Any] = json.loads(found[1])
    return specs


def plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ").replace("\N{NARROW NO-BREAK SPACE}", " ")


def findings(result: FakeResult) -> list[str]:
    return [plain(f) for f in read(write_report(result)).findings]


def without_library(page: str) -> str:
    return page.replace(plotly_js(), "")


def test_every_section_stands_once_in_order(page: str) -> None:
    ids = read(page).ids
    # arrivals stand only where a mission is flown, links where radios are known
    shown = [key for key, _ in SECTIONS if key not in {"arrivals", "links"}]
    assert [i for i in ids if i in dict(SECTIONS)] == shown
    assert len(ids) == len(set(ids))


def test_every_figure_has_its_place_and_every_place_its_figure(page: str) -> None:
    places = re.findall(r'class="drawing" id="([^"]+)"', page)
    assert places == list(figures_of(page))
    assert len(places) > 15


def test_nothing_is_loaded(page: str) -> None:
    assert all(load.startswith(("#", "data:")) for load in read(page).loads)
    own = without_library(page)
    assert "http://" not in own
    assert "https://" not in own
    assert "@import" not in own
    assert re.findall(r"url\(", own) == []


def test_size_and_library_once(page: str) -> None:
    assert page.count(plotly_js()) == 1
    assert len(page.encode()) < 9e6
    assert len(without_library(page).encode()) < 2e6


def test_same_result_gives_same_bytes(page: str) -> None:
    assert write_report(make_year()) == page


def test_figures_are_what_plotly_takes(page: str) -> None:
    graph_objects = pytest.importorskip("plotly.graph_objects")
    for spec in figures_of(page).values():
        graph_objects.Figure(data=spec["data"], layout=spec["layout"])


def test_axes_carry_quantity_and_unit(page: str) -> None:
    without_unit = {"link", "requirement"}
    for name, spec in figures_of(page).items():
        axes = {k: v for k, v in spec["layout"].items() if re.fullmatch(r"[xy]axis\d*", k)}
        assert {k[0] for k in axes} == {"x", "y"}
        for title in (a["title"]["text"] for a in axes.values()):
            assert re.search(r"\[[^]]+\]$", title) or title in without_unit, f"{name}: {title}"
        for trace in spec["data"]:
            if trace["type"] == "heatmap":
                assert trace["colorbar"]["title"]["text"].endswith("[%]")


def test_a_date_axis_is_in_utc(page: str) -> None:
    dated = [s["layout"][a] for s in figures_of(page).values() for a in s["layout"] if a.startswith("xaxis")]
    dated = [a for a in dated if a.get("type") == "date"]
    assert dated
    assert all(a["title"]["text"] == "time [UTC]" for a in dated)


def test_no_drawing_has_more_points_than_the_eye_sees(page: str) -> None:
    for name, spec in figures_of(page).items():
        for trace in spec["data"]:
            assert len(trace["x"]) <= 10_000, name


def test_first_screen_has_verdict_table_and_map(page: str) -> None:
    first = page[: page.index("<nav")]
    assert 'id="fig-map"' in first
    assert "8 of 11 requirements met" in first
    assert first.count("✗") >= 3
    assert first.count("not met") >= 3
    assert first.count("</tr>") == 12


def test_indicative_terrain_is_said_at_each_figure_drawn_from_it(page: str) -> None:
    drawn = re.findall(r"<figure>.*?</figure>", page, re.DOTALL)
    rim = [f for f in drawn if "<h3>Shackleton rim" in f]
    assert len(rim) == 3
    assert all("indicative: 3.8" in f for f in rim)
    ridge = [f for f in drawn if "<h3>Connecting Ridge" in f]
    assert ridge
    assert not any("indicative" in f for f in ridge)
    for name in ("fig-links", "fig-pairs", "fig-week"):
        assert any(f'id="{name}"' in f and "indicative: 3.8" in f for f in drawn), name


def test_requirements_that_rest_on_coarse_terrain_are_marked(year: FakeResult, page: str) -> None:
    assert metric_limit(year, "site.ridge.sun.average") == ""
    assert metric_limit(year, "no metric") == ""
    coarse = [v for v in year.verdicts if metric_limit(year, v.metric)]
    assert coarse
    assert len(coarse) < len(year.verdicts)
    # each stands in two tables
    assert page.count('<span class="limit">indicative</span></td>') >= 2 * len(coarse)
    for name in (site.id for site in year.station.sites):
        expected = "indicative: 3.8" if year.horizons[name].indicative else ""
        assert metric_limit(year, f"site.{name}.sun.average").startswith(expected)
        assert bool(metric_limit(year, f"bus.{name}.unserved")) == bool(expected)


def test_findings_state_what_the_data_show(year: FakeResult, page: str) -> None:
    said = [plain(f) for f in read(page).findings]
    seen = 100 * year.metrics["site.ridge.sun.average"]
    assert any(
        f.startswith(f"Connecting Ridge sees {seen:.3g} % of the Sun: longest dark spell") for f in said
    )
    unserved = year.series["unserved_w"].sel(bus="ridge").values
    days = len(np.unique(year.series["time"].values[unserved > 0].astype("datetime64[D]")))
    assert any(f.startswith("Connecting Ridge goes without") and f"on {days} days" in f for f in said)
    assert "Chang'e-7 reference site: the battery is never drawn on" in said
    assert any(f.startswith("Luna-26 flies between 65 and 155 km; lowest on 2035-") for f in said)
    assert "3 of 11 requirements not met, farthest from its limit: ridge-dark" in " ".join(said)


def test_assumptions_sources_and_notes_are_told(page: str) -> None:
    text = plain(" ".join(read(page).text))
    assert "2 values are marked as assumption" in text
    assert "element.power-plant.power" in text
    assert "facts: elements.fission_40kw" in text
    assert 'title="' + "9f" * 32 + '"' in page
    assert "overstates sunlight near the pole by about 10 points" in text
    assert "its horizon is made from 3.8 km terrain" in text


HOSTILE = "<script>alert(1)</script><b>&\"'"


def test_text_from_the_station_is_escaped_everywhere(year: FakeResult) -> None:
    short = make_year(days=3, step_s=3600)
    station = short.station
    station.name = station.description = HOSTILE
    for kind in (*KINDS, "launchers"):
        for part in getattr(station, kind):
            part.name = HOSTILE
    station.missions[0].content = station.facilities[0].role = station.partners[0].role = HOSTILE
    station.assumptions = lambda: [(HOSTILE, SimpleNamespace(text=HOSTILE, source=HOSTILE, note=HOSTILE))]
    for horizon in short.horizons.values():
        horizon.terrain = HOSTILE
    verdicts = [replace(v, id=HOSTILE, text=HOSTILE, metric=HOSTILE) for v in short.verdicts]
    sources = [replace(s, name=HOSTILE, limits=HOSTILE, sha256=HOSTILE) for s in short.sources]
    contacts = short.contacts.replace({"luna-26": HOSTILE})
    fields: dict[str, Any] = {
        "verdicts": verdicts,
        "sources": sources,
        "contacts": contacts,
        "notes": [HOSTILE],
    }
    text = write_report(replace(short, **fields, software={HOSTILE: HOSTILE}))
    reader = read(text)
    assert reader.scripts == 3
    assert "<script>alert" not in text
    assert "alert(1)" in " ".join(reader.text)
    for spec in figures_of(text).values():
        drawn = json.dumps(spec, ensure_ascii=False)
        assert "<script" not in drawn
        assert '<b>&\\"' not in drawn


def test_a_template_place_in_a_name_is_only_text() -> None:
    text = write_report(empty_result(station=make_station(name="{{ plotly }}")))
    assert text.count(plotly_js()) == 1
    assert "<h1>{{ plotly }}</h1>" in text


def test_an_empty_station_still_makes_a_page() -> None:
    text = write_report(empty_result())
    reader = read(text)
    said = " ".join(reader.text)
    for words in (
        "The station file sets no requirements.",
        "The station has no site on the surface",
        "No site was studied.",
        "No link was studied.",
        "The station has no power bus.",
        "No site makes data.",
        "The station has no orbiter.",
        "The station file names no parts.",
    ):
        assert words in said, words
    assert list(figures_of(text)) == ["fig-map"]


def one_site(**series: np.ndarray) -> FakeResult:
    """One site through two days at an hour, with what is given."""
    site = SimpleNamespace(id="s", name="Site", lat_deg=-89.0, lon_deg=0.0, height=2.0, ground=None)
    base = empty_result(station=make_station(sites=[site]))
    times = base.series["time"].values
    variables = {name: (("site", "time"), values[None, :]) for name, values in series.items()}
    return replace(base, series=xr.Dataset(variables, coords={"time": times, "site": ["s"]}))


@pytest.mark.parametrize(
    ("dark", "words"),
    [
        ((0, 0), "Site sees 100 % of the Sun: never dark"),
        ((0, 48), "Site never sees the Sun: dark throughout, 2 d"),
        ((6, 18), "Site sees 75 % of the Sun: longest dark spell 12 h from 2035-01-01"),
        (
            (36, 48),
            "Site sees 75 % of the Sun: longest dark spell 12 h from 2035-01-02 (cut by the span studied)",
        ),
    ],
)
def test_dark_spells_at_the_edges(dark: tuple[int, int], words: str) -> None:
    fraction = np.ones(48)
    fraction[slice(*dark)] = 0.0
    assert words in findings(one_site(sun_fraction=fraction))


@pytest.mark.parametrize(
    ("metrics", "words"),
    [
        (
            {"earth_link.share": 1.0, "earth_link.longest_gap": 0.0},
            "Site sees a ground station without a gap",
        ),
        (
            {"earth_link.share": 0.0, "earth_link.longest_gap": 172800.0},
            "Site never sees a ground station",
        ),
        (
            {"earth_link.share": 0.5, "earth_link.longest_gap": 3600.0, "relay_link.share": 0.0},
            "Site sees a ground station 50 % of the time (longest gap 1 h)",
        ),
        ({}, "Site: links were not studied"),
    ],
)
def test_links_in_words_without_a_relay(metrics: dict[str, float], words: str) -> None:
    result = one_site(earth_contact=np.ones(48), relay_contact=np.zeros(48))
    judged = replace(result, metrics={f"site.s.{k}": v for k, v in metrics.items()})
    assert words in findings(judged)
    rows = figures_of(write_report(judged))["fig-links"]["layout"]["yaxis"]["ticktext"]
    assert rows == ["direct: Site"]


def bus_result(
    generation: np.ndarray,
    load: np.ndarray,
    charge: np.ndarray | None,
    unserved: np.ndarray,
    *,
    dark_h: float | None = None,
) -> FakeResult:
    """One bus through two days at an hour, with a battery when there is a charge."""
    site = SimpleNamespace(id="s", name="Site", lat_deg=-89.0, lon_deg=0.0, height=2.0, ground=None)
    element = SimpleNamespace(
        id="e", name="Element", partner="", site="s", bus="s", kind="power", battery_reserve=0.2,
        battery_capacity=0.0 if charge is None else 3.6e6, array_power=0.0 if dark_h is None else 1e3,
    )  # fmt: skip
    base = empty_result(station=make_station(sites=[site], elements=[element]))
    rows = {"generation_w": generation, "load_w": load, "unserved_w": unserved}
    rows["state_of_charge"] = np.full(48, np.nan) if charge is None else charge
    variables = {name: (("bus", "time"), values[None, :]) for name, values in rows.items()}
    series = xr.Dataset(variables, coords={"time": base.series["time"].values, "bus": ["s"]})
    metrics = {} if dark_h is None else {"site.s.sun.longest_dark": dark_h * 3600.0}
    return replace(base, series=series, metrics=metrics)


FULL, NONE, KW = np.ones(48), np.zeros(48), np.full(48, 1e3)
DIP = np.concatenate((FULL[:10], np.linspace(1, 0.5, 14), np.linspace(0.5, 1, 14), FULL[:10]))
SHORT = np.where(np.arange(48) == 20, 500.0, 0.0)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (
            bus_result(2 * KW, KW, None, NONE),
            "Site has no battery and needs none: generation stays at least 1 kW above the load",
        ),
        (bus_result(KW, NONE, None, NONE), "Site has no load to serve"),
        (bus_result(2 * KW, KW, FULL, NONE), "Site: the battery is never drawn on"),
        (
            bus_result(2 * KW, KW, DIP, NONE, dark_h=14.0),
            "Site: longest dark spell 14 h: the battery bridges it with 50 % charge left (reserve 20 %)",
        ),
        (
            bus_result(2 * KW, KW, DIP, NONE, dark_h=0.0),
            "Site: never dark, the battery covers every shortfall with 50 % charge left (reserve 20 %)",
        ),
        (
            bus_result(2 * KW, KW, DIP, NONE),
            "Lowest charge 50 % on 2035-01-01, 30 % of the capacity above the reserve; "
            "full again 27 h after the drain began",
        ),
        (
            bus_result(KW - SHORT, KW, None, SHORT),
            "Site goes without 500 Wh, 1 % of the demand, on 1 day, first on 2035-01-01",
        ),
        (
            bus_result(KW - SHORT, KW, None, SHORT),
            "Longest time without full power: 1 h from 2035-01-01, 500 Wh missing",
        ),
    ],
)
def test_power_in_words_at_the_edges(result: FakeResult, words: str) -> None:
    said = findings(result)
    assert words in said, said


def test_survival_mode_and_the_dark_of_the_arrays_are_told() -> None:
    result = bus_result(2 * KW, KW, DIP, NONE, dark_h=1.0)
    lit = np.where((np.arange(48) >= 10) & (np.arange(48) < 30), 0.0, 1e3)
    mode = np.where((np.arange(48) >= 12) & (np.arange(48) < 30), 1, 0).astype(np.int8)
    series = result.series.assign(mode=(("bus", "time"), mode[None, :]))
    series = series.assign_coords(array=["e"]).assign(array_power_w=(("array", "time"), lit[None, :]))
    words = (
        "Site: longest dark spell 20 h: the battery bridges it in survival mode (18 h in all) "
        "with 50 % charge left (reserve 20 %)"
    )
    assert words in findings(replace(result, series=series))


def test_time_before_the_first_array_is_not_dark() -> None:
    result = bus_result(2 * KW, KW, DIP, NONE, dark_h=1.0)
    result.station.elements[0].arrives = np.datetime64("2035-01-02")
    lit = np.where(np.arange(48) < 27, 0.0, 1e3)
    series = result.series.assign_coords(array=["e"]).assign(array_power_w=(("array", "time"), lit[None, :]))
    assert any("longest dark spell 3 h:" in f for f in findings(replace(result, series=series)))


def test_an_orbit_longer_than_a_day_shows_no_spikes() -> None:
    hours = np.arange(20 * 24)
    altitude = 8000.0 - 7700.0 * np.cos(2 * np.pi * (hours - 3) / 26.0)
    times = np.datetime64("2035-01-01", "ns") + hours * np.timedelta64(3600, "s")
    series = xr.Dataset(
        {"altitude_km": (("orbiter", "time"), altitude[None, :])}, coords={"time": times, "orbiter": ["o"]}
    )
    orbiter = SimpleNamespace(
        id="o",
        name="Relay",
        partner="",
        relay=True,
        periapsis_altitude=3e5,
        apoapsis_altitude=1.57e7,
        inclination=1.0,
    )
    text = write_report(empty_result(station=make_station(orbiters=[orbiter]), series=series))
    lowest = figures_of(text)["fig-orbiter-1"]["data"][0]
    assert max(lowest["y"][:-2]) < 500.0
    assert "any 2 days running" in text


def test_an_idle_bus_is_named_but_not_drawn() -> None:
    text = write_report(bus_result(NONE, NONE, None, NONE))
    assert "fig-power-1" not in figures_of(text)
    assert "Without load and source, and so not drawn: Site." in text


def judged(*verdicts: str, margin: float | None = 0.1) -> list[FakeVerdict]:
    return [FakeVerdict(f"r{i}", "m", 60.0, "%", 50.0, "at_least", margin, v) for i, v in enumerate(verdicts)]


@pytest.mark.parametrize(
    ("verdicts", "words"),
    [
        (judged("met", margin=10.0), "The one requirement is met; its margin is +10 points."),
        (
            judged("met", "met", margin=10.0),
            "All 2 requirements are met; the smallest margin is +10 points (r0).",
        ),
        (judged("not met"), "The one requirement is not met; r0 is 60 %, asked for at least 50 %."),
        (
            judged("not met", "not met"),
            "None of 2 requirements met; not met: r0 (60 %, at least 50 %) and r1 (60 %, at least 50 %).",
        ),
        (judged("met", "unknown"), "1 of 2 requirements met; 1 could not be judged."),
        (judged("unknown"), "The one requirement could not be judged."),
        (judged("met", margin=None), "The one requirement is met."),
    ],
)
def test_the_verdict_in_one_sentence(verdicts: list[FakeVerdict], words: str) -> None:
    assert words in plain(" ".join(read(write_report(empty_result(verdicts=verdicts))).text))


def test_limits_of_zero_have_no_relative_margin_but_stand_in_the_table() -> None:
    verdict = FakeVerdict("served", "bus.s.unserved", 12.0, "kWh", 0.0, "at_most", -12.0, "not met")
    text = write_report(empty_result(verdicts=[verdict]))
    assert "fig-margins" not in figures_of(text)
    assert "12 kWh" in plain(text)


def test_sites_at_the_north_and_far_from_any_pole() -> None:
    sites = [
        SimpleNamespace(id=str(lat), name=f"Site {lat:g}", lat_deg=lat, lon_deg=20.0, height=2.0, ground=None)
        for lat in (26.1, 89.0, -10.0)
    ]
    text = write_report(empty_result(station=make_station(sites=sites)))
    assert "2 sites stand 30 to 1 938 km from the north pole" in plain(" ".join(read(text).findings))
    assert "At the other pole and not drawn: Site -10." in text
    drawn = figures_of(text)["fig-map"]["data"]
    assert "60° N" in next(trace["text"] for trace in drawn if trace["mode"] == "text")


def test_a_short_span_in_one_month() -> None:
    text = write_report(make_year(days=3, step_s=3600))
    assert figures_of(text)["fig-light-1"]["data"][0]["y"] == ["Jan 2035"]
    assert "In the span: " in text


def test_extremes_of_an_orbit_are_those_between_the_steps() -> None:
    result = make_year(days=20.0)
    fine = SimpleNamespace(
        lowest=54_300.0,
        lowest_at=float(utc_to_tdb(np.array(["2035-01-07T12:00"], dtype="datetime64[ns]"))[0]),
        highest=987_600.0,
        highest_at=0.0,
    )
    result.trajectories["luna-26"].altitude_extremes = fine
    (words,) = (f for f in findings(result) if "flies between 54.3" in f)
    assert words.endswith("flies between 54.3 and 988 km; lowest on 2035-01-07")
