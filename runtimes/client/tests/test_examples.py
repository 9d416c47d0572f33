"""The scripts in examples/ do what they say."""

from __future__ import annotations

import re
import runpy
import socket
import sys
import threading
from pathlib import Path

import pytest

from runtimes.client.tests.host_process import HostBackend
from runtimes.contract.fake.backend import FakeBackend

_EXAMPLES = Path(__file__).parents[3] / "examples"
_OUTPUT = {
    "run_image.py": ("busybox:1", "sh", "-c", "echo $GREETING there; exit 3"),
    "pod_lifecycle.py": ("busybox:1",),
    "follow_logs.py": ("busybox:1",),
    "streams.py": ("busybox:1",),
}


@pytest.fixture(autouse=True)
def _fake_backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RUNTIMES_BACKEND", "fake")
    monkeypatch.setenv("RUNTIMES_KUBELET_ROOT", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))


def _run(name: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(sys, "argv", [name, *_OUTPUT[name]])
    try:
        runpy.run_path(str(_EXAMPLES / name), run_name="__main__")
    except SystemExit as end:
        return int(end.code or 0)
    return 0


def test_every_script_is_tried() -> None:
    assert {path.name for path in _EXAMPLES.glob("*.py")} == _OUTPUT.keys()


def test_an_image_is_run(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert _run("run_image.py", monkeypatch) == 3

    assert capfd.readouterr().out == "hello there\n"


def test_a_pod_lives(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> None:
    assert _run("pod_lifecycle.py", monkeypatch) == 0

    assert capfd.readouterr().out.splitlines() == [
        "backend: fake - RUNTIMES_BACKEND=fake",
        "phase: Running",
        "container: web running",
        "exec: 0 hello from inside",
        "log: serving",
        "stopped: 137",
    ]


def test_logs_are_followed(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert _run("follow_logs.py", monkeypatch) == 0

    assert capfd.readouterr().out == "busybox: line 1\nbusybox: line 2\nbusybox: line 3\n"


def test_streams_are_used(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(FakeBackend, "open", HostBackend.open)
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_welcome, args=(server,), daemon=True).start()
        arguments = (*_OUTPUT["streams.py"], str(server.getsockname()[1]))
        monkeypatch.setitem(_OUTPUT, "streams.py", arguments)
        assert _run("streams.py", monkeypatch) == 0

    assert capfd.readouterr().out == "words: 2\ncopied: ['passwd']\nport: welcome\n"


def _welcome(server: socket.socket) -> None:
    connection, _ = server.accept()
    with connection:
        connection.sendall(b"welcome\n")


def test_the_readmes_code_runs(capfd: pytest.CaptureFixture[str]) -> None:
    readme = Path(__file__).parents[1] / "README.md"

    for code in re.findall(r"^```python\n(.*?)^```$", readme.read_text(), re.MULTILINE | re.DOTALL):
        exec(compile(code, str(readme), "exec"), {})

    assert capfd.readouterr().out == "3\nbusybox b'hello\\n'\n"
