"""The subjects that this repository holds to the contract."""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.engines.world import missing_tools
from runtimes.contract.fake.backend import FakeOptions
from runtimes.contract.fake.backend import backend as fake
from runtimes.contract.subject import Known, Subject
from runtimes.contract.testimage.busybox import BUSYBOX, PAUSE
from runtimes.core import configure, discovery, errors
from runtimes.core.capability import Capability
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.opening import pod_runtime

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runtimes.contract.engines.session import EngineSession
    from runtimes.core.cri.services import CriService
    from runtimes.core.pod.runtime import PodRuntime

LACKS = frozenset(
    {
        Capability.METRICS,
        Capability.EVENTS,
        Capability.LIST_STREAMS,
        Capability.SANDBOX_UPDATE,
        Capability.CONTAINER_CHECKPOINT,
        Capability.POD_CHECKPOINT,
        Capability.RUNTIME_CONFIG,
        Capability.IMAGE_VOLUMES,
        Capability.USER_NAMESPACES,
        Capability.APPARMOR,
        Capability.SELINUX,
        Capability.MOUNT_RECURSIVE_READ_ONLY,
    }
)
"""What containerd 1.6 doesn't have, or what this build and these hosts lack."""

UNKNOWN_CODE = "containerd answers UNKNOWN, with the reason in its text only"
STRUCTURED_ERRORS = "https://github.com/kubernetes/kubernetes/issues/63336"
GRANDCHILDREN = "https://github.com/containerd/containerd/issues/4594"
IMAGE_FILTER = "https://github.com/containerd/cri/issues/433"
KNOWN = (
    *(
        Known(test, UNKNOWN_CODE, STRUCTURED_ERRORS)
        for test in (
            "test_attach_to_an_ended_container_is_a_failed_precondition",
            "test_create_container_of_the_same_name_and_attempt_is_refused",
            "test_create_container_without_a_name_is_an_invalid_argument",
            "test_exec_in_an_ended_container_is_a_failed_precondition",
            "test_exec_sync_in_a_container_that_does_not_run_is_a_failed_precondition",
            "test_port_forward_to_a_stopped_sandbox_is_a_failed_precondition",
            "test_reopen_of_an_ended_container_fails_and_makes_no_file",
            "test_run_as_a_username_that_the_image_lacks_is_refused",
            "test_run_sandbox_of_the_same_name_uid_and_attempt_is_refused",
            "test_run_sandbox_with_an_unknown_handler_is_an_invalid_argument",
            "test_run_sandbox_without_metadata_is_an_invalid_argument",
            "test_start_container_that_ended_is_a_failed_precondition",
            "test_start_container_that_runs_is_a_failed_precondition",
            "test_start_container_without_such_a_program_is_an_invalid_argument",
        )
    ),
    Known(
        "test_streamed_exec_ends_when_its_caller_hangs_up[tty]",
        "containerd leaves a command on a tty running when its connection is gone",
        "https://github.com/kubernetes/kubernetes/issues/89031",
    ),
    Known(
        "test_forwarded_port_answers_after_the_end_of_what_it_is_sent",
        "containerd doesn't pass on the end of what a forwarded connection sends",
        "https://github.com/containerd/cri/pull/1470",
    ),
    Known(
        "test_forwarded_port_is_the_sandboxes_loopback[ipv6]",
        "containerd 1.6 doesn't reach what listens on ::1 alone",
        "https://github.com/kubernetes/kubernetes/issues/99850",
    ),
    Known(
        "test_a_stopped_sandbox_takes_no_new_container",
        "containerd answers NOT_FOUND for the pause container's task, not for the sandbox",
        STRUCTURED_ERRORS,
    ),
    Known(
        "test_exec_sync_past_its_timeout_is_deadline_exceeded_and_kills",
        "containerd kills the command but not its children",
        GRANDCHILDREN,
    ),
    Known(
        "test_exec_whose_time_is_up_leaves_no_process",
        "containerd kills the command but not its children",
        GRANDCHILDREN,
    ),
    Known(
        "test_a_child_that_is_oom_killed_does_not_end_the_container_so",
        "containerd calls a container OOMKilled when any of its processes was",
        "https://github.com/kubernetes/kubernetes/issues/104454",
    ),
    Known(
        "test_stop_container_sends_the_signal_that_the_config_wants",
        "ContainerConfig.stop_signal came with Kubernetes 1.33; containerd 1.6 doesn't know it",
        "https://github.com/containerd/containerd/issues/11617",
    ),
    Known(
        "test_list_images_by_reference", "containerd ignores the filter of ListImages", IMAGE_FILTER
    ),
    Known(
        "test_list_images_by_an_unknown_reference_is_empty",
        "containerd ignores the filter of ListImages",
        IMAGE_FILTER,
    ),
    Known(
        "test_list_container_stats_has_running_ones_that_match",
        "containerd lists containers that don't run, with zeros",
        "https://github.com/containerd/containerd/issues/6436",
    ),
)
"""What differs in containerd 1.6 from the CRI's words or from `runtimes.core.cri.services`."""


