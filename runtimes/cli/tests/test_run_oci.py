"""The command in real Linux containers, on a private root of the embedded backend."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.cli.tests.typist import Typist
from runtimes.cni.bridge.builtin import BuiltinBridge
from runtimes.core import discovery
from runtimes.oci.engine import Engine
from runtimes.oci.options import OciOptions

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.needs_oci, pytest.mark.needs_root, pytest.mark.timeout(180)]

_IMAGE = "localhost/busybox:1"
_EXAMPLE = Path(__file__).parents[3] / "examples" / "hello.yaml"
_APPLETS = ("sh", "cat", "grep", "echo", "sleep", "env", "id", "hostname", "true")
_TRAP = "trap 'echo bye; exit 5' TERM; echo up; while true; do sleep 0.05; done"


@dataclass
class Machine:
    """A configuration whose every file lies in one folder."""

    folder: Path
    bridge: str = field(default_factory=lambda: f"rt{secrets.token_hex(4)}")

    @property
    def environ(self) -> dict[str, str]:
        return {
            **os.environ,
            "RUNTIMES_CONFIG": str(self.folder / "config.toml"),
            "RUNTIMES_KUBELET_ROOT": str(self.folder / "kubelet"),
            "RUNTIMES_BACKEND": "oci",
            "NO_COLOR": "1",
        }

    def prepare(self) -> None:
        """Write the configuration, and make an image of the host's static busybox."""
        octet = secrets.randbelow(50) + 200
        (self.folder / "config.toml").write_text(
            f'[backends.oci]\nroot = "{self.folder}/oci"\nrun_root = "{self.folder}/run"\n'
            f'bridge = "{self.bridge}"\nsubnet = "10.{octet}.{secrets.randbelow(256)}.0/24"\n'
        )
        tree = self.folder / "tree" / "bin"
        tree.mkdir(parents=True)
        shutil.copy("/bin/busybox", tree / "busybox")
        for applet in _APPLETS:
            (tree / applet).symlink_to("busybox")
        with tarfile.open(self.folder / "rootfs.tar", "w") as tar:
            tar.add(tree.parent, arcname=".")
        self.ok("import", str(self.folder / "rootfs.tar"), _IMAGE)

    def start(self, *words: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "runtimes.cli.main", *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=self.environ,
        )

    def __call__(self, *words: str) -> tuple[int, str, str]:
        process = self.start(*words)
        out, err = process.communicate(timeout=50)
        return process.returncode, out, err

    def ok(self, *words: str) -> str:
        code, out, err = self(*words)
        assert code == 0, err
        return out

    def uninstall(self) -> None:
        """Take the network away."""
        options = OciOptions(
            root=self.folder / "oci", run_root=self.folder / "run", bridge=self.bridge
        )
        network = Engine(options).network
        assert isinstance(network, BuiltinBridge)
        network.uninstall()

    def clean_up(self) -> None:
        self("rm", "--all", "--force")
        self.uninstall()
        mounts = Path("/proc/self/mounts").read_text().splitlines()
        ours = [line.split()[1] for line in mounts if str(self.folder) in line.split()[1]]
        for mount in sorted(ours, reverse=True):
            subprocess.run(["umount", "-l", mount], check=False)
        shutil.rmtree(self.folder)


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    probe = discovery.load("oci").probe()
    busybox = Path("/bin/busybox").exists()
    if os.geteuid() != 0 or not probe.usable or not busybox:
        missing = "root" if os.geteuid() else probe.reason if busybox else "/bin/busybox"
        complain = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        complain(f"the embedded backend can't run here: {missing}")
    made = Machine(Path(tempfile.mkdtemp(prefix="cli-", dir="/var/tmp")))
    try:
        made.prepare()
        yield made
    finally:
        made.clean_up()


@pytest.fixture(autouse=True)
def _nothing_is_left(machine: Machine) -> Iterator[None]:
    yield
    machine("rm", "--all", "--force")
    assert json.loads(machine.ok("ps", "-a", "-o", "json")) == []


def test_the_example_runs(machine: Machine) -> None:
    assert machine.ok("run", "--rm", "-f", str(_EXAMPLE)).endswith(
        "hello from hello, written by an init container\n"
    )


def test_a_programs_output_and_code_are_its_own(machine: Machine) -> None:
    script = "echo out; echo err >&2; exit 3"

    assert machine("run", "--rm", _IMAGE, "--", "sh", "-c", script) == (3, "out\n", "err\n")


