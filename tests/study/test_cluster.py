"""Tiles on Dask workers: the same bytes as without, whatever happens to workers."""

import os
import signal
import sys
import time

import numpy as np
import pytest

from moonstation.campaign.case import campaign_case
from moonstation.campaign.solve import greedy_plan
from moonstation.cli.main import main
from moonstation.errors import DataFileError, OutputError, RequestError
from moonstation.spacetime.epochs import Epoch
from moonstation.station.loading import load_station
from moonstation.study import cluster
from moonstation.study.campaign_risk import campaign_risk, chances_of
from moonstation.study.maps import MapRequest, make_map
from moonstation.study.orbit_survey import survey_lifetimes
from moonstation.terrain.elevation import ElevationModel
from moonstation.terrain.region import map_grid
from terrain_reference import polar_window

distributed = pytest.importorskip("distributed")
pytestmark = [
    pytest.mark.slow,
    # Dask leaves sockets of lost workers to the collector
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
    pytest.mark.filterwarnings("ignore::DeprecationWarning:distributed"),
]


@pytest.fixture(scope="module")
def terrain(tmp_path_factory):
    random = np.random.default_rng(4)
    waves = random.uniform(1e-4, 2e-3, (5, 2))

    def hills(x, y):
        return sum(120.0 * np.sin(a * x + b * y) for a, b in waves)

    return polar_window(tmp_path_factory.mktemp("terrain") / "w.tif", hills, half_width=30e3, pixel=200.0)


@pytest.fixture(scope="module")
def workers():
    """Two workers on this machine, known by the address of their scheduler."""
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", memory_limit=0, silence_logs=50
    ) as local:
        yield local


def ask(terrain, **changes):
    model = ElevationModel.from_files([terrain], packaged=True)
    grid = map_grid(model, -89.5, 30.0, width=30e3, height=30e3, pixel=100.0)
    words = {"heights": (2.0,), "directions": 8, "layers": ("average_sun", "slope")} | changes
    return model, MapRequest(grid, Epoch.parse("2035-01-01"), 20 * 86_400.0, 3600.0, **words)


def test_gives_the_bytes_of_a_run_without(terrain, workers, tmp_path):
    model, request = ask(terrain)
    summary = make_map(model, request, tmp_path / "m.tif")
    assert summary.tiles == 4
    (tmp_path / "there").mkdir()
    stages = []
    on_workers = make_map(
        model,
        request,
        tmp_path / "there" / "m.tif",
        cluster=workers.scheduler_address,
        terrain=[terrain],
        progress=lambda stage, share: stages.append((stage, share)),
    )
    assert (tmp_path / "there" / "m.tif").read_bytes() == (tmp_path / "m.tif").read_bytes()
    assert on_workers.bands == summary.bands
    assert [share for _, share in stages] == sorted(share for _, share in stages)
    assert ("tile 3 of 4", 0.5) in stages


def test_a_killed_worker_costs_time_only(terrain, workers, tmp_path):
    model, request = ask(terrain, directions=90)
    make_map(model, request, tmp_path / "m.tif")
    (tmp_path / "there").mkdir()
    victims = []

    def strike(stage, share):
        if share == 0.25 and not victims:
            victims.extend(info["pid"] for info in workers_pids(workers))
            os.kill(victims[0], signal.SIGKILL)

    make_map(
        model,
        request,
        tmp_path / "there" / "m.tif",
        cluster=workers.scheduler_address,
        terrain=[terrain],
        progress=strike,
    )
    assert victims
    assert (tmp_path / "there" / "m.tif").read_bytes() == (tmp_path / "m.tif").read_bytes()


def workers_pids(local):
    return [{"pid": nanny.process.pid} for nanny in local.workers.values() if nanny.process is not None]


def test_goes_on_where_another_run_was_stopped(terrain, workers, tmp_path):
    model, request = ask(terrain)
    make_map(model, request, tmp_path / "m.tif")
    (tmp_path / "there").mkdir()

    def stop(stage, share):
        if share >= 0.5:
            raise KeyboardInterrupt

    words = {"cluster": workers.scheduler_address, "terrain": [terrain]}
    with pytest.raises(KeyboardInterrupt):
        make_map(model, request, tmp_path / "there" / "m.tif", progress=stop, **words)
    assert not (tmp_path / "there" / "m.tif").exists()
    summary = make_map(model, request, tmp_path / "there" / "m.tif")
    assert summary.kept == 2
    assert (tmp_path / "there" / "m.tif").read_bytes() == (tmp_path / "m.tif").read_bytes()


def test_refuses_workers_with_another_file(terrain, workers, tmp_path):
    model, request = ask(terrain)
    other = polar_window(tmp_path / "w.tif", lambda x, y: 0.0 * x, half_width=30e3, pixel=200.0)
    with pytest.raises(DataFileError, match=r"w\.tif: is another file here .* \(on worker tcp://"):
        make_map(model, request, tmp_path / "m.tif", cluster=workers.scheduler_address, terrain=[other])
    missing = tmp_path / "missing.tif"
    with pytest.raises(DataFileError, match=r"missing\.tif: no such file"):
        make_map(model, request, tmp_path / "m.tif", cluster=workers.scheduler_address, terrain=[missing])
    assert not (tmp_path / "m.tif").exists()


