"""What an agent costs: pods to Running, the idle agent, and a crash to its restart.

    python benchmarks/agent.py [PODS...]        default: 10 100 300

As root. `podman kube play` starts the same pods in the same run, one command for all of them,
where podman and its network are there and the number is at most 10: it takes seconds a pod.
"""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from agent_house import IMAGE, POD, House, process_of, wait_for

from runtimes.core.pod.status import ContainerState

if TYPE_CHECKING:
    from runtimes.client import Runtime

_SETTLE_SECONDS = 70.0  # until what came since the list before has been looked at
_IDLE_SECONDS = 60.0  # what is done once a minute counts, too
_CRASHES = 20
_MOST_FOR_PODMAN = 10


def measure(pods: int) -> dict[str, float]:
    house = House(Path(tempfile.mkdtemp(prefix="agent-")))
    try:
        for number in range(pods):
            house.write(f"pod-{number}")
        with house.runtime() as runtime:

            def running() -> dict[str, str]:
                found = runtime.backend_runtime.get_pods()
                return {pod.name: one.id for pod in found for one in pod.containers}

            house.start()
            start = wait_for(lambda: len(running()) == pods, f"start {pods} pods")
            time.sleep(_SETTLE_SECONDS)
            before, began = house.cpu_seconds(), time.monotonic()
            time.sleep(_IDLE_SECONDS)
            cpu = (house.cpu_seconds() - before) / (time.monotonic() - began) * 100
            crashes = sorted(crash(runtime, number % pods) for number in range(min(_CRASHES, pods)))
            return {
                "start s": start,
                "idle CPU %": cpu,
                "RSS MiB": house.rss_mib(),
                "restart p50 ms": statistics.median(crashes) * 1000,
                "restart p99 ms": crashes[-1] * 1000,
            }
    finally:
        house.close()


def crash(runtime: Runtime, number: int) -> float:
    """Kill the container's process; seconds until another attempt runs."""
    pod = runtime.pod(f"pod-{number}")
    before = pod.container("app").status
    os.kill(process_of(runtime, before.id), signal.SIGKILL)

    def again() -> bool:
        latest = pod.observe().latest("app")
        return (
            latest is not None and latest.id != before.id and latest.state is ContainerState.RUNNING
        )

    return wait_for(again, f"restart pod-{number}", 30.0)


def podman(pods: int) -> float | None:
    """Seconds that `podman kube play` takes for the same pods; None where it can't be had."""
    if shutil.which("podman") is None or pods > _MOST_FOR_PODMAN:
        return None
    folder = Path(tempfile.mkdtemp(prefix="podman-"))
    call = ["podman", "--root", str(folder / "root"), "--runroot", str(folder / "run")]
    texts = [POD.format(name=f"pod-{number}", image=IMAGE) for number in range(pods)]
    manifest = folder / "pods.yaml"
    manifest.write_text("---\n".join(texts))
    tree = folder / "tree" / "bin"
    tree.mkdir(parents=True)
    shutil.copy("/bin/busybox", tree / "busybox")
    for name in ("sh", "sleep"):
        (tree / name).symlink_to("busybox")
    archive = folder / "rootfs.tar"
    subprocess.run(["tar", "-C", tree.parent, "-cf", archive, "."], check=True)
    try:
        subprocess.run([*call, "import", str(archive), IMAGE], check=True, capture_output=True)
        began = time.monotonic()
        subprocess.run([*call, "kube", "play", str(manifest)], check=True, capture_output=True)
        return time.monotonic() - began
    except subprocess.CalledProcessError as error:
        print(f"podman: {error.stderr.decode(errors='replace').strip().splitlines()[-1:]}")
        return None
    finally:
        subprocess.run([*call, "pod", "rm", "-fa"], check=False, capture_output=True)
        subprocess.run([*call, "rmi", "-fa"], check=False, capture_output=True)
        shutil.rmtree(folder, ignore_errors=True)


def main(counts: list[int]) -> int:
    names = ["start s", "idle CPU %", "RSS MiB", "restart p50 ms", "restart p99 ms"]
    print(f"{'pods':>6}" + "".join(f"{name:>16}" for name in names) + f"{'podman start s':>16}")
    for pods in counts:
        found = measure(pods)
        peer = podman(pods)
        row = "".join(f"{found[name]:16.1f}" for name in names)
        print(f"{pods:6}{row}{'' if peer is None else f'{peer:16.1f}'}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main([int(word) for word in sys.argv[1:]] or [10, 100, 300]))