@pytest.mark.parametrize(("program", "code"), [("nope", 127), ("/etc", 126)])
def test_a_program_that_cannot_run_is_told_by_the_code(
    machine: Machine, program: str, code: int
) -> None:
    assert machine("run", "--rm", _IMAGE, "--", program)[0] == code


def test_two_runs_of_one_name_leave_the_first_ones_pod_alone(machine: Machine) -> None:
    record = machine.folder / "kubelet" / "names" / "oci_default_twice"
    first = machine.start("run", "--rm", "--name", "twice", _IMAGE, "--", "sh", "-c", _TRAP)
    end = time.monotonic() + 20
    while not record.is_symlink() and time.monotonic() < end:
        time.sleep(0.005)

    code, _, err = machine("run", "--rm", "--name", "twice", _IMAGE, "--", "true")

    assert (code, "twice" in err) == (125, True), err
    assert first.stdout is not None
    assert first.stdout.readline() == "up\n"
    first.terminate()
    assert (first.communicate(timeout=30)[0], first.returncode) == ("bye\n", 5)


def test_options_reach_the_container(machine: Machine, tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    (tmp_path / "file").write_text("from the host\n")
    script = "id -u; hostname; echo $A; cat /data/file"

    out = machine.ok(
        "run", "--rm", "--user", "1000", "--hostname", "there", "-e", "A=$(B)", "--memory", "32Mi",
        "-v", f"{tmp_path}:/data:ro", _IMAGE, "--", "sh", "-c", script,
    )  # fmt: skip

    assert out == "1000\nthere\n$(B)\nfrom the host\n"


def test_ctrl_c_stops_the_pod(machine: Machine) -> None:
    process = machine.start("run", "--rm", _IMAGE, "--", "sh", "-c", _TRAP)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"

    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=30)

    assert (process.returncode, out) == (5, "bye\n")


def test_a_pod_outlives_the_command_that_started_it(machine: Machine) -> None:
    name = machine.ok("run", "-d", _IMAGE, "--", "sh", "-c", _TRAP).strip()

    assert name in machine.ok("ps")
    assert machine("exec", name, "--", "sh", "-c", "echo in; exit 4")[:2] == (4, "in\n")
    assert machine.ok("logs", name) == "up\n"
    (row,) = json.loads(machine.ok("stats", name, "--interval", "0.1", "-o", "json"))
    assert (row["usage"]["name"], row["usage"]["pod_name"]) == ("busybox", name)
    assert row["usage"]["memory_working_set_bytes"] > 0
    machine.ok("stop", name)
    assert machine.ok("logs", name) == "up\nbye\n"


def test_a_pod_is_looked_into_by_a_container_beside_it(machine: Machine) -> None:
    name = machine.ok("run", "-d", _IMAGE, "--", "sh", "-c", _TRAP).strip()
    look = "hostname; grep -ac 'echo bye' /proc/1/cmdline; exit 6"

    code, out, err = machine(
        "debug", name, "--image", _IMAGE, "--target", "busybox", "--", "sh", "-c", look
    )
    typed = machine.start("debug", "-it", name, "--image", _IMAGE, "-c", "typed", "--", "sh")
    told, _ = typed.communicate("echo typed $((6 * 7)); exit 4\n", timeout=50)

    assert (code, out) == (6, f"{name}\n1\n"), err
    assert "container 'debugger-" in err
    assert (typed.returncode, told) == (4, "typed 42\n")
    assert machine.ok("logs", name) == "up\n"
    assert "has a container typed" in machine("debug", name, "--image", _IMAGE, "-c", "typed")[2]
    code, out, err = machine("debug", name, "--image", _IMAGE, "--", "no-such-program")
    assert (code, out) == (127, "")
    assert "no-such-program" in err
    assert "'nobody'" in machine("debug", name, "--image", _IMAGE, "--target", "nobody")[2]
    machine.ok("stop", name)
    assert "it doesn't run" in machine("debug", name, "--image", _IMAGE)[2]


def test_a_killed_command_leaves_a_pod_that_can_be_removed(machine: Machine) -> None:
    process = machine.start("run", "--name", "orphan", _IMAGE, "--", "sh", "-c", _TRAP)
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"

    process.kill()
    process.communicate(timeout=30)

    assert "orphan" in machine.ok("ps")
    machine.ok("rm", "--force", "orphan")


