"""One unary call through `runtimes serve`, against another CRI socket in the same run.

    python benchmarks/server.py --peer /run/containerd/containerd.sock

Version shows the server's own cost, ListContainers of `--containers` that of large answers (it is
measured only on our side: the peer's containers are left alone). The same client, gRPC for Python,
calls both; `--clients` call at once from as many processes for the throughput. The goal is that a
call costs at most five times that of containerd, a server written in Go.
"""

from __future__ import annotations

import argparse
import multiprocessing
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from side_by_side import Contender, report, run

from runtimes.core import configure, discovery
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.cri.services import CriService

CALLS_PER_ROUND = 20
GOAL = 5.0
START_TIMEOUT = 30.0
IMAGE = cri.ImageSpec(image="busybox")


def connect(path: str) -> CriService:
    backend = discovery.load("cri")
    service: CriService = backend.open(
        configure.fill(backend.options, {"endpoint": f"unix://{path}", "api": "v1"})
    )
    return service


@contextmanager
def served(backend: str, folder: Path) -> Iterator[str]:
    path = folder / "bench.sock"
    program = [sys.executable, "-c", "from runtimes.cli.main import main; main()"]
    command = [*program, "serve", "-b", backend, "--listen", f"unix://{path}"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            end = time.monotonic() + START_TIMEOUT
            while not path.is_socket():
                assert time.monotonic() < end, "the server doesn't start"
                time.sleep(0.01)
            yield str(path)
        finally:
            server.terminate()


def fill(service: CriService, count: int) -> None:
    service.pull_image(IMAGE)
    metadata = cri.PodSandboxMetadata(name="bench", uid="bench", namespace="default")
    pod = cri.PodSandboxConfig(metadata=metadata)
    sandbox = service.run_pod_sandbox(pod)
    for number in range(count):
        config = cri.ContainerConfig(
            metadata=cri.ContainerMetadata(name=f"c{number}"),
            image=IMAGE,
            command=["true"],
            labels={"io.kubernetes.container.name": f"c{number}"},
        )
        service.create_container(sandbox, config, pod)


def versions(service: CriService) -> Contender:
    def work(_: int) -> None:
        for _call in range(CALLS_PER_ROUND):
            service.version()

    return Contender("", work, lambda _: None)


def hammer(path: str, seconds: float) -> int:
    count = 0
    with connect(path) as service:
        service.version()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            service.version()
            count += 1
    return count


def throughput(path: str, clients: int, seconds: float) -> float:
    context = multiprocessing.get_context("spawn")
    with context.Pool(clients) as pool:
        done = pool.starmap(hammer, [(path, seconds)] * clients)
    return sum(done) / seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--peer", default="", help="another CRI socket")
    parser.add_argument("--backend", default="fake")
    parser.add_argument("--rounds", type=int, default=30)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--containers", type=int, default=500)
    words = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, served(words.backend, Path(folder)) as path:
        paths = {f"runtimes serve -b {words.backend}": path}
        if words.peer:
            paths["peer"] = words.peer.removeprefix("unix://")
        met = unary(paths, words.rounds)
        for name, one in paths.items():
            rate = throughput(one, words.clients, words.seconds)
            print(f"{name:28}{rate:10.0f} Version/s, {words.clients} clients")
        if words.backend == "fake":
            lists(path, words)
    return 0 if met else 1


def unary(paths: dict[str, str], rounds: int) -> bool:
    contenders: list[Contender] = []
    for name, path in paths.items():
        contender = versions(connect(path))
        contender.name = name
        contender.goal = GOAL if contenders else None
        contenders.append(contender)
    run(contenders, rounds)
    return report(contenders, f"{CALLS_PER_ROUND} x Version, one client")


def lists(path: str, words: argparse.Namespace) -> None:
    with connect(path) as service:
        fill(service, words.containers)
        listing = Contender("ListContainers", lambda _: service.list_containers(), lambda _: None)
        streaming = Contender(
            "StreamContainers", lambda _: list(service.stream_containers()), lambda _: None
        )
        run([listing, streaming], words.rounds)
        report([listing, streaming], f"{words.containers} containers")


if __name__ == "__main__":
    sys.exit(main())