@pytest.fixture(scope="session")
def fake_subject(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """With a file that keeps its state, so that it survives its process as real ones do."""
    options = FakeOptions(state=tmp_path_factory.mktemp("fake") / "state.json")
    return Subject(
        name="fake",
        open=partial(fake.open, options),
        claims=fake.capabilities | {Capability.RECOVERY},
    )


@pytest.fixture(scope="session")
def containerd_subject(runtimes_engines: EngineSession) -> Subject:
    return subject_of_containerd(runtimes_engines.env("containerd"))


def subject_of_containerd(env: Mapping[str, str]) -> Subject:
    """One of the private ones, by the variables that tell where it is."""
    backend = discovery.load("cri")
    words = {
        "endpoint": env["CONTAINER_RUNTIME_ENDPOINT"],
        "streaming_netns": env["RUNTIMES_TEST_CONTAINERD_NETNS"],
    }
    options: object = configure.fill(backend.options, words)
    return Subject(
        name="containerd",
        open=partial(backend.open, options),
        claims=backend.capabilities - LACKS,
        registry=env.get("RUNTIMES_TEST_REGISTRY", ""),
        network=Path(env["RUNTIMES_TEST_CONTAINERD_NETNS"]),
        handlers=present("runc", "crun"),
        known=KNOWN,
    )


@pytest.fixture(scope="session")
def oci_subject(
    tmp_path_factory: pytest.TempPathFactory, runtimes_engines: EngineSession
) -> Iterator[Subject]:
    backend = discovery.load("oci")
    root = tmp_path_factory.mktemp("oci")
    bridge = f"rtc{os.getpid():x}"
    words = {"root": str(root / "root"), "run_root": str(root / "run"), "bridge": bridge}
    options: object = configure.fill(backend.options, words)
    lacks_registry = runtimes_engines.problem("registry")
    registry = {} if lacks_registry else runtimes_engines.env("registry")
    yield Subject(
        name="oci",
        open=partial(backend.open, options),
        claims=backend.capabilities,
        registry=registry.get("RUNTIMES_TEST_REGISTRY", ""),
        state=(root / "root", root / "run"),
    )
    uninstall_bridge(root / "run", bridge)


@pytest.fixture(scope="session")
def dockershim_subject(
    tmp_path_factory: pytest.TempPathFactory, runtimes_engines: EngineSession
) -> Subject:
    return subject_of_dockershim(runtimes_engines, tmp_path_factory.mktemp("dockershim"))


def subject_of_dockershim(engines: EngineSession, root: Path) -> Subject:
    env = engines.env("dockerd")
    backend = discovery.load("dockershim")
    words = {
        "host": env["RUNTIMES_TEST_DOCKER_HOST"],
        "root": str(root / "root"),
        "run_root": str(root / "run"),
        "sandbox_image": PAUSE,
        "network": "docker",
    }
    options: object = configure.fill(backend.options, words)
    return Subject(
        name="dockershim",
        open=partial(backend.open, options),
        claims=backend.capabilities,
        image=BUSYBOX,
        registry=engines.env("registry")["RUNTIMES_TEST_REGISTRY"],
        network=Path(env["RUNTIMES_TEST_DOCKER_NETNS"]),
        handlers=("runc",),
        known=(
            Known(
                "test_containers_of_a_pod_share_ipc_and_host_name",
                "Docker can't join another container's UTS namespace; the name is the same",
                "https://github.com/moby/moby/pull/43349",
            ),
        ),
        state=(root / "root", root / "run"),
    )


@pytest.fixture(scope="session")
def docker_subject_of_pods(
    tmp_path_factory: pytest.TempPathFactory, runtimes_engines: EngineSession
) -> Subject:
    return docker_pods(tmp_path_factory.mktemp("docker"), runtimes_engines)


@pytest.fixture(scope="session")
def docker_subject_of_the_era(
    tmp_path_factory: pytest.TempPathFactory, runtimes_engines: EngineSession
) -> Subject:
    """Decides as kubelet 1.4, and runs commands by nsenter."""
    words = {"rules": "1.4", "exec_handler": "nsenter"}
    return docker_pods(tmp_path_factory.mktemp("era"), runtimes_engines, **words)


def docker_pods(root: Path, engines: EngineSession, **wishes: str) -> Subject:
    env = engines.env("dockerd")
    backend = discovery.load("docker")
    words = {"host": env["RUNTIMES_TEST_DOCKER_HOST"], "infra_image": PAUSE, **wishes}
    options: object = configure.fill(backend.options, words)
    node = KubeletConfig(root=root, log_root=root / "logs", host_ip="127.0.0.1")
    return Subject(
        name="docker",
        open=_no_cri,
        open_pods=partial(opened_pods, "docker", options, node),
        claims=backend.capabilities,
        image=BUSYBOX,
        registry=engines.env("registry")["RUNTIMES_TEST_REGISTRY"],
        network=Path(env["RUNTIMES_TEST_DOCKER_NETNS"]),
    )


def opened_pods(name: str, options: object, node: KubeletConfig) -> PodRuntime:
    """What a backend makes of its options: a function, for other processes to call too."""
    backend = discovery.load(name)
    return pod_runtime(backend, backend.open(options), node)


def _no_cri() -> CriService:
    raise errors.Unimplemented("open backend 'docker' as a CRI service: it has pods only")


def present(*programs: str) -> tuple[str, ...]:
    """Those that the host has; handlers bear the names of their programs."""
    return tuple(program for program in programs if not missing_tools([program]))


def uninstall_bridge(run_root: Path, bridge: str) -> None:
    """The network of a root that nobody will use again."""
    from runtimes.cni.bridge.builtin import BuiltinBridge
    from runtimes.cni.bridge.segment import BridgeOptions

    BuiltinBridge(run_root / "network/bridge", BridgeOptions(bridge)).uninstall()
