"""The manifests in examples/pods do on containerd and Docker what they do on the embedded backend.

All four backends run `COMMON`, and what can be told of its pods must be equal. Of the rest, each
engine's backend runs a third, another one each; with ``RUNTIMES_EXAMPLES=all``, every one.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from runtimes.client import connect
from runtimes.client.tests.pod_examples import EXAMPLES, Outcomes, embedded, node, run_all
from runtimes.contract.testimage.busybox import PAUSE, busybox
from runtimes.contract.testimage.push import push
from runtimes.core import netns

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runtimes.contract.engines.session import EngineSession

pytestmark = [pytest.mark.needs_root, pytest.mark.timeout(600)]
BACKENDS = {"docker": "on_docker", "dockershim": "on_dockershim", "cri": "on_containerd"}
"""Each with the fixture that runs it."""
EVERY_ONE = os.environ.get("RUNTIMES_EXAMPLES") == "all"

COMMON = (
    "exit-code",
    "files-from-a-config-map",
    "graceful-end",
    "init-chain",
    "init-fails",
    "job-with-retries",
    "retry-in-place",
    "sidecar-for-a-job",
    "web-server-with-probes",
)
TOLD = [path for path in EXAMPLES if path.stem in COMMON]
REST = [path for path in EXAMPLES if path.stem not in COMMON]
WITHOUT = {"cri": {"files-from-an-image"}}
"""Examples beyond an engine: containerd mounts images from 2.1 on."""


def examples_for(backend: str) -> list[Path]:
    some = REST if EVERY_ONE else REST[list(BACKENDS).index(backend) :: len(BACKENDS)]
    return TOLD + [path for path in some if path.stem not in WITHOUT.get(backend, ())]


def names(examples: list[Path]) -> list[str]:
    return [path.stem for path in examples]


ON_OLD_RULES = EXAMPLES if EVERY_ONE else EXAMPLES[1 :: 2 * len(BACKENDS)]


def run_on_docker(
    backend: str,
    engines: EngineSession,
    settings: Callable[[Path], dict[str, Any]],
    examples: list[Path],
) -> Iterator[Outcomes]:
    """Run them on the Engine, its images from a file; `settings` are made for a folder."""
    env = engines.env("dockerd")
    host = env["RUNTIMES_TEST_DOCKER_HOST"]

    def run(folder: Path) -> Outcomes:
        archive = folder / "busybox.tar"
        archive.write_bytes(busybox().archive())
        with (
            node(folder) as kubelet,
            connect(backend, kubelet=kubelet, host=host, **settings(folder)) as runtime,
        ):
            return run_all(runtime, examples, runtime.import_image(archive)[0])

    with engines.folder_shared_with("dockerd") as folder:
        yield netns.enter(Path(env["RUNTIMES_TEST_DOCKER_NETNS"]), lambda: run(folder))


@pytest.fixture(scope="module")
def on_oci(tmp_path_factory: pytest.TempPathFactory) -> Outcomes:
    with embedded(tmp_path_factory.mktemp("oci")) as (runtime, image):
        return run_all(runtime, TOLD, image)


@pytest.fixture(scope="module")
def on_docker(runtimes_engines: EngineSession) -> Iterator[Outcomes]:
    settings = {"infra_image": PAUSE}
    yield from run_on_docker("docker", runtimes_engines, lambda _: settings, examples_for("docker"))


@pytest.fixture(scope="module")
def on_docker_as_of_1_4(runtimes_engines: EngineSession) -> Iterator[Outcomes]:
    settings = {"infra_image": PAUSE, "rules": "1.4"}
    yield from run_on_docker("docker", runtimes_engines, lambda _: settings, ON_OLD_RULES)


@pytest.fixture(scope="module")
def on_dockershim(runtimes_engines: EngineSession) -> Iterator[Outcomes]:
    def settings(folder: Path) -> dict[str, Any]:
        return {"sandbox_image": PAUSE, "root": folder / "root", "run_root": folder / "run"}

    examples = examples_for("dockershim")
    yield from run_on_docker("dockershim", runtimes_engines, settings, examples)


@pytest.fixture(scope="module")
def on_containerd(runtimes_engines: EngineSession) -> Iterator[Outcomes]:
    env = runtimes_engines.env("containerd")
    image = push(env["RUNTIMES_TEST_REGISTRY"], "examples/busybox", "1", busybox())
    endpoint = env["CONTAINER_RUNTIME_ENDPOINT"]

    def run(folder: Path) -> Outcomes:
        with node(folder) as kubelet, connect("cri", kubelet=kubelet, endpoint=endpoint) as runtime:
            runtime.pull(image)
            return run_all(runtime, examples_for("cri"), image)

    with runtimes_engines.folder_shared_with("containerd") as folder:
        yield netns.enter(Path(env["RUNTIMES_TEST_CONTAINERD_NETNS"]), lambda: run(folder))


@pytest.mark.needs_containerd
@pytest.mark.parametrize("name", names(examples_for("cri")))
def test_an_example_does_the_same_on_containerd(on_containerd: Outcomes, name: str) -> None:
    assert on_containerd[name].result().broken == []


@pytest.mark.needs_docker
@pytest.mark.parametrize("name", names(examples_for("docker")))
def test_an_example_does_the_same_on_docker(on_docker: Outcomes, name: str) -> None:
    assert on_docker[name].result().broken == []


@pytest.mark.needs_docker
@pytest.mark.parametrize("name", names(ON_OLD_RULES))
def test_an_example_does_the_same_by_the_rules_of_kubelet_1_4(
    on_docker_as_of_1_4: Outcomes, name: str
) -> None:
    assert on_docker_as_of_1_4[name].result().broken == []


@pytest.mark.needs_docker
@pytest.mark.parametrize("name", names(examples_for("dockershim")))
def test_an_example_does_the_same_on_dockershim(on_dockershim: Outcomes, name: str) -> None:
    assert on_dockershim[name].result().broken == []


@pytest.mark.needs_oci
@pytest.mark.needs_docker
@pytest.mark.needs_containerd
@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", COMMON)
def test_the_same_is_told_of_an_examples_pods_as_on_oci(
    on_oci: Outcomes, request: pytest.FixtureRequest, name: str, backend: str
) -> None:
    outcomes: Outcomes = request.getfixturevalue(BACKENDS[backend])

    assert outcomes[name].result().pods == on_oci[name].result().pods
