"""What a run leaves is told by its kind; what others of the node do meanwhile never is."""

from __future__ import annotations

import os
import secrets
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.engines.cgroups import hierarchies
from runtimes.contract.fake.service import FakeCri
from runtimes.contract.leaks import judge, snapshot, watch
from runtimes.contract.leaks.snapshot import Process, Snapshot
from runtimes.contract.report import jsonfile
from runtimes.contract.report.model import Verdict
from runtimes.contract.subject import Subject
from runtimes.contract.tests.contract_command import contract, install

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.timeout(360)  # commands in processes of their own, on a busy host
OWN = judge.Own.of("rtc-1", {"c0ffee", "7", "a-b-c-d"}, (Path("/var/lib/mine"),))


def left(after: Snapshot) -> dict[str, list[str]]:
    """What is found where nothing was before."""
    found = {name: promise(Snapshot(), after, OWN) for name, promise in judge.PROMISES.items()}
    return {name: what for name, what in found.items() if what}


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("/run/x/c0ffee/rootfs", "/run/x/beef/rootfs"),
        ("/run/netns/rtc-1-3", "/run/netns/cni-7"),
        ("/sys/fs/cgroup/rtc-1/pod", "/sys/fs/cgroup/k8s"),
    ],
)
def test_a_path_is_the_runs_by_its_names(ours: str, theirs: str) -> None:
    both = frozenset({ours, theirs})

    assert left(Snapshot(mounts=both, namespaces=both, groups=both)) == {
        "leaves_no_mounts": [ours],
        "leaves_no_namespaces": [ours],
        "leaves_no_control_groups": [ours],
    }


def test_a_mount_is_the_runs_below_its_folders() -> None:
    mounts = frozenset({"/var/lib/mine/shm", "/var/lib/mine2/shm"})

    assert left(Snapshot(mounts=mounts)) == {"leaves_no_mounts": ["/var/lib/mine/shm"]}


def test_the_runs_own_group_and_kubelets_classes_may_stay() -> None:
    groups = {"/sys/fs/cgroup/rtc-1", "/sys/fs/cgroup/rtc-1/burstable"}

    assert left(Snapshot(groups=frozenset(groups))) == {}


def test_a_group_that_is_named_by_its_container_may_not_stay() -> None:
    group = "/sys/fs/cgroup/c0ffee"

    assert left(Snapshot(groups=frozenset({group}))) == {"leaves_no_control_groups": [group]}


def test_a_process_is_the_runs_by_name_group_or_ancestry() -> None:
    processes = {
        Process(10, 1, 1, "conmon --cid c0ffee", "/"),
        Process(11, 1, 10, "sleep 1000", "/"),
        Process(12, 1, 1, "sleep 1000", "0::/rtc-1/pod"),
        Process(13, 1, 1, "another's conmon --cid beef", "/"),
        Process(14, 1, 1, "sleep 7", "/crio-c0ffee00.scope"),
        Process(15, 1, 1, "x", "0::/crio-c0ffee.scope"),
        Process(16, 1, 1, "shim a-b-c-d", "/"),
        Process(17, 1, 1, "another's shim a-b-c-d2", "/"),
    }

    found = left(Snapshot(processes=frozenset(processes)))["leaves_no_processes"]

    assert [line.partition(":")[0] for line in found] == [
        f"process {pid}" for pid in (10, 11, 12, 15, 16)
    ]


def test_what_was_there_before_is_nobodys_leak() -> None:
    same = Snapshot(mounts=frozenset({"/run/x/c0ffee/rootfs"}))

    assert judge.leaves_no_mounts(same, same, OWN) == []


def test_a_descriptor_counts_and_what_libraries_keep_does_not() -> None:
    descriptors = {(7, "pipe:[1]"), (8, "anon_inode:[eventpoll]"), (9, "/dev/null")}

    assert left(Snapshot(descriptors=frozenset(descriptors))) == {
        "leaves_no_descriptors": ["descriptor 7: pipe:[1]"]
    }


def test_a_look_sees_this_process_and_its_descriptors(tmp_path: Path) -> None:
    with (tmp_path / "open").open("w") as file:
        now = snapshot.take()

    assert file.name in {what for _, what in now.descriptors}
    assert os.getpid() in {one.pid for one in now.processes}


def test_a_look_sees_a_new_process_closely() -> None:
    before = snapshot.take()

    with subprocess.Popen(["sleep", "20"]) as child:
        after = snapshot.take(before)
        child.kill()

    (found,) = [one for one in after.processes - before.processes if one.pid == child.pid]
    assert (found.command, found.parent) == ("sleep 20", os.getpid())
    assert found.groups


