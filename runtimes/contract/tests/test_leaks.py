"""What a run leaves is told by its kind; what others of the node do meanwhile never is."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from runtimes.contract.leaks import judge, snapshot
from runtimes.contract.leaks.snapshot import Process, Snapshot
from runtimes.contract.report import jsonfile
from runtimes.contract.report.model import Verdict
from runtimes.contract.tests.contract_command import contract, install

pytestmark = pytest.mark.timeout(360)  # commands in processes of their own, on a busy host
OWN = judge.Own(frozenset({"rtc-1", "c0ffee"}), (Path("/var/lib/mine"),))


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


def test_a_process_is_the_runs_by_name_group_or_ancestry() -> None:
    processes = {
        Process(10, 1, 1, "conmon --cid c0ffee", "/"),
        Process(11, 1, 10, "sleep 1000", "/"),
        Process(12, 1, 1, "sleep 1000", "0::/rtc-1/pod"),
        Process(13, 1, 1, "another's conmon --cid beef", "/"),
    }

    found = left(Snapshot(processes=frozenset(processes)))["leaves_no_processes"]

    assert [line.partition(":")[0] for line in found] == ["process 10", "process 11", "process 12"]


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


LEAKY = """
import os
import subprocess
from dataclasses import dataclass
from runtimes.contract.fake.backend import FakeBackend
from runtimes.contract.fake.service import FakeCri
class Leaky(FakeCri):
    def run_pod_sandbox(self, config, runtime_handler=""):
        sandbox = super().run_pod_sandbox(config, runtime_handler)
        {leak}
        return sandbox
@dataclass(frozen=True, slots=True)
class Backend(FakeBackend):
    name: str = "leaky"
    def open(self, options=None):
        return Leaky()
backend = Backend()
"""


@pytest.mark.parametrize(
    ("leak", "promise", "says"),
    [
        ("os.pipe()", "leaves_no_descriptors", "pipe:["),
        (
            # without the run's outputs, which are read until everybody has closed them
            'subprocess.Popen(["sh", "-c", "exec >/dev/null 2>&1; sleep 100; :", sandbox])',
            "leaves_no_processes",
            "sleep 100",
        ),
    ],
)
def test_a_backend_that_leaks_fails_by_what_it_leaks(
    leak: str, promise: str, says: str, tmp_path: Path
) -> None:
    install(tmp_path / "site", "leaky", "leaky:backend")
    (tmp_path / "site/leaky.py").write_text(LEAKY.format(leak=leak))

    done = contract(
        *("contract", "run", "-b", "leaky", "--test", "cri.sandbox.remove"),
        *("--report", "json=report.json"),
        cwd=tmp_path,
        site=tmp_path / "site",
    )

    assert done.returncode == 1, done.stderr
    tests = jsonfile.read(tmp_path / "report.json").tests
    (failed,) = [test for test in tests if test.verdict is Verdict.FAIL]
    assert failed.id == f"cri.run.{promise}"
    assert says in failed.message


def test_a_leak_that_is_known_with_reason_and_link_makes_the_result_partial(tmp_path: Path) -> None:
    install(tmp_path / "site", "leaky", "leaky:backend")
    (tmp_path / "site/leaky.py").write_text(LEAKY.format(leak="os.pipe()"))
    (tmp_path / "known.toml").write_text(
        '[[known-failure]]\ntest = "cri.run.leaves_no_descriptors"\n'
        'reason = "keeps a pipe"\nlink = "https://example.org/1"\n'
    )

    done = contract(
        *("contract", "run", "-b", "leaky", "--test", "cri.sandbox.remove"),
        *("--known", "known.toml"),
        cwd=tmp_path,
        site=tmp_path / "site",
    )

    assert done.returncode == 3, done.stdout + done.stderr
    assert "keeps a pipe (https://example.org/1)" in done.stdout
