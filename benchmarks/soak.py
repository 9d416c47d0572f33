"""Kill the agent, containers and monitors at random; everything comes back, nothing leaks.

    python benchmarks/soak.py [SECONDS] [PODS]      default: 600 10

As root. Each round kills one thing with SIGKILL, the agent also amid the end of a pod, or takes a
manifest away for a while, and waits until every pod is as its manifest says. A Job goes on
meanwhile, and no attempt of it may be made twice. At the end all manifests go, and no pod, record,
process, mount, network namespace or cgroup may be left.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from agent_house import IMAGE, House, process_of, wait_for

from runtimes.kubelet.store.job_runs import JobRuns
from runtimes.kubelet.workloads.model import Outcome

if TYPE_CHECKING:
    from runtimes.client import Runtime

_BACK = 60.0
_KINDS = ("agent", "amid", "container", "monitor", "manifest")
_ATTEMPTS = 6
_JOB = """\
apiVersion: batch/v1
kind: Job
metadata: {{name: job}}
spec:
  completions: {completions}
  parallelism: 2
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 1
      containers:
      - {{name: app, image: "{image}", imagePullPolicy: Never, command: [sleep, "3"]}}
"""


class Soak:
    """One run; `seed` makes it the same again."""

    def __init__(self, house: House, runtime: Runtime, pods: int, seed: int) -> None:
        self.house, self.runtime = house, runtime
        self.names = {f"pod-{number}" for number in range(pods)}
        self.random = random.Random(seed)
        self.counts = dict.fromkeys(_KINDS, 0)

    def begin(self) -> None:
        for name in self.names:
            self.house.write(name)
        job = self.house.manifests / "job.yaml"
        job.write_text(_JOB.format(completions=_ATTEMPTS, image=IMAGE))
        self.house.start()

    def round(self) -> None:
        """Do each kind once, then any."""
        done = sum(self.counts.values())
        what = _KINDS[done] if done < len(_KINDS) else self.random.choice([*_KINDS, "container"])
        self.counts[what] += 1
        getattr(self, f"kill_{what}")()

    def kill_agent(self) -> None:
        before = self.running()
        self.house.end(signal.SIGKILL)
        self.house.start()
        time.sleep(self.random.uniform(0.2, 1.0))
        after = self.running()
        changed = {name for name in before if after.get(name) != before[name]}
        if changed:
            raise AssertionError(f"the next agent restarted {changed}")

    def kill_amid(self) -> None:
        """The agent while it ends a pod, whose manifest is back before the next one looks."""
        name, before = self.random.choice(sorted(self.names)), self.running()
        self.house.write(name).unlink()
        time.sleep(self.random.uniform(0.0, 1.0))
        self.house.end(signal.SIGKILL)
        self.house.write(name)
        self.house.start()
        wait_for(self.settled, f"come back after {self.counts}", _BACK * 6)
        after = self.running()
        changed = {one for one in before if after.get(one) != before[one]} - {name}
        if changed:
            raise AssertionError(f"the next agent restarted {changed}")

    def kill_container(self) -> None:
        self._kill("pid")

    def kill_monitor(self) -> None:
        """What watches a container, and the container, whose exit nobody notes."""
        self._kill("monitor_pid", "pid")

    def kill_manifest(self) -> None:
        name = self.random.choice(sorted(self.names))
        self.house.write(name).unlink()
        wait_for(lambda: name not in self.running(), f"end {name}", _BACK)
        self.house.write(name)

    def running(self) -> dict[str, str]:
        """Ids of the containers that shall run for ever."""
        pods = self.runtime.backend_runtime.get_pods()
        mine = [pod for pod in pods if pod.name in self.names]
        return {pod.name: one.id for pod in mine for one in pod.containers}

    def job_is_complete(self) -> bool:
        """Raises AssertionError: it has ended otherwise."""
        run = JobRuns(self.house.kubelet.root, "oci").list().get(("default", "job"))
        if run is None or run.outcome is None:
            return False
        if run.outcome is not Outcome.COMPLETE or len(run.ended) != _ATTEMPTS:
            raise AssertionError(f"the Job ended as {run}")
        return True

    def settled(self) -> bool:
        return set(self.running()) == self.names

    def _kill(self, *which: str) -> None:
        """Kill processes of one container, and wait until it is seen to have ended."""
        running = self.running()
        if not running:
            return
        name = self.random.choice(sorted(running))
        chosen = running[name]
        for pid in [process_of(self.runtime, chosen, each) for each in which]:
            if pid:
                with suppress(ProcessLookupError):  # it went with what was killed before
                    os.kill(pid, signal.SIGKILL)
        wait_for(lambda: self.running().get(name) != chosen, f"end {name}", _BACK)


def leaks(house: House) -> list[str]:
    """What is left of pods that are gone."""
    root = str(house.root)
    found = [f"mount {line.split()[1]}" for line in _lines("/proc/self/mounts") if root in line]
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if root in command and int(folder.name) not in {os.getpid(), _pid(house)}:
            found.append(f"process {folder.name}: {command}")
    for kind in ("pods", "names", "jobs"):
        found += [f"record {path}" for path in (house.kubelet.root / kind).glob("*")]
    found += [f"log {path}" for path in house.kubelet.log_root.glob("*")]
    return found + [f"cgroup {path}" for path in _pod_groups(house.kubelet.cgroup_root)]


def _pod_groups(cgroup_root: str) -> list[Path]:
    """Those of pods in every hierarchy; others may go while it looks."""
    top = Path("/sys/fs/cgroup")
    bases = [*top.glob(cgroup_root), *top.glob(f"*/{cgroup_root}")]
    folders = [Path(folder) for base in bases for folder, _, _ in os.walk(base)]
    return [folder for folder in folders if folder.name.startswith("pod")]


def _pid(house: House) -> int:
    return house.agent.pid if house.agent is not None else 0


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines()


def main(seconds: float, pods: int) -> int:
    seed = int(os.environ.get("SOAK_SEED", time.time_ns() % 2**32))
    print(f"seed {seed}, {pods} pods, {seconds:.0f} s", flush=True)
    house = House(Path(tempfile.mkdtemp(prefix="soak-")))
    try:
        with house.runtime() as runtime:
            soak = Soak(house, runtime, pods, seed)
            soak.begin()
            wait_for(soak.settled, "start", _BACK * 6)
            open_files = house.open_files()
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                soak.round()
                wait_for(soak.settled, f"come back after {soak.counts}", _BACK * 6)
            print(f"killed {soak.counts}")
            wait_for(soak.job_is_complete, "complete the Job", _BACK * 6)
            print(f"files of the agent: {open_files} at first, {house.open_files()} at last")
            for name in (*soak.names, "job"):
                (house.manifests / f"{name}.yaml").unlink()
            wait_for(lambda: not runtime.pods(), "end", _BACK)
            wait_for(lambda: not leaks(house), "leave nothing", _BACK)
    except (AssertionError, TimeoutError) as error:
        print(
            f"failed: {error}\n{leaks(house)}\n"
            + "\n".join(_lines(f"{house.root}/agent.log")[-40:])
        )
        return 1
    finally:
        house.close()
    print("everything came back, nothing is left")
    return 0


if __name__ == "__main__":
    words = [float(word) for word in sys.argv[1:]]
    sys.exit(main(words[0] if words else 600.0, int(words[1]) if len(words) > 1 else 10))
