"""exec, attach, port-forward and cp with streams: of this host's processes, through real ttys."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

import pytest

from runtimes.cli.commands.cp import Place, read_place
from runtimes.cli.detach import Detached, DetachKeys
from runtimes.cli.terminal import signalled
from runtimes.cli.tests.typist import Typist
from runtimes.client.tests.host_process import HostBackend
from runtimes.contract.fake.backend import FakeBackend

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.cli.tests.command_line import Cli

COMMAND = [sys.executable, "-m", "runtimes.cli.tests.on_host"]
_POD = """
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - {name: first, image: "busybox:1", command: [sleep, "600"]}
  - {name: talker, image: "busybox:1", command: [sleep, "600"], stdin: true, tty: true}
"""


@pytest.fixture
def web(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> Cli:
    monkeypatch.setattr(FakeBackend, "open", HostBackend.open)
    cli.ok("apply", cli.manifest(_POD))
    return cli


def _pipe(*words: str, data: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    command = [*COMMAND, *words]
    return subprocess.run(command, input=data, capture_output=True, check=False, timeout=50)


def test_output_code_and_both_streams_pass(web: Cli) -> None:
    result = web("exec", "web", "--", "sh", "-c", "echo out; echo err >&2; exit 3")

    assert (result.code, result.out, result.err) == (3, "out\n", "err\n")


def test_binary_data_pass_both_ways(web: Cli) -> None:
    data = os.urandom(3_000_000)

    done = _pipe("exec", "-i", "web", "--", "cat", data=data)

    assert (done.returncode, done.stdout == data, done.stderr) == (0, True, b"")


def test_the_end_of_the_input_reaches_the_program_and_its_answer_comes(web: Cli) -> None:
    done = _pipe("exec", "-i", "web", "--", "sh", "-c", "wc -c; exit 4", data=b"12345")

    assert (done.returncode, done.stdout.strip()) == (4, b"5")


def test_stdin_stays_here_without_i(web: Cli) -> None:
    assert _pipe("exec", "web", "--", "cat", data=b"secret").stdout == b""


@pytest.mark.parametrize(
    "words",
    [
        ["web", "-c", "talker", "echo", "-n", "x"],
        ["web", "-c", "talker", "--", "echo", "-n", "x"],
        ["-c", "talker", "web", "--", "echo", "-n", "x"],
        ["web", "-ic", "talker", "echo", "-n", "x"],
        ["web", "--container=talker", "echo", "-n", "x"],
        ["web", "echo", "-n", "x"],
        ["--", "web", "echo", "-n", "x"],
    ],
)
def test_options_may_follow_the_pod_but_not_the_program(web: Cli, words: list[str]) -> None:
    assert web.ok("exec", *words).out == "x"


def test_a_container_named_after_the_pod_is_the_one(web: Cli) -> None:
    assert "'nobody'" in web("exec", "web", "-c", "nobody", "true").err


def test_a_missing_program_is_127(web: Cli) -> None:
    assert web("exec", "web", "--", "no-such-program").code == 127


def test_a_timeout_is_for_plain_commands(web: Cli) -> None:
    assert web("exec", "-i", "--timeout", "3", "web", "--", "cat").code == 125


def test_a_closed_pipe_ends_it_quietly(web: Cli) -> None:
    words = " ".join([*COMMAND, "exec", "web", "--", "yes"])
    done = subprocess.run(
        ["bash", "-c", f"{words} | head -n 1; echo ${{PIPESTATUS[0]}}"],
        capture_output=True,
        check=False,
        text=True,
        timeout=50,
    )

    assert (done.stdout, done.stderr) == ("y\n141\n", "")


def test_a_shell_on_a_terminal_has_its_keys_size_and_code(web: Cli) -> None:
    with Typist([*COMMAND, "exec", "-it", "web", "--", "sh"], (91, 31)) as typist:
        typist.type(b"stty size\n")
        typist.see(b"31 91")
        typist.resize(70, 20)
        typist.type(b"sh -c 'echo up; exec sleep 600'\n")
        typist.see(b"up\r\n")
        typist.type(b"\x03")
        typist.type(b"stty size\n")
        typist.see(b"20 70")
        typist.type(b"exit 7\n")

        assert typist.leave() == 7
        assert typist.restored


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129), (signal.SIGQUIT, 131)]
)
def test_the_terminal_is_given_back_when_a_signal_ends_it(
    web: Cli, number: signal.Signals, code: int
) -> None:
    with Typist([*COMMAND, "exec", "-it", "web", "--", "sh", "-c", "echo up; sleep 600"]) as typist:
        typist.see(b"up")
        assert not typist.restored
        typist.process.send_signal(number)

        assert typist.leave() == code
        assert typist.restored


def test_a_signal_that_came_before_the_wait_is_heard() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGUSR1, lambda number, _: heard.append(number))
    try:
        with signalled() as (fd, drain):
            signal.raise_signal(signal.SIGUSR1)

            assert select.select([fd], [], [], 0)[0]
            drain()
            assert not select.select([fd], [], [], 0)[0]
    finally:
        signal.signal(signal.SIGUSR1, before)
    assert heard == [signal.SIGUSR1]


def test_a_pipe_is_no_terminal_and_its_end_reaches_the_program(web: Cli) -> None:
    done = _pipe("exec", "-it", "web", "--", "sh", "-c", "tty; cat", data=b"typed")

    assert done.stdout == b"not a tty\ntyped"
    assert b"stdin is no terminal, so the container gets none" in done.stderr


def test_a_terminal_without_an_input_is_left_alone(web: Cli) -> None:
    with Typist([*COMMAND, "exec", "-t", "web", "--", "sh", "-c", "tty; sleep 600"]) as typist:
        typist.see(b"/dev/pts/")
        assert typist.restored
        typist.type(b"\x03")

        assert typist.leave() == 130


def test_attach_shows_output_and_ctrl_p_ctrl_q_leaves(web: Cli) -> None:
    with Typist([*COMMAND, "attach", "-it", "web", "-c", "talker"]) as typist:
        typist.type(b"hello\r")
        typist.see(b"hello\r\nhello\r\n")
        typist.type(b"\x10\x11")

        assert typist.leave() == 0
        assert typist.restored
        assert b"left container 'talker'; it goes on" in typist.shown


def test_attach_says_that_a_container_takes_no_input(web: Cli) -> None:
    done = _pipe("attach", "-i", "web", data=b"x")

    assert b"has no stdin" in done.stderr


def test_detach_keys_are_found_across_chunks_and_pass_alone() -> None:
    keys = DetachKeys()

    assert keys(b"ab\x10") == b"ab"
    assert keys(b"c") == b"\x10c"
    assert keys(b"\x10\x10") == b"\x10"
    with pytest.raises(Detached):
        keys(b"\x11")


def test_files_go_in_and_come_out(web: Cli, tmp_path: Path) -> None:
    (tmp_path / "script").write_bytes(b"\x00\xff")
    (tmp_path / "script").chmod(0o751)

    web.ok("cp", str(tmp_path / "script"), f"web:{tmp_path}/there")
    web.ok("cp", f"default/web:{tmp_path}/there", str(tmp_path / "back"), "-c", "talker")

    assert (tmp_path / "back").read_bytes() == b"\x00\xff"
    assert (tmp_path / "back").stat().st_mode & 0o777 == 0o751


def test_a_copy_tells_what_it_left_out(web: Cli, tmp_path: Path) -> None:
    (tmp_path / "from").mkdir()
    (tmp_path / "from" / "out").symlink_to("/etc/passwd")

    result = web.ok("cp", f"web:{tmp_path}/from", str(tmp_path / "to"))

    assert "left out './from/out'" in result.err
    assert list((tmp_path / "to").iterdir()) == []


@pytest.mark.parametrize("words", [["a", "b"], ["a:/x", "b:/y"], ["a:", "b"]])
def test_a_copy_is_between_a_pod_and_this_host(web: Cli, words: list[str]) -> None:
    assert web("cp", *words).code == 2


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("web:/x", Place("web", "/x")),
        ("ns/web:/x", Place("ns/web", "/x")),
        ("web:x:y", Place("web", "x:y")),
        ("./web:x", Place("", "./web:x")),
        ("/a:b", Place("", "/a:b")),
        ("plain", Place("", "plain")),
    ],
)
def test_places_are_read(text: str, place: Place) -> None:
    assert read_place(text) == place


def test_a_forwarded_port_works_until_ctrl_c(web: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_greet, args=(server,), daemon=True).start()
        port = server.getsockname()[1]
        with Typist([*COMMAND, "port-forward", "web", f":{port}"]) as typist:
            typist.see(b"Forwarding 127.0.0.1:")
            local = int(typist.see(b" -> ").split()[0])
            typist.see(b"Forwarding [::1]:")
            with socket.create_connection(("::1", local), 10) as connection:
                assert connection.recv(10) == b"hello"
            typist.see(b"Handling connection")
            typist.type(b"\x03")

            assert typist.leave() == 0


def _greet(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.sendall(b"hello")


def test_a_port_that_is_none_is_refused(web: Cli) -> None:
    assert "expected PORT" in web("port-forward", "web", "http").err


def test_top_shows_containers_and_q_gives_the_terminal_back(web: Cli) -> None:
    with Typist([*COMMAND, "top", "--interval", "0.1"]) as typist:
        typist.see(b"talker")
        typist.type(b"m")
        typist.type(b"q")

        assert typist.leave() == 0
        assert typist.restored


def test_top_without_a_terminal_prints_once(web: Cli) -> None:
    names = {row[1] for row in web.ok("top", "--interval", "0.1").rows}

    assert names == {"first", "talker"}


def test_stats_go_on_until_ctrl_c(web: Cli) -> None:
    with Typist([*COMMAND, "stats", "--watch", "--interval", "0.1"]) as typist:
        typist.see(b"talker")
        typist.see(b"talker")
        typist.type(b"\x03")

        assert typist.leave() == 130
