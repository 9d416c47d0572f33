"""Commands, images, usage and what the runtime tells of itself."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.pod.status import ExecResult, RuntimeVersion
from runtimes.kubelet.generic import convert, streams
from runtimes.kubelet.tests.bench import Bench, script
from runtimes.kubelet.tests.builders import pod

FOREVER = script("sleep 1000")


def test_version_and_conditions(bench: Bench) -> None:
    assert bench.runtime.version() == RuntimeVersion("fake", "0.1.0", "v1")
    assert {one.type: one.status for one in bench.runtime.status()} == {
        "RuntimeReady": True,
        "NetworkReady": True,
    }
    assert bench.runtime.name == "fake"


def test_a_command_gives_output_and_exit_code(bench: Bench) -> None:
    asked = pod(FOREVER)
    bench.sync(asked)

    answer = bench.runtime.exec(bench.latest(asked).id, ["sh", "-c", "echo out; exit 4"])

    assert answer == ExecResult(4, b"out\n", b"")


def test_a_command_in_a_missing_container_is_told(bench: Bench) -> None:
    with pytest.raises(errors.NotFound):
        bench.runtime.exec("none", ["true"])


class NoStreams:
    """A CRI service without streams."""


def test_streams_that_the_backend_lacks_are_unimplemented(bench: Bench) -> None:
    runtime = bench.another()
    runtime._service = NoStreams()  # type: ignore[assignment]  # nothing else is asked of it

    for call in (
        lambda: runtime.open_exec("c", ["sh"], tty=True),
        lambda: runtime.open_attach("c"),
        lambda: runtime.open_port_forward("s", 80),
    ):
        with pytest.raises(errors.Unimplemented, match="backend 'fake'"):
            call()


def test_a_tty_has_no_stderr() -> None:
    with_tty = streams.exec_request("c", ["sh"], tty=True, stdin=True)
    without = streams.attach_request("c", tty=False, stdin=False)

    assert (with_tty.stdin, with_tty.stdout, with_tty.stderr) == (True, True, False)
    assert (without.stdin, without.stdout, without.stderr) == (False, True, True)


def test_images_come_and_go(bench: Bench) -> None:
    assert bench.runtime.image_ref("busybox") is None

    reference = bench.runtime.pull_image("busybox")

    (image,) = bench.runtime.list_images()
    assert image.tags == ("docker.io/library/busybox:latest",)
    assert bench.runtime.image_ref("busybox") == image.id
    assert bench.runtime.image_ref(reference) == image.id
    assert bench.runtime.image_stats()[0].used_bytes > 0
    bench.runtime.remove_image("busybox")
    bench.runtime.remove_image("busybox")
    assert bench.runtime.list_images() == []


def test_an_import_the_backend_cant_do_says_what_to_do_instead(bench: Bench) -> None:
    class RegistryOnly:
        """A CRI service without `import_image`."""

    runtime = bench.another()
    runtime._service = RegistryOnly()  # type: ignore[assignment]  # nothing else is asked of it

    with pytest.raises(errors.Unimplemented, match="push the image"):
        runtime.import_image(Path("x.tar"))


def test_usage_names_pods_and_containers(bench: Bench) -> None:
    asked = pod(FOREVER)
    bench.sync(asked)

    (usage,) = bench.runtime.stats()

    assert (usage.name, usage.pod_name, usage.pod_namespace) == ("app", "web", "default")
    assert usage.cpu_usage_ns is not None
    assert usage.memory_working_set_bytes is not None


def test_what_stats_lack_is_none_and_not_zero() -> None:
    usage = convert.from_cri_stats(cri.ContainerStats())

    assert usage.cpu_usage_ns is None
    assert usage.memory_working_set_bytes is None
    assert usage.writable_layer_bytes is None


def test_addresses_that_are_none_are_skipped() -> None:
    status = cri.PodSandboxStatus()
    status.network.ip = "10.0.0.2"
    status.network.additional_ips.extend(cri.PodIP(ip=ip) for ip in ("nonsense", "fd00::2", ""))

    assert convert.addresses(status) == ("10.0.0.2", "fd00::2")


def test_a_pod_on_the_hosts_network_has_no_address_of_its_own() -> None:
    status = cri.PodSandboxStatus()
    status.network.ip = "192.0.2.7"
    status.linux.namespaces.options.network = cri.NODE

    sandbox = convert.from_cri_sandbox_status(status)

    assert (sandbox.host_network, sandbox.ips) == (True, ())


def test_a_runtime_that_tells_no_namespaces_is_taken_at_its_word() -> None:
    status = cri.PodSandboxStatus()
    status.network.ip = "10.0.0.2"

    assert not convert.from_cri_sandbox_status(status).host_network


def test_times_before_the_epoch_are_not_reached() -> None:
    status = cri.ContainerStatus(
        state=cri.CONTAINER_EXITED, started_at=-6795364578871345152, finished_at=-1
    )

    converted = convert.from_cri_container_status(status)

    assert (converted.started_at_ns, converted.finished_at_ns) == (0, 0)