def test_all_workers_lost(terrain, tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "WORKERLESS_S", 1.0)
    with distributed.LocalCluster(n_workers=0, dashboard_address=":0", silence_logs=50) as empty:
        model, request = ask(terrain)
        with pytest.raises(OutputError, match="no worker for 1 s; start some with 'dask worker tcp://"):
            make_map(model, request, tmp_path / "m.tif", cluster=empty.scheduler_address, terrain=[terrain])


def test_the_scheduler_lost(terrain, tmp_path):
    model, request = ask(terrain, directions=90)
    local = distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=":0", memory_limit=0, silence_logs=50
    )

    def close(stage, share):
        if share == 0.25:
            local.close()

    with pytest.raises(OutputError, match="the scheduler was lost; what is finished is kept"):
        make_map(
            model,
            request,
            tmp_path / "m.tif",
            cluster=local.scheduler_address,
            terrain=[terrain],
            progress=close,
        )
    assert len(list((tmp_path / ".m.tif.parts").glob("*.npz"))) >= 1
    assert not (tmp_path / "m.tif").exists()


def work_that_dies(item):
    if item == 3:
        os._exit(1)
    return item


def test_work_that_kills_every_worker(workers):
    with pytest.raises(OutputError, match="workers died one after the other"):
        list(cluster.run_tiles(work_that_dies, range(5), workers.scheduler_address))


def test_a_local_cluster_of_its_own():
    began = time.monotonic()
    assert sorted(cluster.run_tiles(abs, [-3, 2, -1], "local:2")) == [(-3, 3), (-1, 1), (2, 2)]
    assert list(cluster.run_tiles(abs, [], "local")) == []
    assert time.monotonic() - began < 60.0


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("local:0", "1 to 1024 workers"),
        ("localhost", "tcp://host:8786"),
        ("tcp://127.0.0.1:9", "no Dask scheduler answers there"),
        ("pigeon://coop", "no Dask scheduler answers there"),
    ],
)
def test_addresses_that_lead_nowhere(address, reason, monkeypatch):
    monkeypatch.setattr(cluster, "CONNECT_S", 1.0)
    with pytest.raises(RequestError, match=reason):
        list(cluster.run_tiles(abs, [1], address))


def test_without_dask(terrain, tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "distributed", None)
    words = ["map", "--lat", "-89.5deg", "--lon", "30deg", "--size", "2km", "--terrain", str(terrain)]
    assert main([*words, "--cluster", "local", "--out", str(tmp_path / "m.tif")]) == 2
    told = capsys.readouterr().err
    assert "pip install 'moonstation[cluster]'" in told
    assert "Traceback" not in told


def test_a_survey_of_orbits_has_the_same_figures_on_a_cluster():
    options = {
        "altitude": 60e3,
        "inclinations": np.radians([0.0, 40.0, 85.0, 90.0]),
        "nodes": np.radians(np.arange(0.0, 360.0, 40.0)),
        "epoch": Epoch.parse("2035-01-01"),
        "duration": 5 * 86_400.0,
        "degree": 8,
    }
    shares = []
    far = survey_lifetimes(**options, cluster="local:2", progress=shares.append)
    assert far.equals(survey_lifetimes(**options))
    assert len(far) == 36
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    with pytest.raises(RequestError, match="give one of the two"):
        survey_lifetimes(**options, cluster="local:2", threads=2)


def test_a_campaign_is_planned_anew_with_the_same_figures_on_any_number_of_workers(workers, tmp_path):
    case = campaign_case(load_station("ilrs-build"))
    plan = greedy_plan(case)
    chances, assumed = chances_of(case.station)
    shares = []

    def ask_for(cluster=None):
        return campaign_risk(
            case,
            plan,
            chances,
            assumed,
            draws=60,
            seed=5,
            replan=True,
            cluster=cluster,
            progress=lambda words, share: shares.append(share),
        )

    here = ask_for()
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=3, processes=False, dashboard_address=":0", silence_logs=50
    ) as one:
        runs = [ask_for(workers.scheduler_address), ask_for(one.scheduler_address)]
    assert (here.replanned.completion < here.draws.completion).any()
    for run in runs:
        assert run.dates.to_csv() == here.dates.to_csv()
        assert run.replanned.completion.tobytes() == here.replanned.completion.tobytes()
        assert list(run.replanned.months) == list(here.replanned.months)
        for name, months in run.replanned.months.items():
            assert months.tobytes() == here.replanned.months[name].tobytes()
    assert shares[-1] >= 0.97


def test_the_risk_command_writes_the_same_bytes_on_a_cluster(workers, tmp_path, capsys):
    words = ["campaign", "risk", "ilrs-build", "--first", "--draws", "40", "--replan"]
    assert main([*words, "--csv", str(tmp_path / "here.csv")]) == 0
    address = workers.scheduler_address
    assert main([*words, "--cluster", address, "--csv", str(tmp_path / "there.csv")]) == 0
    assert (tmp_path / "here.csv").read_bytes() == (tmp_path / "there.csv").read_bytes()
    capsys.readouterr()
    assert main([*words[:-1], "--cluster", address]) == 2
    assert "--cluster: goes with --replan" in capsys.readouterr().err
    assert main([*words, "--cluster", "localhost"]) == 2
    assert "tcp://host:8786" in capsys.readouterr().err
