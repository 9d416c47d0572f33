"""What is left of a pod whose start failed, and who may take it away."""

from __future__ import annotations

import errno
import fcntl
import json
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors, labels
from runtimes.core.pod.gc import GarbagePolicy
from runtimes.core.pod.status import PodStatus
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.manifest.load import load, pods
from runtimes.rkt_stub.images.accounts import AccountCache
from runtimes.rkt_stub.images.store import ImageStore
from runtimes.rkt_stub.launch.unit import ALIVE
from runtimes.rkt_stub.pod import start
from runtimes.rkt_stub.pod.incarnation import Incarnation, folder_of
from runtimes.rkt_stub.pod.node import RktNode
from runtimes.rkt_stub.pod.remove import to_remove
from runtimes.rkt_stub.program.rkt import Answer, Rkt
from runtimes.rkt_stub.sandbox import teardown
from runtimes.rkt_stub.shim.engine import ShimEngine
from runtimes.rkt_stub.shim.record import SandboxRecord

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.rkt_stub.launch.unit import Launcher, Unit

UUID = "5ab8f6a2-77cb-4a3e-a5a5-3d2e1a4a4a4a"
POD = """\
apiVersion: v1
kind: Pod
metadata: {name: p, uid: u}
spec: {containers: [{name: a, image: i}]}
"""


@dataclass(frozen=True, kw_only=True)
class Unready(Rkt):
    """One pod, which runs until it is stopped and never becomes ready."""

    state: list[str] = field(default_factory=lambda: ["running"])

    def call(
        self, *words: str, timeout: float | None = None, interruptible: bool = False
    ) -> Answer:
        del timeout, interruptible
        code, said = 0, ""
        if words[0] == "prepare":
            said = UUID
        elif words[0] == "list":
            said = json.dumps([{"name": UUID, "state": state} for state in self.state])
        elif words[0] == "stop":
            self.state[:] = ["exited"]
        elif words[0] == "rm" and self.state == ["exited"]:
            self.state.clear()
        elif words[0] == "rm" or "--wait-ready" in words[1]:
            code = 254
        return Answer(words, code, said.encode(), b"")


class Silent:
    def start(self, unit: Unit) -> None:
        unit.save()


class Full:
    def start(self, unit: Unit) -> None:
        raise OSError(errno.ENOSPC, "no space left", str(unit.folder))


def run(node: RktNode) -> None:
    (pod,) = pods(load(POD, name="pod.yaml"))
    status = PodStatus(uid="u", name="p", namespace="default")
    start.run_pod(start.Start(node=node, pod=pod, containers=(), volumes={}, status=status), ())


def node_of(root: Path, launcher: Launcher) -> RktNode:
    rkt, config = Unready(), KubeletConfig(root=root, log_root=root / "logs")
    return RktNode(rkt=rkt, images=ImageStore(rkt), launcher=launcher, net="none", config=config)


def test_a_pod_that_does_not_become_ready_in_time_is_ended_and_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(start, "READY_SECONDS", 0.3)
    node, began = node_of(tmp_path, Silent()), time.monotonic()

    with pytest.raises(errors.Internal, match="doesn't become ready"):
        run(node)

    assert time.monotonic() - began >= 0.3
    assert json.loads(node.rkt.call("list").stdout) == []
    assert not folder_of(tmp_path, UUID).exists()


def test_a_full_disk_at_the_launch_is_told_and_leaves_no_pod(tmp_path: Path) -> None:
    node = node_of(tmp_path, Full())

    with pytest.raises(errors.ResourceExhausted, match="run pod default/p"):
        run(node)

    assert json.loads(node.rkt.call("list").stdout) == []


def test_a_prepared_pod_is_no_garbage_while_its_pod_is_wanted() -> None:
    notes = {labels.POD_UID: "u"}
    one = Incarnation({"name": UUID, "state": "prepared"}, notes, end=None, running=False)
    policy = GarbagePolicy(max_per_container=0, max_containers=0)

    assert to_remove([one], policy, set()) == []
    assert to_remove([one], policy, {"u"}) == [one]


def test_a_sandbox_whose_rkt_was_not_heard_of_yet_keeps_its_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teardown, "_LAST_WORDS", 0.1)
    rkt = Unready()
    engine = ShimEngine(
        rkt=rkt,
        images=ImageStore(rkt),
        accounts=AccountCache(rkt),
        launcher=Silent(),
        root=tmp_path,
        net="none",
    )
    engine.prepare()
    record = SandboxRecord(
        id="s1", name="p", namespace="n", uid="u", attempt=0, created_at_ns=1, config_bytes=b""
    )
    with engine.sandboxes.create(record):
        pass
    engine.folder(record.id).mkdir(parents=True)

    with (engine.folder(record.id) / ALIVE).open("w") as supervisor:
        fcntl.flock(supervisor, fcntl.LOCK_EX)
        with pytest.raises(errors.DeadlineExceeded, match="no UUID"):
            teardown.erase(engine, record)
        assert engine.sandboxes.load(record.id).stopped

        (engine.folder(record.id) / "uuid").write_text(UUID)
        teardown.erase(engine, record)

    assert rkt.state == []
    assert engine.sandboxes.ids() == []
