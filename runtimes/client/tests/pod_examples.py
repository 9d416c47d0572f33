"""What the manifests in examples/pods promise, and what came of them on a backend.

The first lines of a manifest are comments: the first says what it shows, others begin with

    expect: <phase> [exit code]     or `Complete` for a Job, `Running ready`, `refused <reason>`
    log [pod/]<container>: <text>   that the container's log has
    log after the stop ...: <text>  likewise, once the pod was stopped
    message <container>: <text>     of its termination, which is just that but for line ends
    reason <container>: <word>      of its termination
    qos: <class>                    of the first pod
    needs: <capability>             without which a backend refuses the pod, and the rest is void
"""

from __future__ import annotations

import secrets
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtimes.client import StartFailed, connect
from runtimes.client.tests.pod_accounts import PodAccount, account_of
from runtimes.client.workloads import Outcome, configuration, plan_now, pods_of, wanted
from runtimes.contract.engines.cgroups import remove_group
from runtimes.contract.testimage.busybox import busybox
from runtimes.core.capability import Capability
from runtimes.kubelet.config import KubeletConfig

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.client import Pod, Runtime
    from runtimes.client.workloads import Wanted
    from runtimes.core.pod import v1

IMAGE = "busybox:1.36"
EXAMPLES = sorted((Path(__file__).parents[3] / "examples/pods").glob("*.yaml"))
AT_ONCE = 6
PATIENCE = 90.0
_PAUSE = 0.1
_KINDS = {"expect", "log", "message", "reason", "qos", "needs"}
_NEEDS = ("needs",)


@dataclass(frozen=True, slots=True)
class Result:
    """What came of an example.

    Attributes:
        broken: the promises that weren't kept.
        pods: by name, what was to be told of each once it had ended or was as promised, and after
            it was stopped.
    """

    broken: list[str]
    pods: dict[str, list[PodAccount]]


Outcomes = dict[str, Future[Result]]


@dataclass(frozen=True, slots=True)
class Promise:
    """One comment: its words before the colon, and the text behind."""

    words: tuple[str, ...]
    text: str


REFUSED = Promise(("expect",), "refused FailedSync")


def promises(manifest: str) -> list[Promise]:
    found = []
    for line in manifest.splitlines():
        if not line.startswith("# "):
            break
        head, colon, text = line[2:].partition(": ")
        if colon and head.split()[0] in _KINDS:
            found.append(Promise(tuple(head.split()), text))
    return found


def carry_out(runtime: Runtime, path: Path, image: str) -> Result:
    text = path.read_text()
    objects = runtime.read(text.replace(IMAGE, image))
    for kept in configuration(objects):
        runtime.keep(kept)
    promised = applicable(promises(text), runtime.opened.backend.capabilities)
    result = Result([], {})
    for one in wanted(objects):
        _Case(runtime, one, promised, result).run()
    return result


def applicable(promised: list[Promise], claims: frozenset[Capability]) -> list[Promise]:
    """What has to be kept: where a claim is missing that the example needs, to refuse it."""
    needs = {Capability(one.text) for one in promised if one.words == _NEEDS}
    return [one for one in promised if one.words != _NEEDS] if needs <= claims else [REFUSED]


def run_all(runtime: Runtime, examples: list[Path], image: str) -> Outcomes:
    """Run several at a time; each test waits for its own."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        return {one.stem: pool.submit(carry_out, runtime, one, image) for one in examples}


@contextmanager
def node(folder: Path) -> Iterator[KubeletConfig]:
    """A node of one's own, whose pods are gone in the end."""
    config = KubeletConfig(
        root=folder / "kubelet",
        log_root=folder / "logs",
        cgroup_root=f"rte{secrets.token_hex(3)}",
        host_ip="192.0.2.7",
    )
    yield config
    remove_group(config.cgroup_root)


@contextmanager
def embedded(folder: Path) -> Iterator[tuple[Runtime, str]]:
    """The embedded backend below `folder`, and the image that is there."""
    from runtimes.cni.bridge.builtin import BuiltinBridge
    from runtimes.cni.bridge.segment import BridgeOptions

    folder.chmod(0o755)
    archive = folder / "busybox.tar"
    archive.write_bytes(busybox().archive())
    bridge, run_root = f"rte{secrets.token_hex(4)}", folder / "run"
    places: dict[str, Any] = {"root": folder / "oci", "run_root": run_root, "bridge": bridge}
    with node(folder) as kubelet, connect("oci", kubelet=kubelet, **places) as runtime:
        yield runtime, runtime.import_image(archive)[0]
    BuiltinBridge(run_root / "network/bridge", BridgeOptions(bridge)).uninstall()