@pytest.mark.needs_root
def test_what_a_run_leaves_is_not_laid_to_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "PATIENCE", 0.0)
    sandbox = secrets.token_hex(8)
    group = hierarchies()[0] / sandbox
    made: set[str] = set()
    subject = Subject(name="leaky", open=FakeCri)

    def run(name: str) -> None:
        with watch.Watch(subject, name, tmp_path, made).no_leaks():
            made.add(sandbox)
            group.mkdir(exist_ok=True)

    try:
        with pytest.raises(watch.Leaked, match=f"leaves_no_control_groups: {group}"):
            run("rtc-the-first")
        run("rtc-the-second")
    finally:
        group.rmdir()


LEAKY = """
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from runtimes.contract.engines.cgroups import hierarchies
from runtimes.contract.fake.backend import FakeBackend
from runtimes.contract.fake.service import FakeCri
UNDO = open("undo.sh", "a", buffering=1)
def run(*command):
    subprocess.run(command, check=True)
def mount(sandbox):
    folder = Path(sandbox)
    folder.mkdir()
    print(f"umount {folder.absolute()}", file=UNDO)
    run("mount", "-t", "tmpfs", "leaky", folder)
def pin(sandbox):
    print(f"ip netns delete {sandbox}", file=UNDO)
    run("ip", "netns", "add", sandbox)
def group(sandbox):
    folder = hierarchies()[0] / sandbox
    print(f"rmdir {folder}", file=UNDO)
    folder.mkdir()
def process(sandbox):
    child = subprocess.Popen(["sh", "-c", "sleep 1000; :", sandbox], start_new_session=True,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    print(f"kill -9 -{child.pid}", file=UNDO)
def pipe(sandbox):
    os.pipe()
class Leaky(FakeCri):
    def run_pod_sandbox(self, config, runtime_handler=""):
        sandbox = super().run_pod_sandbox(config, runtime_handler)
        for leak in (%LEAKS%):
            leak(sandbox)
        return sandbox
@dataclass(frozen=True, slots=True)
class Backend(FakeBackend):
    name: str = "leaky"
    def open(self, options=None):
        return Leaky()
backend = Backend()
"""
KNOWN = """
[[known-failure]]
test = "cri.run.leaves_no_descriptors"
reason = "keeps a pipe"
link = "https://example.org/1"
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """Where a leaky backend runs; what it leaves is undone at the end."""
    yield tmp_path
    subprocess.run(["sh", "-e", tmp_path / "undo.sh"], check=True)


def leaky(folder: Path, leaks: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Certify a backend that leaks so, and is known to leak descriptors."""
    install(folder / "site", "leaky", "leaky:backend")
    (folder / "site/leaky.py").write_text(LEAKY.replace("%LEAKS%", leaks))
    (folder / "known.toml").write_text(KNOWN)
    return contract(
        *("contract", "run", "-b", "leaky", "--test", "cri.sandbox.remove"),
        *("--known", "known.toml", "--report", "json=report.json"),
        *arguments,
        cwd=folder,
        site=folder / "site",
    )


def judged(folder: Path) -> dict[str, tuple[Verdict, str]]:
    """Verdict and message of whatever didn't pass."""
    tests = jsonfile.read(folder / "report.json").tests
    return {
        test.id.removeprefix("cri.run."): (test.verdict, test.message)
        for test in tests
        if test.verdict is not Verdict.PASS
    }


@pytest.mark.needs_root
def test_each_leak_fails_by_its_kind_and_one_that_is_known_is_told_apart(folder: Path) -> None:
    done = leaky(folder, "mount, pin, group, process, pipe")

    assert done.returncode == 1, done.stdout + done.stderr
    found = judged(folder)
    assert found.pop("leaves_no_descriptors") == (
        Verdict.KNOWN_FAILURE,
        "keeps a pipe (https://example.org/1)",
    )
    assert {verdict for verdict, _ in found.values()} == {Verdict.FAIL}
    says = {promise: message for promise, (_, message) in found.items()}
    assert str(folder) in says.pop("leaves_no_mounts")
    assert "/run/netns/" in says.pop("leaves_no_namespaces")
    assert "/sys/fs/cgroup/" in says.pop("leaves_no_control_groups")
    assert "sleep 1000" in says.pop("leaves_no_processes")
    assert says == {}


def test_a_leak_that_is_known_with_reason_and_link_makes_the_result_partial(folder: Path) -> None:
    done = leaky(folder, "pipe,", "--patience", "9")  # less than leaks have to vanish

    assert done.returncode == 3, done.stdout + done.stderr
    assert "keeps a pipe (https://example.org/1)" in done.stdout
    assert list(judged(folder)) == ["leaves_no_descriptors"]
