"""One Pod through five eras, on real engines: who calls whom, through which processes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.testimage.busybox import BUSYBOX, PAUSE, busybox
from runtimes.history.story.model import Told, load
from runtimes.history.story.sequence import KUBELET, YOU

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.contract.engines.session import EngineSession
    from runtimes.history.story.model import Recording

pytestmark = [
    pytest.mark.needs_root,
    pytest.mark.needs_oci,
    pytest.mark.needs_docker,
    pytest.mark.needs_containerd,
    pytest.mark.timeout(600),
]

ERAS = ("docker", "dockershim", "cri-dockerd", "cri", "oci")
BRIDGE = "rthistory0"
MANIFEST = Path(__file__).parents[3] / "examples/history.yaml"
CONFIG = """\
[backends.oci]
root = "{folder}/oci"
run_root = "{folder}/run"
bridge = "{bridge}"
[backends.docker]
host = "{docker}"
infra_image = "{pause}"
[backends.dockershim]
host = "{docker}"
sandbox_image = "{pause}"
root = "{folder}/shim"
run_root = "{folder}/shim-run"
network = "docker"
[backends.cri]
endpoint = "{cri}"
"""


@pytest.fixture(scope="module")
def folder(
    tmp_path_factory: pytest.TempPathFactory, runtimes_engines: EngineSession
) -> Iterator[Path]:
    """A configuration for every engine, and the example's pod with an image that all have."""
    from runtimes.cni.bridge.builtin import BuiltinBridge
    from runtimes.cni.bridge.segment import BridgeOptions

    home = tmp_path_factory.mktemp("history")
    docker = runtimes_engines.env("dockerd")["RUNTIMES_TEST_DOCKER_HOST"]
    cri = runtimes_engines.env("containerd")["CONTAINER_RUNTIME_ENDPOINT"]
    places = {"folder": home, "bridge": BRIDGE, "docker": docker, "cri": cri, "pause": PAUSE}
    (home / "config.toml").write_text(CONFIG.format_map(places))
    (home / "pod.yaml").write_text(MANIFEST.read_text().replace("localhost/busybox:1", BUSYBOX))
    (home / "busybox.tar").write_bytes(busybox().archive())
    runtimes(home, "-b", "oci", "import", str(home / "busybox.tar"))
    yield home
    BuiltinBridge(home / "run/network/bridge", BridgeOptions(BRIDGE)).uninstall()


def runtimes(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "runtimes.cli.main", *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"RUNTIMES_CONFIG": str(folder / "config.toml")},
        timeout=500,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def recording(folder: Path) -> Recording:
    chosen = [word for era in (*ERAS, "rkt") for word in ("-b", era)]
    file = folder / "recording.json"
    pod = str(folder / "pod.yaml")
    page = str(folder / "page.html")
    runtimes(folder, "history", pod, "--runs", "1", "--json", str(file), "-o", page, *chosen)
    return load(file.read_bytes())


@pytest.fixture(params=ERAS)
def told(request: pytest.FixtureRequest, recording: Recording) -> Told:
    found = next(one for one in recording.eras if one.era == request.param)
    assert found.state == "ran", found.why
    return found


def arrows(told: Told, layer: str) -> list[str]:
    rows = [row for row in told.rows if (row.layer, row.phase) == (layer, "start")]
    return [row.name for row in rows for _ in range(row.times)]


def test_eras_come_in_the_order_of_time_and_one_that_does_not_work_says_why(
    recording: Recording,
) -> None:
    assert [one.era for one in recording.eras] == [
        "docker", "rkt", "dockershim", "cri-dockerd", "cri", "oci",
    ]  # fmt: skip
    rkt = recording.eras[1]
    assert rkt.state == "ran" or rkt.why


def test_each_era_begins_with_kubelet_and_ends_with_the_container(told: Told) -> None:
    names = [one.name for one in told.lifelines]

    assert names[:2] == [YOU, KUBELET]
    assert names[-1] == "container"
    assert "SyncPod" in arrows(told, "pod")


def test_the_cri_is_spoken_in_every_era_but_the_first(told: Told) -> None:
    called = [row.name for row in told.rows if row.layer == "cri" and row.source == KUBELET]
    steps = [name for name in called if name in {"RunPodSandbox", "CreateContainer"}]

    assert steps == ([] if told.era == "docker" else ["RunPodSandbox", "CreateContainer"])


@pytest.mark.parametrize(
    ("era", "grpc", "http"),
    [
        ("docker", False, True),
        ("dockershim", False, True),
        ("cri-dockerd", True, True),
        ("cri", True, False),
        ("oci", False, False),
    ],
)
def test_an_era_has_the_wires_that_it_had(
    recording: Recording, era: str, *, grpc: bool, http: bool
) -> None:
    told = next(one for one in recording.eras if one.era == era)

    assert bool(told.calls("grpc")) == grpc
    assert bool(told.calls("http")) == http
    assert bool(told.calls("docker")) == http


def test_a_pod_on_docker_is_two_containers_made_and_started(recording: Recording) -> None:
    told = recording.eras[0]

    made = [name for name in arrows(told, "http") if name.startswith("POST")]

    assert made == ["POST /containers/create", "POST /containers/{id}/start"] * 2


CHAINS = {
    "docker": ["your program", "dockerd", "containerd", "SHIM", "the container"],
    "dockershim": ["your program", "dockerd", "containerd", "SHIM", "the container"],
    "cri-dockerd": [
        "your program", "runtimes serve", "dockerd", "containerd", "SHIM", "the container",
    ],
    "cri": ["your program", "containerd", "SHIM", "the container"],
    "oci": ["your program", "MONITOR", "the container"],
}  # fmt: skip
SHIMS = ("containerd-shim", "conmon", "python")


def test_processes_stand_between_as_they_did(told: Told) -> None:
    names = [link.name for link in told.chain]
    own = [("MONITOR" if told.era == "oci" else "SHIM") if name.startswith(SHIMS) else name
           for name in names]  # fmt: skip

    assert own == CHAINS[told.era]
    assert told.between == len(CHAINS[told.era]) - 2


def test_the_programs_that_lead_to_the_container_are_seen(told: Told) -> None:
    into = [row for row in told.rows if row.target == "container"]

    assert any(row.name.startswith("sh") and row.ms is not None for row in into)
    assert {row.source for row in into} <= {"runc", "crun"}


def test_the_code_of_the_layers_that_ran_is_counted(told: Told) -> None:
    own = {
        "docker": {"docker_legacy"},
        "dockershim": {"dockershim", "docker_legacy"},
        "cri-dockerd": {"cri_remote", "server", "dockershim", "docker_legacy"},
        "cri": {"cri_remote"},
        "oci": {"oci"},
    }
    every = set().union(*own.values())

    loaded = set(told.lines) & every

    assert loaded == own[told.era]
    assert {"core", "kubelet", "client"} <= set(told.lines)
    assert told.code == sum(told.lines.values())


def test_the_page_draws_each_era_and_can_be_made_again(
    folder: Path, recording: Recording, tmp_path: Path
) -> None:
    again = tmp_path / "again.html"
    runtimes(folder, "history", "--from", str(folder / "recording.json"), "-o", str(again))

    page = (folder / "page.html").read_text()

    assert again.read_text() == page
    assert page.count("<svg") == 1 + 2 * sum(one.state == "ran" for one in recording.eras)
