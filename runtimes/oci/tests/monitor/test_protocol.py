"""The protocol that conmon and the Python monitor share, asked of both without a real runtime."""

from __future__ import annotations

import os
import sys
import time
from typing import TYPE_CHECKING

import pytest

from runtimes.core import deadline, errors
from runtimes.oci.host.facts import host_facts
from runtimes.oci.monitor.choose import choose
from runtimes.oci.monitor.monitor import Created, CreateRequest, Monitor, arguments
from runtimes.oci.runtime.refusal import refusal
from runtimes.oci.state import exit_file, stragglers
from runtimes.oci.tests.pods import need, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FAKE_RUNTIME = f"""#!{sys.executable} -IS
import os, sys, time
words = sys.argv[1:]
bundle = words[words.index("--bundle") + 1]
with open(bundle + "/argv", "w") as file:
    file.write("\\n".join(words))
script = open(bundle + "/script").read()
if script.startswith("refuse "):
    sys.stderr.write(script.removeprefix("refuse "))
    sys.exit(1)
if script == "hang":
    time.sleep(1000)
child = os.fork()
if child == 0:
    os.setsid()
    while not os.path.exists(bundle + "/go"):
        time.sleep(0.002)
    os.execv("/bin/sh", ["sh", "-c", script])
with open(words[words.index("--pid-file") + 1], "w") as file:
    file.write(str(child))
"""


@pytest.fixture(params=["conmon", "python"])
def monitor(request: pytest.FixtureRequest) -> Monitor:
    need(request.param == "python" or host_facts().conmon, "conmon")
    return choose(request.param, host_facts())


@pytest.fixture
def request_for(tmp_path: Path) -> Iterator[Callable[..., CreateRequest]]:
    """Prepare a bundle whose "container" is a shell script."""
    runtime = tmp_path / "runtime"
    runtime.write_text(FAKE_RUNTIME)
    runtime.chmod(0o755)
    (tmp_path / "exits").mkdir()
    (tmp_path / "bundle").mkdir()
    container = f"fake{os.getpid()}x{time.monotonic_ns()}"

    def prepare(script: str, **more: object) -> CreateRequest:
        (tmp_path / "bundle/script").write_text(script)
        fields: dict[str, object] = {
            "container_id": container,
            "bundle": tmp_path / "bundle",
            "runtime": (str(runtime), "--root", "/some where"),
            "exit_dir": tmp_path / "exits",
            "log_path": str(tmp_path / "log"),
        }
        return CreateRequest(**{**fields, **more})  # type: ignore[arg-type]  # fields by name

    yield prepare
    stragglers.kill(container)


def _create(monitor: Monitor, request: CreateRequest) -> Created:
    """Create a "container" and release it."""
    created = monitor.create(request)
    (request.bundle / "go").touch()
    return created


def _exit(request: CreateRequest) -> exit_file.Exit:
    wait_for(lambda: exit_file.read(request.exit_dir / request.container_id))
    found = exit_file.read(request.exit_dir / request.container_id)
    assert found is not None
    return found


def test_the_init_and_the_monitor_are_told_and_live_on(
    monitor: Monitor, request_for: Callable[..., CreateRequest]
) -> None:
    request = request_for("sleep 0.2; exit 4")

    created = _create(monitor, request)

    assert created.process.alive
    assert created.monitor.alive
    assert _exit(request).code == 4
    wait_for(lambda: not created.monitor.alive)


def test_a_killing_signal_becomes_a_code(
    monitor: Monitor, request_for: Callable[..., CreateRequest]
) -> None:
    request = request_for("exec sleep 100")

    created = _create(monitor, request)
    created.process.kill()

    assert _exit(request).code == 137


def test_the_runtime_gets_its_arguments_before_create(
    monitor: Monitor, request_for: Callable[..., CreateRequest]
) -> None:
    request = request_for("true")

    monitor.create(request_for("sleep 0.1"))

    words = (request.bundle / "argv").read_text().split("\n")
    assert words[:3] == ["--root", "/some where", "create"]
    assert words[-1] == request.container_id


def test_a_refusal_is_passed_on(
    monitor: Monitor, request_for: Callable[..., CreateRequest]
) -> None:
    with pytest.raises(errors.Internal, match='no "good" reason'):
        monitor.create(request_for('refuse no "good" reason\n'))


