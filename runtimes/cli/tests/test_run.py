"""`run`: output, exit codes, signals."""

from __future__ import annotations

import errno
import os
import pty
import signal
import subprocess
import sys
from typing import TYPE_CHECKING
from xml.etree import ElementTree

import pytest

from runtimes.cli.exit_codes import of_message, of_start_failure
from runtimes.cli.output.junit import write
from runtimes.client import connect
from runtimes.client.pod import Pod
from runtimes.core import errors

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.cli.tests.command_line import Cli

_TWO = """
apiVersion: v1
kind: Pod
metadata: {{name: {name}}}
spec:
  restartPolicy: Never
  initContainers:
  - {{name: init, image: "busybox:1", command: [echo, prepared]}}
  containers:
  - {{name: first, image: "busybox:1", command: [sh, -c, "echo one; exit {code}"]}}
  - {{name: second, image: "busybox:1", command: [sh, -c, "echo two >&2"]}}
"""
_TRAP = "trap 'echo bye; exit 5' TERM; echo up; while true; do sleep 0.05; done"
_STUBBORN = "trap '' TERM; echo up; while true; do sleep 0.05; done"


def test_an_image_runs_with_its_output_and_code(cli: Cli) -> None:
    result = cli("run", "--rm", "busybox", "--", "sh", "-c", "echo out; echo err >&2; exit 3")

    assert (result.code, result.out) == (3, "out\n")
    assert result.err.endswith("err\n")
    assert cli.ok("pods", "-q").out == ""


def test_the_dashes_before_the_command_may_be_left_out(cli: Cli) -> None:
    assert cli.ok("run", "--rm", "busybox", "echo", "-n", "x").out == "x"


def test_without_rm_the_pod_and_its_log_stay(cli: Cli) -> None:
    cli.ok("run", "--name", "kept", "busybox", "--", "echo", "words")

    assert cli.ok("pods").rows[0][:3] == ["kept", "0/1", "Completed"]
    assert cli.ok("logs", "kept").out == "words\n"


def test_a_pod_that_ended_is_replaced_by_the_next_of_its_name(cli: Cli) -> None:
    cli.ok("run", "--name", "again", "busybox", "--", "echo", "1")

    assert cli.ok("run", "--name", "again", "busybox", "--", "echo", "2").out == "2\n"
    assert cli.ok("logs", "again").out == "2\n"


def test_a_pod_that_runs_is_not(cli: Cli) -> None:
    cli.ok("run", "-d", "--name", "busy", "busybox", "--", "sleep", "600")

    result = cli("run", "--name", "busy", "busybox", "--", "true")

    assert result.code == 125
    assert "running" in result.err


def test_several_containers_have_their_names_before_their_lines(cli: Cli) -> None:
    result = cli("run", "--rm", "-f", cli.manifest(_TWO.format(name="two", code=0)))

    assert result.code == 0
    assert result.out == "init   | prepared\nfirst  | one\n"
    assert "second | two\n" in result.err


def test_the_first_container_that_failed_gives_the_code(cli: Cli) -> None:
    assert cli("run", "--rm", "-f", cli.manifest(_TWO.format(name="two", code=7))).code == 7


def test_several_pods_run_at_once(cli: Cli) -> None:
    text = _TWO.format(name="a", code=0) + "---" + _TWO.format(name="b", code=9)

    result = cli("run", "--rm", "-f", cli.manifest(text))

    assert result.code == 9
    assert "a/first  | one\n" in result.out
    assert "b/first  | one\n" in result.out


def test_a_missing_program_is_127(cli: Cli) -> None:
    result = cli("run", "--rm", "busybox", "--", "nope")

    assert result.code == 127
    assert "RunContainerError" in result.err
    assert cli.ok("pods", "-q").out == ""


def test_a_missing_image_is_125(cli: Cli) -> None:
    result = cli("run", "--rm", "nobody-has-this")

    assert result.code == 125
    assert "ErrImagePull" in result.err