@dataclass(slots=True)
class _Case:
    runtime: Runtime
    wanted: Wanted
    promised: list[Promise]
    result: Result

    def run(self) -> None:
        try:
            ended = self._drive()
            self._tell(ended, after_the_stop=False)
            for pod in self._pods():
                pod.stop()
            self._tell(ended, after_the_stop=True)
        finally:
            for pod in self._pods():
                pod.remove(force=True)

    def _tell(self, ended: str, *, after_the_stop: bool) -> None:
        due = [one for one in self.promised if ("after" in one.words) == after_the_stop]
        self.result.broken.extend(filter(None, (self._judge(one, ended) for one in due)))
        for pod in self._pods():
            self.result.pods.setdefault(pod.name, []).append(account_of(pod))

    def _pods(self) -> list[Pod]:
        return list(pods_of(self.runtime, self.wanted).values())

    def _expected(self) -> str:
        return next(one.text for one in self.promised if one.words == ("expect",))

    def _drive(self) -> str:
        """Do what a person at the command line does; tell how it ended in the words of `expect`."""
        plan = plan_now(self.runtime, self.wanted)
        pods: dict[str, Pod] = {}
        while plan.outcome is None:
            new = [one for one in plan.pods if one.metadata.name not in pods]
            if not new:
                break
            for one in new:
                pods[one.metadata.name] = self.runtime.create(one)
            refused = self._follow([pods[one.metadata.name] for one in new])
            if refused or self._expected().startswith("Running"):
                return refused or self._expected()
            plan = plan_now(self.runtime, self.wanted)
        if plan.outcome is Outcome.COMPLETE:
            return "Complete"
        return _ended(list(pods.values())[-1])

    def _follow(self, pods: list[Pod]) -> str:
        for pod in pods:
            try:
                pod.start(timeout=PATIENCE)
            except StartFailed as error:
                return f"refused {error.reason}"
            if self._expected() == "Running ready":
                pod.drive(lambda view: _is_ready(view.status), timeout=PATIENCE)
            elif not self._expected().startswith("Running"):
                pod.wait(timeout=PATIENCE)
        return ""

    def _judge(self, promise: Promise, ended: str) -> str:
        kind, text = promise.words[0], promise.text
        if kind == "expect":
            return "" if ended == text else f"expected {text}, but {ended}"
        if kind == "log":
            return self._judge_log(promise)
        if kind == "qos":
            found = self._pods()[0].status().qos_class
            return "" if found == text else f"expected qos {text}, but {found}"
        told = self._termination(promise)
        return "" if told == text else f"expected {' '.join(promise.words)} {text!r}, but {told!r}"

    def _judge_log(self, promise: Promise) -> str:
        """Logs of what goes on are waited for."""
        end = time.monotonic() + (PATIENCE if self._expected() == "Running" else 0)
        place = promise.words[-1]
        while True:
            lines = self._log(place)
            if promise.text in lines:
                return ""
            if time.monotonic() > end:
                return f"expected {promise.text!r} in the log of {place}, but it is {lines!r}"
            time.sleep(_PAUSE)

    def _log(self, place: str) -> str:
        pod, container = self._place(place)
        return b"".join(line.text for line in pod.logs(container)).decode()

    def _place(self, place: str) -> tuple[Pod, str]:
        name, _, container = place.rpartition("/")
        pods = pods_of(self.runtime, self.wanted)
        return (pods[name] if name else next(iter(pods.values()))), container

    def _termination(self, promise: Promise) -> str:
        pod, name = self._place(promise.words[-1])
        status = next(one for one in pod.status().container_statuses if one.name == name)
        ended = status.state.terminated
        return "" if ended is None else str(getattr(ended, promise.words[0])).strip()


def _is_ready(status: v1.PodStatus) -> bool:
    return any(one.type == "Ready" and one.status == "True" for one in status.conditions)


def _ended(pod: Pod) -> str:
    status, code = pod.status(), pod.wait(timeout=PATIENCE)
    return f"{status.phase} {code}" if code else status.phase