def test_a_silent_runtime_ends_with_the_callers_deadline(
    monitor: Monitor, request_for: Callable[..., CreateRequest]
) -> None:
    before = time.monotonic()

    with deadline.within(0.5), pytest.raises(errors.DeadlineExceeded, match="in time"):
        monitor.create(request_for("hang"))

    assert time.monotonic() - before < 5


def test_a_monitor_that_is_not_there_is_named(request_for: Callable[..., CreateRequest]) -> None:
    with pytest.raises(errors.Unavailable, match="install conmon"):
        Monitor("conmon", ("/no/such/conmon",)).create(request_for("true"))


def test_output_is_logged_by_stream_and_line(
    monitor: Monitor, request_for: Callable[..., CreateRequest], tmp_path: Path
) -> None:
    request = request_for("echo one; echo two >&2; printf three")

    _create(monitor, request)
    _exit(request)

    lines = [line.split(" ", 3) for line in (tmp_path / "log").read_text().splitlines()]
    assert sorted((stream, tag, text) for _, stream, tag, text in lines) == [
        ("stderr", "F", "two"),
        ("stdout", "F", "one"),
        ("stdout", "P", "three"),
    ]
    assert all(len(moment) >= len("2026-01-01T00:00:00.000000000Z") for moment, *_ in lines)


def test_without_a_log_path_nothing_is_kept(
    monitor: Monitor, request_for: Callable[..., CreateRequest], tmp_path: Path
) -> None:
    request = request_for("echo one", log_path="")

    _create(monitor, request)

    assert _exit(request).code == 0
    assert not (tmp_path / "log").exists()


def test_a_child_that_holds_the_output_does_not_hold_the_exit_back(
    monitor: Monitor, request_for: Callable[..., CreateRequest]
) -> None:
    request = request_for("sleep 30 & echo bye; exit 2")
    before = time.monotonic()

    _create(monitor, request)

    assert _exit(request).code == 2
    assert time.monotonic() - before < 10


def test_the_environment_of_the_caller_stays_outside(
    monitor: Monitor,
    request_for: Callable[..., CreateRequest],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SECRET_OF_THE_CALLER", "x")
    request = request_for("env")

    _create(monitor, request)
    _exit(request)

    assert "SECRET_OF_THE_CALLER" not in (tmp_path / "log").read_text()


def test_reopening_without_a_monitor_is_refused(monitor: Monitor, tmp_path: Path) -> None:
    from runtimes.core.host.process import Process

    with pytest.raises(errors.FailedPrecondition, match="gone"):
        monitor.reopen_log(tmp_path, tmp_path / "log", Process(2**22, 1))


def test_options_name_the_streams_to_keep() -> None:
    from pathlib import Path

    plain = CreateRequest(container_id="c", bundle=Path("/b"), runtime=("/r",), exit_dir=Path("/e"))
    once = CreateRequest(
        container_id="c",
        bundle=Path("/b"),
        runtime=("/r", "--x"),
        exit_dir=Path("/e"),
        stdin=True,
        stdin_once=True,
        tty=True,
    )

    assert "-i" not in arguments(plain)
    assert "none" in arguments(plain)
    assert {"-i", "-t"} <= set(arguments(once))
    assert "--leave-stdin-open" not in arguments(once)
    assert arguments(once)[arguments(once).index("--runtime-arg") + 1] == "--x"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            "executable file `x` not found in $PATH: No such file or directory",
            errors.InvalidArgument,
        ),
        ('exec: "x": executable file not found in $PATH', errors.InvalidArgument),
        ("exec x: permission denied", errors.InvalidArgument),
        ("exec format error", errors.InvalidArgument),
        ("cannot mount /proc: operation not permitted", errors.Internal),
    ],
)
def test_a_missing_program_is_the_callers_mistake(message: str, expected: type) -> None:
    error = refusal("start it", message)

    assert type(error) is expected
    assert message in str(error)


def test_what_runc_says_is_taken_out_of_its_log_lines() -> None:
    line = r'time="2026-01-02T03:04:05Z" level=error msg="exec: \"x\": executable file not found"'

    error = refusal("start it", line)

    assert (
        str(error) == 'start it: exec: "x": executable file not found; is the command in the image?'
    )


def test_unknown_monitors_are_refused() -> None:
    with pytest.raises(errors.InvalidArgument, match="containerd-shim"):
        choose("containerd-shim", host_facts())