def test_a_broken_manifest_is_125_with_all_mistakes(cli: Cli) -> None:
    path = cli.manifest(_TWO.format(name="Two", code=0).replace("Never", "never"))

    result = cli("run", "-f", path)

    assert result.code == 125
    assert f"{path}:4:18:" in result.err
    assert f"{path}:6:18:" in result.err


@pytest.mark.parametrize(
    "words",
    [
        ("run", "-f", "x.yaml", "busybox"),
        ("run", "-d", "--rm", "busybox"),
        ("run", "-i", "--junit", "report.xml", "busybox"),
        ("run", "--junit", "no-such-folder/report.xml", "busybox"),
        ("run", "-f", "x.yaml", "--env", "A=b"),
    ],
)
def test_what_excludes_each_other_is_refused(cli: Cli, words: tuple[str, ...]) -> None:
    result = cli(*words)

    assert result.code == 125
    assert "Usage" in result.err


def test_run_alone_shows_its_help(cli: Cli) -> None:
    assert "--detach" in cli("run").out + cli("run").err


def test_detached_it_prints_the_name_and_leaves(cli: Cli) -> None:
    result = cli.ok("run", "-d", "busybox", "--", "sleep", "600")

    assert cli.ok("ps").rows[0][6] == result.out.strip()
    assert cli("run", "-d", "busybox", "--", "nope").code == 127


def test_options_of_the_pod_reach_it(cli: Cli) -> None:
    script = "echo $A $(pwd)"

    result = cli("run", "--rm", "-e", "A=b", "-w", "/tmp", "busybox", "--", "sh", "-c", script)

    assert (result.code, result.out) == (0, "b /tmp\n")


def _running(cli: Cli, script: str) -> subprocess.Popen[str]:
    cli.ok("pull", "busybox:1")
    process = cli.start("run", "--rm", "busybox:1", "--", "sh", "-c", script)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_pod_cleanly(cli: Cli, number: signal.Signals) -> None:
    process = _running(cli, _TRAP)

    process.send_signal(number)
    out, err = process.communicate(timeout=20)

    assert (process.returncode, out) == (5, "bye\n")
    assert "once more to kill" in err
    assert cli.ok("pods", "-q").out == ""


def test_a_second_signal_kills(cli: Cli) -> None:
    process = _running(cli, _STUBBORN)

    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    while "once more" not in process.stderr.readline():
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)

    assert process.returncode == 137
    assert cli.ok("pods", "-q").out == ""


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("executable file `x` not found in $PATH: No such file or directory", 127),
        ('exec: "x": executable file not found in $PATH: unknown', 127),
        ("stat /x: no such file or directory", 127),
        ("exec /x: permission denied", 126),
        ("exec /x: exec format error", 126),
        ("something else", 125),
    ],
)
def test_a_runtimes_words_become_dockers_codes(message: str, code: int) -> None:
    assert of_message(message) == code
    assert of_start_failure("RunContainerError", message) == code
    assert of_start_failure("ErrImagePull", message) == 125


def _on_a_terminal(*words: str, **environ: str) -> str:
    """Run in a process whose three streams are a terminal; return what it showed."""
    parent, child = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "runtimes.cli.main", *words],
        stdin=child,
        stdout=child,
        stderr=child,
        env={**os.environ, "TERM": "xterm", **environ},
    )
    os.close(child)
    shown = bytearray()
    try:
        while piece := os.read(parent, 65536):
            shown += piece
    except OSError as error:
        if error.errno != errno.EIO:  # which says that the last writer has gone
            raise
    finally:
        os.close(parent)
    assert process.wait(timeout=20) == 0
    return shown.decode()


