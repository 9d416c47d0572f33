"""The manifests in examples/pods do what they say: all on oci, some on containerd and Docker."""

from __future__ import annotations

import os
import secrets
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from runtimes.client import Runtime, connect
from runtimes.client.tests.pod_examples import carry_out, promises
from runtimes.contract.testimage.busybox import PAUSE, busybox
from runtimes.contract.testimage.push import push
from runtimes.kubelet.config import KubeletConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.contract.engines.session import EngineSession

EXAMPLES = sorted((Path(__file__).parents[3] / "examples/pods").glob("*.yaml"))
SAMPLE = (
    "another-user", "deployment", "files-about-the-pod", "folder-made-on-the-node",
    "host-aliases", "job-that-fails", "list", "no-capabilities", "out-of-memory",
    "read-only-root", "sidecar-for-a-job", "working-directory",
)  # fmt: skip
SAMPLED = [path for path in EXAMPLES if path.stem in SAMPLE]
AT_ONCE = 6

Outcomes = dict[str, Future[list[str]]]


def node(folder: Path) -> KubeletConfig:
    return KubeletConfig(
        root=folder / "kubelet",
        log_root=folder / "logs",
        cgroup_root=f"rte{secrets.token_hex(3)}",
        host_ip="192.0.2.7",
    )


def run_all(runtime: Runtime, examples: list[Path], image: str) -> Outcomes:
    """Run several at a time; each test waits for its own."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {one.stem: pool.submit(carry_out, runtime, one, image) for one in examples}


@pytest.fixture(scope="module")
def oci(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Runtime, str]]:
    """The embedded backend, and the image that is there."""
    from runtimes.cni.bridge.builtin import BuiltinBridge
    from runtimes.cni.bridge.segment import BridgeOptions

    folder = tmp_path_factory.mktemp("oci")
    folder.chmod(0o755)
    archive = folder / "busybox.tar"
    archive.write_bytes(busybox().archive())
    bridge, run_root = f"rte{os.getpid():x}", folder / "run"
    with connect(
        "oci", kubelet=node(folder), root=folder / "oci", run_root=run_root, bridge=bridge
    ) as runtime:
        yield runtime, runtime.import_image(archive)[0]
    BuiltinBridge(run_root / "network/bridge", BridgeOptions(bridge)).uninstall()


@pytest.fixture(scope="module")
def on_oci(oci: tuple[Runtime, str]) -> Outcomes:
    runtime, image = oci
    return run_all(runtime, EXAMPLES, image)


@pytest.fixture(scope="module")
def on_containerd(
    runtimes_engines: EngineSession, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Outcomes]:
    folder = tmp_path_factory.mktemp("cri")
    folder.chmod(0o755)
    env = runtimes_engines.env("containerd")
    image = push(env["RUNTIMES_TEST_REGISTRY"], "examples/busybox", "1", busybox())
    with connect(
        "cri", kubelet=node(folder), endpoint=env["CONTAINER_RUNTIME_ENDPOINT"]
    ) as runtime:
        runtime.pull(image)
        yield run_all(runtime, SAMPLED, image)


@pytest.fixture(scope="module", params=["docker", "dockershim"])
def on_docker(
    request: pytest.FixtureRequest,
    runtimes_engines: EngineSession,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Outcomes]:
    """Both ways on the same Engine, the image from a file."""
    folder = tmp_path_factory.mktemp(request.param)
    folder.chmod(0o755)
    archive = folder / "busybox.tar"
    archive.write_bytes(busybox().archive())
    shim: dict[str, Any] = {
        "sandbox_image": PAUSE,
        "root": folder / "root",
        "run_root": folder / "run",
    }
    settings: dict[str, Any] = shim if request.param == "dockershim" else {"infra_image": PAUSE}
    host = runtimes_engines.env("dockerd")["RUNTIMES_TEST_DOCKER_HOST"]
    with connect(request.param, kubelet=node(folder), host=host, **settings) as runtime:
        yield run_all(runtime, SAMPLED, runtime.import_image(archive)[0])


def test_there_are_enough_examples_and_each_says_what_to_expect() -> None:
    assert len(EXAMPLES) >= 60
    for path in EXAMPLES:
        expected = [one for one in promises(path.read_text()) if one.words == ("expect",)]
        assert len(expected) == 1, path


@pytest.mark.needs_oci
@pytest.mark.needs_root
@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", [path.stem for path in EXAMPLES])
def test_an_example_does_what_it_says_on_oci(on_oci: Outcomes, name: str) -> None:
    assert on_oci[name].result() == []


RELOAD = """
apiVersion: v1
kind: ConfigMap
metadata: {name: reload}
data: {word: old}
---
apiVersion: v1
kind: Pod
metadata: {name: reload}
spec:
  terminationGracePeriodSeconds: 0
  volumes: [{name: settings, configMap: {name: reload}}]
  containers:
  - name: app
    image: IMAGE
    command: [sleep, "600"]
    volumeMounts:
    - {name: settings, mountPath: /settings}
    - {name: settings, mountPath: /fixed, subPath: word}
"""


@pytest.mark.needs_oci
@pytest.mark.needs_root
def test_files_of_a_running_container_follow_their_config_map(oci: tuple[Runtime, str]) -> None:
    runtime, image = oci
    text = RELOAD.replace("IMAGE", image)
    (pod,) = runtime.apply_all(text)
    try:
        before = pod.exec(["cat", "/settings/word", "/fixed"]).stdout
        runtime.apply_all(text.split("---")[0].replace("old", "new"))
        after = pod.exec(["cat", "/settings/word", "/fixed"]).stdout
        restarts = [one.restart_count for one in pod.status().container_statuses]
    finally:
        pod.remove(force=True)

    assert (before, after, restarts) == (b"oldold", b"newold", [0])


@pytest.mark.needs_containerd
@pytest.mark.needs_root
@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", [path.stem for path in SAMPLED])
def test_an_example_does_the_same_on_containerd(on_containerd: Outcomes, name: str) -> None:
    assert on_containerd[name].result() == []


@pytest.mark.needs_docker
@pytest.mark.needs_root
@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", [path.stem for path in SAMPLED])
def test_an_example_does_the_same_on_docker(on_docker: Outcomes, name: str) -> None:
    assert on_docker[name].result() == []
