"""The API as clients see it."""

from __future__ import annotations

import socket
import threading
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from runtimes.core import errors
from runtimes.core.pod.status import ImageStats
from runtimes.kubelet.api.request import is_own, parse_address
from runtimes.kubelet.api.summary import disks
from runtimes.kubelet.events import Event, EventReason
from runtimes.kubelet.tests.api.conftest import until
from runtimes.kubelet.tests.bench import script
from runtimes.kubelet.tests.builders import pod

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.core.pod.status import PodStatus
    from runtimes.kubelet.tests.api.conftest import Api

FOREVER = "echo one; echo two; sleep 100000"


def test_pods_are_a_list_with_statuses(api: Api) -> None:
    assert api.ask("/pods").json == {
        "kind": "PodList",
        "apiVersion": "v1",
        "metadata": {},
        "items": [],
    }
    api.run(pod(script(FOREVER)))

    until(lambda: api.ask("/pods").json["items"])
    (found,) = api.ask("/pods").json["items"]

    assert found["metadata"]["name"] == "web"
    assert found["status"]["phase"] == "Running"
    assert "running" in found["status"]["containerStatuses"][0]["state"]


def test_a_pod_that_cannot_be_looked_at_is_unknown_and_hides_no_other(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    api.run(pod(script(FOREVER)))
    bad = pod(script(FOREVER))
    bad = api.run(replace(bad, metadata=replace(bad.metadata, name="bad")))
    look = api.bench.runtime.get_pod_status

    def broken(uid: str, name: str, namespace: str) -> PodStatus:
        if name == "bad":
            raise errors.Internal("half a record")
        return look(uid, name, namespace)

    monkeypatch.setattr(api.bench.runtime, "get_pod_status", broken)

    until(lambda: len(api.ask("/pods").json["items"]) == 2)
    until(lambda: api.ask("/pods").json["items"][0]["status"]["phase"] == "Unknown")
    assert api.ask("/pods").json["items"][1]["status"]["phase"] == "Running"
    assert 'runtimes_pods{phase="Unknown"} 1' in api.ask("/metrics").text


def test_the_image_file_system_is_where_images_are(tmp_path: Path) -> None:
    def found(mountpoint: str) -> Any:  # noqa: ANN401 - JSON
        images = ImageStats(mountpoint=mountpoint, used_bytes=7, inodes_used=1)
        return disks(tmp_path, [images])["runtime"]

    assert found("/proc")["imageFs"]["capacityBytes"] == 0
    assert found("/proc")["imageFs"]["usedBytes"] == 7
    assert found("/not/on/this/host")["imageFs"]["capacityBytes"] > 0
    assert found("")["imageFs"]["capacityBytes"] > 0


def test_logs_are_chosen_as_kubelet_does(api: Api) -> None:
    api.run(pod(script(FOREVER)))
    log = "/containerLogs/default/web/app"
    until(lambda: api.ask(log).text == "one\ntwo\n")

    assert api.ask(f"{log}?tailLines=1").text == "two\n"
    assert api.ask(f"{log}?limitBytes=5").text == "one\nt"
    assert api.ask(f"{log}?timestamps=true").text.split("\n")[0].endswith("Z one")
    assert api.ask(f"{log}?sinceTime=2100-01-01T00:00:00Z").text == ""
    assert api.ask(f"{log}?sinceSeconds=3600&tailLines=1").text == "two\n"


@pytest.mark.parametrize(
    ("path", "status", "words"),
    [
        ("web/app?tailLines=-1", 400, "tailLines is a number from 0"),
        ("web/app?tailLines=1&color=red", 400, "there is no color"),
        ("web/app?sinceSeconds=1&sinceTime=2100-01-01T00:00:00Z", 400, "not both"),
        ("web/app?sinceTime=yesterday", 400, "is no time"),
        ("web/app?follow=perhaps", 400, "follow is true or false"),
        ("web/app?previous=true", 400, "has no previous attempt"),
        ("web/other", 404, "has no container 'other'"),
        ("nobody/app", 404, "pod default/nobody: there is none"),
        ("web", 404, "no such page"),
    ],
)
def test_what_logs_there_are_not_is_said(api: Api, path: str, status: int, words: str) -> None:
    api.run(pod(script(FOREVER)))
    until(lambda: api.ask("/pods").json["items"])

    answer = api.ask(f"/containerLogs/default/{path}")

    assert answer.status == status
    assert words in answer.text


def test_a_followed_log_goes_on_to_the_containers_end(api: Api) -> None:
    made = api.run(pod(script("echo begun; sleep 100000"), policy="Never"))
    until(lambda: api.ask("/pods").json["items"])
    connection = api.connect()
    connection.request("GET", "/containerLogs/default/web/app?follow=true")
    answer = connection.getresponse()
    assert answer.read(6) == b"begun\n"

    api.bench.runtime.kill_pod(made, api.bench.running(made), 0)

    assert answer.read() == b""
    connection.close()


def test_who_hangs_up_costs_nothing_more(api: Api) -> None:
    api.run(pod(script(FOREVER)))
    until(lambda: api.ask("/pods").json["items"])
    before = {thread.name for thread in threading.enumerate()}
    for _ in range(12):  # more than there are threads: each of them would be stuck
        connection = api.connect()
        connection.request("GET", "/containerLogs/default/web/app?follow=true")
        assert connection.getresponse().read(4) == b"one\n"
        connection.close()

    assert api.ask("/healthz").text == "ok\n"
    assert {thread.name for thread in threading.enumerate()} - before <= {
        f"api_{number}" for number in range(4)
    }


def test_many_followers_leave_room_for_others(api: Api) -> None:
    api.run(pod(script(FOREVER)))
    until(lambda: api.ask("/pods").json["items"])
    followers = [api.connect() for _ in range(20)]
    for connection in followers:
        connection.request("GET", "/containerLogs/default/web/app?follow=true")
    answers = [connection.getresponse() for connection in followers]

    assert [answer.read(8) for answer in answers] == [b"one\ntwo\n"] * 20
    assert api.ask("/pods").status == 200
    for connection in followers:
        connection.close()


def test_use_is_told_in_kubelets_shape(api: Api) -> None:
    made = api.run(pod(script(FOREVER)))
    until(lambda: api.ask("/stats/summary").json["pods"])

    summary = api.ask("/stats/summary").json

    (found,) = summary["pods"]
    assert found["podRef"] == {"name": "web", "namespace": "default", "uid": made.metadata.uid}
    assert found["containers"][0]["name"] == "app"
    assert found["memory"]["workingSetBytes"] == sum(
        one["memory"]["workingSetBytes"] for one in found["containers"]
    )
    network = found["network"]
    assert network["interfaces"] == [{key: network[key] for key in network["interfaces"][0]}]
    assert network["rxBytes"] >= 0
    node = summary["node"]
    assert node["nodeName"] == api.bench.config.node_name
    assert node["memory"]["availableBytes"] > 0
    assert node["fs"]["capacityBytes"] > node["fs"]["usedBytes"] > 0
    assert node["rlimit"]["maxpid"] > node["rlimit"]["curproc"] > 0
    assert node["startTime"] < found["containers"][0]["startTime"] <= node["fs"]["time"]


def test_use_is_told_though_networks_cannot_be_counted_now(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise errors.Internal("list pod sandbox stats: one of them isn't ready")

    api.run(pod(script(FOREVER)))
    until(lambda: api.ask("/stats/summary").json["pods"])
    monkeypatch.setattr(api.bench.service, "list_pod_sandbox_stats", refuse)

    (found,) = api.ask("/stats/summary").json["pods"]

    assert found["containers"]
    assert "network" not in found


def test_metrics_have_kubelets_names(api: Api) -> None:
    api.run(pod(script(FOREVER)))
    until(lambda: api.ask("/pods").json["items"])
    api.counts(Event(pod_uid="x", reason=EventReason.STARTED, message=""))
    api.counts(Event(pod_uid="x", reason=EventReason.UNHEALTHY, message="", warning=True))

    answer = api.ask("/metrics")
    lines = answer.text.splitlines()

    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    for line in (
        "kubelet_running_pods 1",
        'kubelet_running_containers{container_state="running"} 1',
        "kubelet_started_containers_total 1",
        'runtimes_events_total{reason="Unhealthy",type="Warning"} 1',
        'runtimes_pods{phase="Running"} 1',
        "# TYPE process_cpu_seconds_total counter",
    ):
        assert line in lines
    until(lambda: "pod_memory_working_set_bytes{" in api.ask("/metrics/resource").text)


def test_events_of_one_pod_are_a_list(api: Api) -> None:
    made = api.run(pod(script(FOREVER)))
    uid = made.metadata.uid
    api.bench.store.journal.record(Event(pod_uid=uid, reason=EventReason.KILLING, message="bye"))

    (event,) = api.ask("/events?pod=web&namespace=default").json["items"]

    assert (event["reason"], event["involvedObject"]["uid"]) == ("Killing", uid)
    assert api.ask("/events?pod=other").json["items"] == []


def test_health_is_the_agents(api: Api) -> None:
    assert [api.ask(f"/{path}").text for path in ("healthz", "livez", "readyz")] == ["ok\n"] * 3
    api.stalled = "pods were last listed 200s ago"

    answer = api.ask("/healthz")

    assert (answer.status, answer.text) == (500, "pods were last listed 200s ago\n")
    assert api.ask("/readyz").status == 500


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_nothing_but_reading_is_answered(api: Api, method: str) -> None:
    answer = api.ask("/pods", method)

    assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_a_slash_at_the_end_makes_no_other_page(api: Api) -> None:
    assert api.ask("/pods/").json["kind"] == "PodList"
    assert api.ask("/pods//").status == 404


def test_a_head_request_has_no_body(api: Api) -> None:
    answer = api.ask("/pods", "HEAD")

    assert (answer.status, answer.text) == (200, "")
    assert int(answer.headers["Content-Length"]) > 0


def test_a_head_request_of_a_log_that_goes_on_ends_at_once(api: Api) -> None:
    api.run(pod(script(FOREVER)))
    until(lambda: api.ask("/pods").json["items"])

    answer = api.ask("/containerLogs/default/web/app?follow=true", "HEAD")

    assert (answer.status, answer.text) == (200, "")


@pytest.mark.parametrize(
    ("host", "own"),
    [
        ("localhost", True),
        ("localhost:10255", True),
        ("127.0.0.1:10255", True),
        ("[::1]:10255", True),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("127.0.0.1.evil.example", False),
        ("[::1", False),
        ("", False),
    ],
)
def test_only_names_that_no_name_server_makes_up_are_our_own(host: str, own: bool) -> None:
    assert is_own(host) is own


def test_a_page_from_elsewhere_cannot_read_through_a_browser(api: Api) -> None:
    answer = api.ask("/pods", host="rebound.example")

    assert answer.status == 403
    headers = api.ask("/pods").headers
    assert "Access-Control-Allow-Origin" not in headers
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'; script-src 'self'")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GARBAGE\r\n\r\n", b"400"),
        (b"GET * HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
        (b"GET /pods HTTP/1.1\r\n\r\n", b"403"),
        (b"GET /pods HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n", b"403"),
        (b"GET /" + b"x" * 20000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", b"400"),
        (
            b"GET /stats/history?since=" + b"9" * 5000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
            b"400",
        ),
        (b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", b"404"),
        (b"GET /%2e%2e/page.js HTTP/1.1\r\nHost: localhost\r\n\r\n", b"404"),
    ],
)
def test_hostile_requests_are_refused(api: Api, sent: bytes, status: bytes) -> None:
    host, port = api.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as connection:
        connection.sendall(sent)
        assert connection.recv(4096).split(b" ")[1] == status


@pytest.mark.parametrize(
    "text", ["10255", "0.0.0.0:10255", "192.0.2.1:1", "host:1", "[::]:1", "[::1]:²"]
)
def test_it_listens_on_loopback_only(text: str) -> None:
    with pytest.raises(errors.InvalidArgument):
        parse_address(text)


def test_loopback_has_several_names() -> None:
    assert parse_address("127.0.0.1:10255") == ("127.0.0.1", 10255)
    assert parse_address("[::1]:1") == ("::1", 1)
    assert parse_address("localhost:0") == ("localhost", 0)


def test_a_taken_address_is_told(api: Api) -> None:
    import asyncio

    from runtimes.kubelet.api.server import Server

    port = int(api.url.rpartition(":")[2])
    server = Server(lambda _request: pytest.fail("nobody asks"))

    async def listen() -> None:
        try:
            await server.listen("127.0.0.1", port)
        finally:
            await server.close()

    with pytest.raises(errors.Unavailable, match="choose another address"):
        asyncio.run(listen())