def test_a_terminal_shows_colours_unless_somebody_objects(cli: Cli) -> None:
    path = cli.manifest(_TWO.format(name="two", code=0))
    cli.ok("pull", "busybox:1")

    assert "\x1b[36minit   |\x1b[0m prepared\r\n" in _on_a_terminal("run", "-f", path)
    assert "\x1b[" not in _on_a_terminal("pods", NO_COLOR="1")
    assert "\x1b[90mCompleted\x1b[0m" in _on_a_terminal("pods")


def test_a_terminal_shows_bars_while_pulling(cli: Cli) -> None:
    shown = _on_a_terminal("pull", "busybox:1")

    assert "Pulling busybox:1" in shown
    assert "━" in shown
    assert "━" not in cli.ok("pull", "busybox:1").err


_TESTS = """
apiVersion: v1
kind: Pod
metadata: {name: tests}
spec:
  restartPolicy: Never
  initContainers:
  - {name: prepare, image: busybox, command: [sh, -c, "echo prepared"]}
  containers:
  - {name: unit, image: busybox, command: [sh, -c, "echo fine"]}
  - {name: slow, image: busybox, command: [sh, -c, "echo not fine; exit 7"]}
"""


def test_what_came_of_a_pod_is_written_as_junit_xml(cli: Cli, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"

    ran = cli("run", "--rm", "--junit", str(report), "-f", cli.manifest(_TESTS))

    assert ran.code == 7
    suite = ElementTree.parse(report).getroot().find("testsuite")
    assert suite is not None
    assert suite.attrib == {
        "name": "default/tests", "tests": "3", "failures": "1", "errors": "0", "skipped": "0",
    }  # fmt: skip
    prepare, unit, slow = suite
    assert [one.get("name") for one in suite] == ["prepare", "unit", "slow"]
    assert (prepare.find("failure"), unit.find("failure")) == (None, None)
    assert unit.findtext("system-out") == "fine\n"
    failure = slow.find("failure")
    assert failure is not None
    assert failure.get("message") == "exit code 7: Error"
    assert cli.ok("pods", "-q").out == ""


def test_junit_xml_tells_why_a_container_never_started(cli: Cli, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    missing = 'image: "nothing:1", imagePullPolicy: Never'
    manifest = _TESTS.replace('image: busybox, command: [sh, -c, "echo fine"]', missing)

    ran = cli("run", "--rm", "--junit", str(report), "-f", cli.manifest(manifest))

    assert ran.code == 125
    error = ElementTree.parse(report).getroot().find(".//testcase[@name='unit']/error")
    assert error is not None
    assert "it was never started: Container image" in error.get("message", "")


def test_junit_xml_has_no_success_of_a_container_that_runs(cli: Cli, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    cli.ok("run", "-d", "busybox", "--", "sleep", "600")

    with connect() as runtime:
        write(report, runtime.pods(), lambda _: False)

    error = ElementTree.parse(report).getroot().find(".//error")
    assert error is not None
    assert error.get("message") == "it hasn't ended: it runs"


def test_a_pod_that_cannot_be_removed_keeps_no_other(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    remove = Pod.remove

    def refuse_a(pod: Pod, *, force: bool = False) -> None:
        if pod.name == "a":
            raise errors.Internal("remove pod 'a': its disk is gone")
        remove(pod, force=force)

    monkeypatch.setattr(Pod, "remove", refuse_a)
    text = _TWO.format(name="a", code=0) + "---" + _TWO.format(name="b", code=0)

    result = cli("run", "--rm", "-f", cli.manifest(text))

    assert result.code == 125
    assert "runtimes: remove pod 'a': its disk is gone\n" in result.err
    assert [row[0] for row in cli.ok("get", "pods").rows] == ["a"]


def test_a_report_that_cannot_be_written_keeps_no_pod(cli: Cli, tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.symlink_to(tmp_path / "missing" / "report.xml")

    ran = cli("run", "--rm", "--junit", str(report), "busybox", "--", "true")

    assert ran.code == 125
    assert str(report) in ran.err
    assert cli.ok("pods", "-q").out == ""
