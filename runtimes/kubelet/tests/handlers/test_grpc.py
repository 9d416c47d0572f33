"""gRPC health checks, against a real server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.pod import v1
from runtimes.core.pod.probes import ProbeResult
from runtimes.kubelet.handlers import grpc as health
from runtimes.kubelet.probe.run import ProbeTarget, run_probe
from runtimes.kubelet.tests.builders import container, pod
from runtimes.kubelet.tests.handlers.health import LONG, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.kubelet.tests.bench import Bench

pytest.importorskip("grpc")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    with serving(ThreadPoolExecutor(2), "127.0.0.1:0") as port:
        yield port


@pytest.mark.parametrize(
    ("service", "result"),
    [
        ("", ProbeResult.SUCCESS),
        ("ok", ProbeResult.SUCCESS),
        (LONG, ProbeResult.SUCCESS),
        ("sick", ProbeResult.FAILURE),
    ],
)
def test_a_service_is_well_when_it_is_serving(port: int, service: str, result: ProbeResult) -> None:
    target = ProbeTarget(
        container=container(), pod_ip="127.0.0.1", exec=lambda *_: pytest.fail("no command")
    )
    probe = v1.Probe(grpc=v1.GRPCAction(port=port, service=service), timeout_seconds=5)

    assert run_probe(probe, target).result is result


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (b"", "UNKNOWN"),
        (b"\x08", "UNKNOWN"),
        (b"\x08\x02", "NOT_SERVING"),
        (b"\x08\x63", "UNKNOWN"),
    ],
)
def test_an_answer_that_says_little_is_no_good_one(answer: bytes, status: str) -> None:
    with serving(ThreadPoolExecutor(1), "127.0.0.1:0", answer) as port:
        assert health.check(f"127.0.0.1:{port}", "odd", 5.0) == status


def test_nobody_there_is_a_failure() -> None:
    with pytest.raises(errors.Unavailable, match="error: failed to connect service at"):
        health.check("127.0.0.1:9", "", 2.0)


def test_without_the_library_a_pod_that_needs_it_is_refused_with_the_remedy(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "find_spec", lambda _: None)
    probe = v1.Probe(grpc=v1.GRPCAction(port=1))

    error = bench.sync(pod(container(liveness_probe=probe))).error

    assert "pip install 'runtimes-kubelet[grpc]'" in error
    assert "RunPodSandbox" not in bench.rpcs
