"""The fake's shell and programs, through ExecSync and logs."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtimes.contract.fake.clock import ManualClock
from runtimes.contract.fake.service import FakeCri
from runtimes.core.cri.v1 import api_pb2 as cri


class Pod:
    """One sandbox of a fake, with a way to run scripts in it."""

    def __init__(self, folder: Path) -> None:
        self.clock = ManualClock()
        self.service = FakeCri(clock=self.clock)
        self.service.pull_image(cri.ImageSpec(image="busybox"))
        self.folder = folder
        self.config = cri.PodSandboxConfig(
            metadata=cri.PodSandboxMetadata(name="p", uid="u", namespace="n"),
            log_directory=str(folder),
        )
        self.sandbox = self.service.run_pod_sandbox(self.config)
        self._count = 0

    def start(self, *command: str) -> str:
        self._count += 1
        config = cri.ContainerConfig(
            metadata=cri.ContainerMetadata(name=f"c{self._count}"),
            image=cri.ImageSpec(image="busybox"),
            command=command,
            log_path=f"c{self._count}.log",
        )
        namespaces = config.linux.security_context.namespace_options
        namespaces.pid = cri.CONTAINER
        container = self.service.create_container(self.sandbox, config, self.config)
        self.service.start_container(container)
        return container

    def status(self, container: str) -> cri.ContainerStatus:
        return self.service.container_status(container).status

    def log(self, container: str) -> str:
        lines = Path(self.status(container).log_path).read_text().splitlines()
        return "\n".join(line.split(" ", 3)[3] for line in lines)


@pytest.fixture
def pod(tmp_path: Path) -> Pod:
    return Pod(tmp_path)


@pytest.mark.parametrize(
    ("script", "output", "status"),
    [
        ("echo hi; exit 3", "hi", 3),
        ("true && echo yes || echo no", "yes", 0),
        ("false || echo no", "no", 0),
        ("false && echo never", "", 1),
        ("! false", "", 0),
        ("x=5; echo $x ${x} ${y:-none} ${x:+set}", "5 5 none set", 0),
        ("x='a  b'; echo $x; echo \"$x\"", "a b\na  b", 0),
        ("echo $(echo in; echo ner)", "in ner", 0),
        ("i=0; while [ $i -lt 3 ]; do i=$((i+1)); echo $i; done", "1\n2\n3", 0),
        ("for f in a b c; do [ $f = b ] && continue; echo $f; done", "a\nc", 0),
        ("if [ -f /nope ]; then echo a; elif true; then echo b; else echo c; fi", "b", 0),
        ("echo one two | cat | wc -l", "1", 0),
        ("printf 'a\\nb\\nc\\n' | while read l; do echo \"<$l>\"; done", "<a>\n<b>\n<c>", 0),
        ("echo x > /tmp/f; echo y >> /tmp/f; cat /tmp/f", "x\ny", 0),
        ("(cd /tmp; pwd); pwd", "/tmp\n/", 0),
        ("set -e; false; echo never", "", 1),
        ("set -e; false || true; echo on", "on", 0),
        ("nosuchprogram", "", 127),
        ("cat /nope 2>/dev/null; echo $?", "1", 0),
        ("sh -c 'echo $0 $1' zero one", "zero one", 0),
        ("{ echo a; echo b; } > /tmp/g; cat /tmp/g", "a\nb", 0),
        ("eval 'echo e'", "e", 0),
        ("exec echo replaced; echo never", "replaced", 0),
        ("timeout 1 sleep 5; echo $?", "143", 0),
        ("echo 'unfinished", "", 2),
    ],
)
def test_a_script_prints_and_exits_as_in_a_shell(
    pod: Pod, script: str, output: str, status: int
) -> None:
    container = pod.start("sleep", "1000")

    answer = pod.service.exec_sync(container, ["sh", "-c", script], 0)

    assert (answer.stdout.decode().rstrip("\n"), answer.exit_code) == (output, status)


def test_main_process_logs_with_the_time_of_each_line(pod: Pod) -> None:
    container = pod.start("sh", "-c", "echo one; sleep 5; echo two >&2; exit 4")
    started = pod.clock.now_ns()

    pod.clock.advance(10)

    status = pod.status(container)
    assert (status.state, status.exit_code) == (cri.CONTAINER_EXITED, 4)
    assert status.finished_at == started + 5 * 10**9
    lines = (pod.folder / "c1.log").read_text().splitlines()
    assert [line.split(" ")[1:] for line in lines] == [
        ["stdout", "F", "one"],
        ["stderr", "F", "two"],
    ]


def test_pid_1_without_a_handler_ignores_sigterm_until_killed(pod: Pod) -> None:
    container = pod.start("sleep", "1000")
    before = pod.clock.now_ns()

    pod.service.stop_container(container, 3)

    assert pod.status(container).exit_code == 137
    assert pod.clock.now_ns() - before >= 3 * 10**9


def test_a_trap_ends_a_shell_that_waits(pod: Pod) -> None:
    container = pod.start("sh", "-c", "trap 'echo bye; exit 7' TERM; sleep 1000 & wait")
    before = pod.clock.now_ns()

    pod.service.stop_container(container, 30)

    assert pod.status(container).exit_code == 7
    assert pod.clock.now_ns() - before < 10**9
    assert pod.log(container) == "bye"


def test_a_background_command_runs_beside_the_main_one(pod: Pod) -> None:
    container = pod.start("sh", "-c", "(sleep 1; echo back) & echo front; sleep 3; echo end")

    pod.clock.advance(4)

    assert pod.status(container).state == cri.CONTAINER_EXITED
    assert pod.log(container) == "front\nback\nend"
