"""`runtimes serve` from outside: its socket, its signals, its pages, and many clients."""

from __future__ import annotations

import json
import re
import signal
import socket
import stat
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from runtimes.core import deadline, errors
from runtimes.server.tests import pods
from runtimes.server.tests.hosting import connect, wait_until
from runtimes.server.tests.process import PROGRAM, Server

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def state_option(folder: Path) -> tuple[str, str]:
    return "--option", f"state={folder / 'state.json'}"


def test_the_socket_is_for_its_owner_and_group(serve: Callable[..., Server]) -> None:
    mode = serve().path.lstat().st_mode

    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o660


def test_a_second_server_leaves_the_first_alone(
    serve: Callable[..., Server], tmp_path: Path
) -> None:
    first = serve()
    second = serve(wait=False)

    assert second.wait() == 1
    assert f"another server (process {first.process.pid}) serves it" in second.log
    assert "Traceback" not in second.log
    with first.connect() as service:
        assert service.version().runtime_name == "fake"


def test_another_programs_live_socket_is_left_alone(
    serve: Callable[..., Server], tmp_path: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as theirs:
        theirs.bind(str(tmp_path / "cri.sock"))
        theirs.listen()
        before = (tmp_path / "cri.sock").lstat().st_ino

        server = serve(wait=False)

        assert server.wait() == 1
        assert "another program serves it" in server.log
        assert (tmp_path / "cri.sock").lstat().st_ino == before


def test_a_file_that_is_no_socket_is_left_alone(
    serve: Callable[..., Server], tmp_path: Path
) -> None:
    (tmp_path / "cri.sock").write_text("mine")

    server = serve(wait=False)

    assert server.wait() == 1
    assert "a file that isn't a socket is there" in server.log
    assert (tmp_path / "cri.sock").read_text() == "mine"


def test_the_socket_of_a_killed_server_is_replaced(
    serve: Callable[..., Server], tmp_path: Path
) -> None:
    killed = serve(*state_option(tmp_path))
    with killed.connect() as service:
        service.run_pod_sandbox(pods.pod("kept"))
    killed.send(signal.SIGKILL)
    killed.wait()
    assert killed.path.is_socket()

    with serve(*state_option(tmp_path)).connect() as service:
        assert [one.metadata.name for one in service.list_pod_sandbox()] == ["kept"]


def test_a_client_stays_connected_over_a_restart(serve: Callable[..., Server]) -> None:
    first = serve()
    with first.connect() as service:
        service.version()
        first.send(signal.SIGTERM)
        assert first.wait() == 0
        serve()

        wait_until(lambda: _answers(service.version), "it answers again")


def _answers(call: Callable[[], object]) -> bool:
    try:
        call()
    except errors.Unavailable:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_streams_and_leaves_containers_running(
    serve: Callable[..., Server], tmp_path: Path, number: signal.Signals
) -> None:
    server = serve(*state_option(tmp_path), "--metrics", "127.0.0.1:0")
    ended: list[errors.Error] = []
    with server.connect() as service:
        running = pods.run_stubborn(service)

        def listen() -> None:
            try:
                list(service.get_container_events())
            except errors.Unavailable as error:
                ended.append(error)

        reader = threading.Thread(target=listen)
        reader.start()
        wait_until(lambda: _streams(server) == 1, "the stream is open")

        server.send(number)

        assert server.wait() == 0
        reader.join(10)
    assert [str(one) for one in ended if "the server stops" in str(one)]
    assert not server.path.exists()
    assert "stopped" in server.log
    with serve(*state_option(tmp_path)).connect() as service:
        (found,) = service.list_containers()
        assert found.id == running
        assert service.container_status(running).status.finished_at == 0


def _streams(server: Server) -> float:
    return _gauge(server, "runtimes_server_event_streams")


def _gauge(server: Server, name: str) -> float:
    found = re.search(rf"^{re.escape(name)} (\S+)$", server.get("/metrics")[1], re.MULTILINE)
    assert found is not None
    return float(found[1])


def test_a_call_under_way_finishes_before_the_server_stops(serve: Callable[..., Server]) -> None:
    server = serve("--metrics", "127.0.0.1:0")
    with server.connect() as service, ThreadPoolExecutor(1) as caller:
        running = pods.run_stubborn(service)
        stopping = caller.submit(service.stop_container, running, 2)
        wait_until(lambda: _acting(server) == 1, "the call is under way")

        server.send(signal.SIGTERM)

        stopping.result(20)
        assert server.wait() == 0


def _acting(server: Server) -> float:
    return _gauge(server, 'runtimes_server_busy_threads{lane="act"}')


def test_a_call_that_outlasts_the_grace_is_given_up(serve: Callable[..., Server]) -> None:
    server = serve("--metrics", "127.0.0.1:0", "--grace", "0.2")
    with server.connect() as service, ThreadPoolExecutor(1) as caller:
        running = pods.run_stubborn(service)
        stopping = caller.submit(service.stop_container, running, 60)
        wait_until(lambda: _acting(server) == 1, "the call is under way")
        before = time.monotonic()

        server.send(signal.SIGTERM)

        assert server.wait() == 0
        assert time.monotonic() - before < 10
        with pytest.raises((errors.Unavailable, errors.Canceled)):
            stopping.result(10)
    assert "traceback" not in server.log.lower()


def test_a_second_signal_ends_it_at_once(serve: Callable[..., Server]) -> None:
    server = serve("--metrics", "127.0.0.1:0", "--grace", "60")
    with server.connect() as service, ThreadPoolExecutor(1) as caller:
        running = pods.run_stubborn(service)
        stopping = caller.submit(service.stop_container, running, 60)
        wait_until(lambda: _acting(server) == 1, "the call is under way")

        server.send(signal.SIGTERM)
        wait_until(lambda: "stopping" in server.log, "the first signal is heard")
        server.send(signal.SIGTERM)

        assert server.wait() == 128 + signal.SIGTERM
        with pytest.raises(errors.Unavailable):
            stopping.result(10)
    assert not server.path.exists()


def test_a_deadline_frees_the_backends_thread(serve: Callable[..., Server]) -> None:
    server = serve("--metrics", "127.0.0.1:0")
    with server.connect() as service:
        running = pods.run_stubborn(service)
        before = time.monotonic()
        with pytest.raises(errors.DeadlineExceeded), deadline.within(0.5):
            service.stop_container(running, 60)

        assert time.monotonic() - before < 5
        wait_until(lambda: _acting(server) == 0, "the thread is free")
        assert _answered(server, "StopContainer", "DEADLINE_EXCEEDED") == 1
        assert "traceback" not in server.log.lower()


def test_a_client_that_is_gone_frees_the_backends_thread(serve: Callable[..., Server]) -> None:
    server = serve("--metrics", "127.0.0.1:0")
    with server.connect() as service, ThreadPoolExecutor(1) as caller:
        running = pods.run_stubborn(service)
        stopping = caller.submit(service.stop_container, running, 60)
        wait_until(lambda: _acting(server) == 1, "the call is under way")

        service.close()

        wait_until(lambda: _acting(server) == 0, "the thread is free")
        assert _answered(server, "StopContainer", "CANCELLED") == 1
        assert stopping.exception(10) is not None
        assert "traceback" not in server.log.lower()


def _answered(server: Server, rpc: str, code: str) -> float:
    labels = f'package="runtime.v1",rpc="{rpc}",code="{code}"'
    return _gauge(server, f"runtimes_server_requests_total{{{labels}}}")


def test_health_and_metrics_are_pages(serve: Callable[..., Server]) -> None:
    server = serve("--metrics", "127.0.0.1:0")
    with server.connect(api="v1") as service:
        service.list_images()
        with pytest.raises(errors.NotFound):
            service.container_status("none")

    assert server.get("/healthz") == (200, "ok\n")
    assert server.get("/other")[0] == 404
    text = server.get("/metrics")[1]
    for rpc, code in (("ListImages", "OK"), ("ContainerStatus", "NOT_FOUND")):
        labels = f'package="runtime.v1",rpc="{rpc}",code="{code}"'
        assert f"runtimes_server_requests_total{{{labels}}} 1\n" in text
        assert f'runtimes_server_request_seconds_count{{rpc="{rpc}"}} 1\n' in text
    assert 'runtimes_server_request_seconds_bucket{rpc="ListImages",le="+Inf"} 1\n' in text


def test_the_log_as_json_is_one_object_a_line(serve: Callable[..., Server]) -> None:
    server = serve("--log-format", "json", "--debug")
    with server.connect() as service, pytest.raises(errors.NotFound):
        service.container_status("none")
    server.send(signal.SIGTERM)
    server.wait()

    lines = [json.loads(line) for line in server.log.splitlines()]

    assert all(line["time"].endswith("Z") for line in lines)
    (refused,) = [line for line in lines if line.get("code") == "NOT_FOUND"]
    assert refused["rpc"] == "/runtime.v1.RuntimeService/ContainerStatus"
    assert refused["level"] == "info"
    assert any("serving backend=fake" in line["message"] for line in lines)


def test_systemd_hears_of_start_and_stop(serve: Callable[..., Server], tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
        systemd.bind(str(tmp_path / "notify"))
        systemd.settimeout(20)
        server = Server(tmp_path)
        server.environ["NOTIFY_SOCKET"] = str(tmp_path / "notify")
        server.start()
        try:
            ready = systemd.recv(1024).decode()
            assert server.path.is_socket()
            server.send(signal.SIGTERM)
            stopping = systemd.recv(1024).decode()
            assert server.wait() == 0
        finally:
            server.end()

    assert ready == "READY=1\nSTATUS=Serving backend fake"
    assert stopping == "STOPPING=1"


def activated(server: Server, passed: socket.socket, count: int = 1) -> subprocess.Popen[bytes]:
    """Start a server as systemd does: with an open socket as descriptor 3."""
    script = f'LISTEN_FDS={count} LISTEN_PID=$$ exec "$@" 3<&{passed.fileno()}'
    command = ["bash", "-c", script, "bash", *PROGRAM, "serve", "-b", "fake"]
    with server.log_path.open("wb") as log:
        return subprocess.Popen(
            command, stdout=log, stderr=log, env=server.environ, pass_fds=[passed.fileno()]
        )


def test_a_socket_of_systemd_is_served_also_to_who_came_before(tmp_path: Path) -> None:
    server = Server(tmp_path)
    with socket.socket(socket.AF_UNIX) as passed, socket.socket(socket.AF_UNIX) as early:
        passed.bind(str(server.path))
        passed.listen()
        early.settimeout(30)
        early.connect(str(server.path))
        early.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(3) + b"\x04" + bytes(5))
        process = activated(server, passed)
        try:
            assert early.recv(9)[3] == 4  # a SETTINGS frame: gRPC's answer
            with connect(server.path) as client:
                assert client.version().runtime_name == "fake"
        finally:
            process.send_signal(signal.SIGTERM)
            code = process.wait(20)

    assert code == 0, server.log
    assert server.path.is_socket()  # it is systemd's
    assert not list(tmp_path.glob(".*.grpc"))


@pytest.mark.parametrize(
    ("count", "listens", "message"),
    [(2, True, "2 sockets were passed, one is served"), (1, False, "nobody listens on it")],
)
def test_sockets_that_cannot_be_served_are_refused_in_words(
    count: int, listens: bool, message: str, tmp_path: Path
) -> None:
    server = Server(tmp_path)
    with socket.socket(socket.AF_UNIX) as passed:
        passed.bind(str(server.path))
        if listens:
            passed.listen()
        code = activated(server, passed, count).wait(30)

    assert code == 1
    assert message in server.log


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--listen", "tcp://127.0.0.1:1"), "expected a socket's absolute path"),
        (("--listen", f"unix:///{'x' * 120}"), "too long for a socket"),
        (("--listen", "relative.sock"), "expected a socket's absolute path"),
        (("--metrics", "9180"), "expected an address and a port"),
        (("--option", "nonsense=1"), "there is no such option"),
        (("-b", "nonsense"), "isn't installed"),
    ],
)
def test_what_cannot_be_served_is_said_in_one_line(
    serve: Callable[..., Server], words: tuple[str, ...], message: str
) -> None:
    server = serve(*words, wait=False)

    assert server.wait() == 1
    assert message in server.log
    assert "Traceback" not in server.log
    assert not server.path.exists()


def test_options_may_stand_before_the_commands_name(tmp_path: Path) -> None:
    server = Server(tmp_path)
    arguments = [
        "-b",
        "fake",
        *state_option(tmp_path),
        "serve",
        "--listen",
        f"unix://{server.path}",
    ]
    server.arguments = lambda: arguments  # type: ignore[method-assign]  # another order
    server.start()
    try:
        server.wait_until_it_serves()
        with server.connect() as service:
            service.run_pod_sandbox(pods.pod("p"))
    finally:
        server.end()

    assert (tmp_path / "state.json").exists()
