"""HTTP as kubelet asks it, against a server on loopback that misbehaves on request."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from runtimes.core import errors
from runtimes.core.pod import v1
from runtimes.core.pod.probes import ProbeResult
from runtimes.kubelet.handlers import http
from runtimes.kubelet.probe.run import Finding, ProbeTarget, run_probe
from runtimes.kubelet.tests.builders import container

if TYPE_CHECKING:
    from collections.abc import Iterator


class Answers(BaseHTTPRequestHandler):
    seen: list[dict[str, str]] = []  # noqa: RUF012 - of the one server

    def do_GET(self) -> None:
        self.seen.append({name.lower(): value for name, value in self.headers.items()})
        kind, _, value = self.path.strip("/").partition("/")
        if kind == "drip":
            self._drip()
            return
        self.send_response(int(kind))
        if value:
            self.send_header("Location", value.replace("_", "/"))
        body = b"x" * 20_000
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(100):
            try:
                self.wfile.write(b"x")
                self.wfile.flush()
            except OSError:
                return
            time.sleep(0.1)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def probe(port: int | str, path: str, **action: object) -> Finding:
    wanted = v1.HTTPGetAction(port=port, path=path)
    checked = v1.Probe(http_get=replace(wanted, **action), timeout_seconds=1)
    named = container(ports=(v1.ContainerPort(name="web", container_port=port),))  # type: ignore[arg-type]  # a number where it counts
    return run_probe(
        checked,
        ProbeTarget(container=named, pod_ip="127.0.0.1", exec=lambda *_: pytest.fail("no command")),
    )


@pytest.mark.parametrize(
    ("status", "result"),
    [
        (200, ProbeResult.SUCCESS),
        (204, ProbeResult.SUCCESS),
        (304, ProbeResult.SUCCESS),
        (400, ProbeResult.FAILURE),
        (404, ProbeResult.FAILURE),
        (500, ProbeResult.FAILURE),
    ],
)
def test_two_and_three_hundreds_are_good(port: int, status: int, result: ProbeResult) -> None:
    assert probe(port, f"/{status}").result is result


def test_a_redirect_is_followed_on_the_same_host_only(port: int) -> None:
    good = probe(port, f"/302/http:__127.0.0.1:{port}_200")
    bad = probe(port, f"/302/http:__127.0.0.1:{port}_500")
    elsewhere = probe(port, "/302/http:__example.com_")

    assert (good.result, bad.result) == (ProbeResult.SUCCESS, ProbeResult.FAILURE)
    assert (elsewhere.result, elsewhere.warning) == (ProbeResult.SUCCESS, True)


def test_no_more_of_a_body_is_read_than_needed(port: int) -> None:
    assert len(probe(port, "/200").message) == http.BODY_LIMIT


def test_a_server_that_drips_bytes_is_given_up_in_time(port: int) -> None:
    began = time.monotonic()

    found = probe(port, "/drip")

    assert found.result is not ProbeResult.UNKNOWN
    assert time.monotonic() - began < 4.0


def test_headers_are_the_manifests_and_kubelets_otherwise(port: int) -> None:
    Answers.seen.clear()
    headers = (v1.HTTPHeader(name="Host", value="shop"), v1.HTTPHeader(name="X-A", value="1"))

    probe(port, "/200", http_headers=headers)
    probe(port, "/200", http_headers=(v1.HTTPHeader(name="User-Agent", value="mine"),))

    first, second = Answers.seen
    assert (first["host"], first["x-a"]) == ("shop", "1")
    assert first["user-agent"].startswith("kube-probe/")
    assert second["user-agent"] == "mine"


def test_nobody_there_is_a_failure_and_an_unknown_port_is_no_finding(port: int) -> None:
    closed = probe(9, "/")
    unknown = probe("nope", "/")

    assert closed.result is ProbeResult.FAILURE
    assert 'Get "http://127.0.0.1:9/"' in closed.message
    assert unknown.result is ProbeResult.UNKNOWN


def test_a_named_port_is_the_containers_own(port: int) -> None:
    named = container(ports=(v1.ContainerPort(name="web", container_port=port),))

    request = http.request_of(v1.HTTPGetAction(port="web", path="200"), named, "127.0.0.1")

    assert (request.port, request.path, request.scheme) == (port, "/200", "http")
    assert http.get(request, 5.0).status == 200


def test_what_is_not_http_is_told_as_such() -> None:
    request = http.HttpRequest(scheme="http", host="::1", port=1, path="/")

    with pytest.raises(errors.Unavailable, match=r'Get "http://\[::1\]:1/": dial tcp \[::1\]:1: '):
        http.get(request, 1.0)
