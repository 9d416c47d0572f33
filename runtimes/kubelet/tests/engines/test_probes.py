"""Probes and hooks of every kind, in real containers that share one pod where they can."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from runtimes.core.pod import v1
from runtimes.kubelet.events import EventReason
from runtimes.kubelet.tests.handlers.health import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.kubelet.status.view import PodView
    from runtimes.kubelet.tests.engines.conftest import RealKubelet

pytest.importorskip("grpc")
pytestmark = pytest.mark.parametrize("engine", ["oci"], indirect=True)
PATIENCE = 60.0
RELAY = "nc -ll -p 5000 -e nc $(ip route | awk '/default/ {print $3}')"
AT_V = v1.VolumeMount(name="v", mount_path="/v")


@pytest.fixture(scope="module")
def grpc_port() -> Iterator[int]:
    """A health service of this host, which containers reach by their gateway."""
    with serving(ThreadPoolExecutor(2), "0.0.0.0:0") as port:
        yield port


def ready(view: PodView) -> set[str]:
    return {one.name for one in view.status.container_statuses if one.ready}


def asked(**how: object) -> v1.Probe:
    return v1.Probe(period_seconds=1, timeout_seconds=5, **how)  # type: ignore[arg-type]  # fields of a probe


def test_a_container_is_ready_once_its_probe_says_so(real: RealKubelet, grpc_port: int) -> None:
    by_file = asked(exec=v1.ExecAction(command=("test", "-e", "/ready")), failure_threshold=2)
    worker = real.worker(
        real.script("exec sleep 1000", "command", readiness_probe=by_file),
        real.script(
            "echo hi > /index.html; exec httpd -f -p 8080 -h /",
            "http",
            ports=(v1.ContainerPort(name="web", container_port=8080),),
            readiness_probe=asked(http_get=v1.HTTPGetAction(path="/index.html", port="web")),
            liveness_probe=asked(tcp_socket=v1.TCPSocketAction(port=8080), initial_delay_seconds=1),
        ),
        real.script(
            "exec sleep 1000",
            "nothing",
            readiness_probe=asked(http_get=v1.HTTPGetAction(path="/absent", port=8080)),
        ),
        real.script(
            "nc -ll -p 4000 -e true",
            "tcp",
            readiness_probe=asked(tcp_socket=v1.TCPSocketAction(port=4000)),
        ),
        real.script(
            f"{RELAY} {grpc_port}", "grpc", readiness_probe=asked(grpc=v1.GRPCAction(port=5000))
        ),
        real.script(
            "sleep 1; touch /started; exec sleep 1000",
            "slow",
            startup_probe=asked(
                exec=v1.ExecAction(command=("test", "-e", "/started")), failure_threshold=30
            ),
        ),
    )  # fmt: skip
    answering = {"http", "tcp", "grpc", "slow"}

    view = worker.run(until=lambda view: ready(view) == answering, timeout=PATIENCE)
    first = view.observed.latest("command")
    assert first is not None
    real.runtime.exec(first.id, ["touch", "/ready"], 20)
    worker.run(until=lambda view: ready(view) == {*answering, "command"}, timeout=PATIENCE)
    real.runtime.exec(first.id, ["rm", "/ready"], 20)
    view = worker.run(until=lambda view: ready(view) == answering, timeout=PATIENCE)

    assert {one.restart_count for one in view.observed.containers} == {0}
    assert EventReason.UNHEALTHY in real.told(worker)


def test_hooks_run_after_the_start_and_before_the_stop(real: RealKubelet) -> None:
    def say(word: str) -> v1.LifecycleHandler:
        return v1.LifecycleHandler(
            exec=v1.ExecAction(command=("sh", "-c", f"echo {word} >> /v/said"))
        )

    folder = real.folder / "hooks"
    source = v1.HostPathVolumeSource(path=str(folder), type="DirectoryOrCreate")
    page = v1.HTTPGetAction(path="/said", port=8080)
    worker = real.worker(
        real.script(
            "trap 'echo term >> /v/said; exit 0' TERM; while true; do sleep 0.1; done",
            lifecycle=v1.Lifecycle(post_start=say("started"), pre_stop=say("stopping")),
            volume_mounts=(AT_V,),
        ),
        real.script(
            "exec httpd -f -p 8080 -h /v",
            "asked",
            lifecycle=v1.Lifecycle(
                post_start=v1.LifecycleHandler(sleep=v1.SleepAction(seconds=1)),
                pre_stop=v1.LifecycleHandler(http_get=page),
            ),
            volume_mounts=(AT_V,),
        ),
        volumes=(v1.Volume(name="v", host_path=source),),
        policy="Always",
        termination_grace_period_seconds=2,
    )
    worker.run(until=lambda view: view.running, timeout=PATIENCE)
    assert (folder / "said").read_text() == "started\n"

    worker.stop()

    assert (folder / "said").read_text() == "started\nstopping\nterm\n"
    assert EventReason.FAILED_PRE_STOP_HOOK not in real.told(worker)


def test_a_container_whose_first_hook_fails_is_ended_and_tried_again(real: RealKubelet) -> None:
    failing = v1.LifecycleHandler(http_get=v1.HTTPGetAction(path="/", port=9))
    worker = real.worker(
        real.script("exec sleep 1000", lifecycle=v1.Lifecycle(post_start=failing)), policy="Always"
    )

    view = worker.sync()

    assert EventReason.FAILED_POST_START_HOOK in real.told(worker)
    assert [one.state.value for one in view.observed.containers] == ["exited"]
    waiting = view.status.container_statuses[0].state.waiting
    assert waiting is not None
    assert waiting.reason == "PostStartHookError"
    assert worker.sync().status.container_statuses[0].restart_count == 1