def test_a_command_loads_nothing_that_it_does_not_need(machine: Machine) -> None:
    code = (
        "import sys\nfrom runtimes.cli.app import run\nrun(['ps'])\n"
        "heavy = {'rich', 'yaml', 'asyncio', 'grpc', 'docker', 'stevedore', 'tenacity',"
        " 'importlib.metadata', 'http.client', 'ssl', 'msgspec', 'urllib.request'}\n"
        "print(heavy & set(sys.modules))"
    )

    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        env=machine.environ,
    )

    assert done.stdout.splitlines()[-1] == "set()"


def _sit_before(machine: Machine, *words: str) -> Typist:
    return Typist([sys.executable, "-m", "runtimes.cli.main", *words], (91, 31), machine.environ)


def test_a_shell_at_a_terminal_is_seen_from_its_prompt_to_its_end(machine: Machine) -> None:
    with _sit_before(machine, "run", "-it", "--rm", "--name", "sat", _IMAGE, "--", "sh") as typist:
        typist.see(b"/ # ")
        typist.type(b"busybox stty size; trap 'echo in''terrupted' INT\n")
        typist.see(b"31 91\r\n")
        typist.see(b"/ # ")
        typist.type(b"\x03")
        typist.type(b"\n")
        typist.see(b"interrupted")
        typist.type(b"exit 7\n")

        assert typist.leave() == 7
        assert typist.restored
    assert "sat" not in machine.ok("pods")


def test_a_shell_that_its_user_leaves_goes_on(machine: Machine) -> None:
    with _sit_before(machine, "run", "-it", "--rm", "--name", "left", _IMAGE, "--", "sh") as typist:
        typist.see(b"/ # ")
        typist.type(b"\x10\x11")

        assert typist.leave() == 0
    assert "left" in machine.ok("ps")


def test_input_and_both_outputs_pass_through_an_image(machine: Machine) -> None:
    process = machine.start(
        "run", "-i", "--rm", _IMAGE, "--", "sh", "-c", "cat; echo e >&2; exit 4"
    )

    assert process.communicate("in\n", timeout=50) == ("in\n", "e\n")
    assert process.returncode == 4


@pytest.mark.parametrize(
    "words",
    [("-t", "echo", "at once"), ("-it", "echo", "at once"), ("-i", "sh", "-c", "echo at once")],
)
def test_what_ended_before_anybody_came_is_shown_whole(
    machine: Machine, words: tuple[str, ...]
) -> None:
    code, out, _ = machine("run", words[0], "--rm", _IMAGE, "--", *words[1:])

    assert (code, out.strip()) == (0, "at once")


def test_following_from_another_process_ends_with_the_pod(machine: Machine) -> None:
    script = "echo 1; until [ -e /go ]; do sleep 0.05; done; echo 2; echo 3"
    process = machine.start("run", "--name", "watched", _IMAGE, "--", "sh", "-c", script)
    assert process.stdout is not None
    assert process.stdout.readline() == "1\n"

    following = machine.start("logs", "-f", "watched")
    assert following.stdout is not None
    assert following.stdout.readline() == "1\n"
    machine.ok("exec", "watched", "--", "sh", "-c", "> /go")

    assert following.communicate(timeout=30)[0] == "2\n3\n"
    assert process.communicate(timeout=30)[0] == "2\n3\n"


@pytest.fixture
def small_machine() -> Iterator[Machine]:
    """One whose disk is a memory of 24 MiB, all of it."""
    folder = Path(tempfile.mkdtemp(prefix="cli-", dir="/var/tmp"))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", folder], check=True)
    made = Machine(folder)
    try:
        made.prepare()
        yield made
    finally:
        (folder / "filler").unlink(missing_ok=True)
        made("rm", "--all", "--force")
        made.uninstall()
        subprocess.run(["umount", "-l", folder], check=True)
        folder.rmdir()


@pytest.mark.timeout(150)
def test_pods_are_stopped_and_removed_on_a_full_disk(small_machine: Machine) -> None:
    for name in ("stopped", "removed"):
        small_machine.ok("run", "-d", "--name", name, _IMAGE, "--", "sh", "-c", _TRAP)
    filler = small_machine.folder / "filler"
    filled = subprocess.run(
        ["dd", "if=/dev/zero", f"of={filler}", "bs=4k"], capture_output=True, check=False
    )
    assert b"No space left" in filled.stderr

    code, _, err = small_machine("stop", "stopped")
    assert code == 0, err
    code, _, err = small_machine("rm", "--force", "removed")
    assert code == 0, err

    assert json.loads(small_machine.ok("ps", "-o", "json")) == []
    assert "removed" not in small_machine.ok("pods")
