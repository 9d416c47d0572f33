"""Calls and streams through `runtimes serve`, against another CRI socket in the same run.

    python benchmarks/server.py --peer /run/containerd/containerd.sock

Version shows the server's own cost, ListContainers of `--containers` that of large answers (it is
measured only on our side: the peer's containers are left alone). The same client, gRPC for Python,
calls both; `--clients` call at once from as many processes for the throughput. The goal is that a
call costs at most five times that of containerd, a server written in Go.

Streams are of commands in a container of `--image`, which the peer must have (backend `oci` imports
it here, which takes root): how long `--megabytes` of output and of input take, and what memory each
of `--sessions` costs that are open at once: that of the server and its helpers, not the commands'.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from exec_streams import MEGABYTE, Execs, concurrent, settled
from side_by_side import Contender, report, run

from runtimes.cni.bridge.builtin import BuiltinBridge
from runtimes.cni.bridge.segment import BridgeOptions
from runtimes.contract.testimage.busybox import BUSYBOX, busybox
from runtimes.core import configure, discovery
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.host import open_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from runtimes.core.cri.services import CriService

CALLS_PER_ROUND = 20
GOAL = 5.0
START_TIMEOUT = 30.0
IMAGE = cri.ImageSpec(image="busybox")


def connect(path: str, netns: str = "") -> CriService:
    backend = discovery.load("cri")
    words = {"endpoint": f"unix://{path}", "api": "v1"}
    if netns:
        words["streaming_netns"] = netns
    service: CriService = backend.open(configure.fill(backend.options, words))
    return service


@contextmanager
def served(backend: str, folder: Path, options: Mapping[str, str] | None = None) -> Iterator[str]:
    path = folder / "bench.sock"
    program = [sys.executable, "-c", "from runtimes.cli.main import main; main()"]
    given = [word for pair in (options or {}).items() for word in ("--option", "=".join(pair))]
    command = [*program, "serve", "-b", backend, *given, "--listen", f"unix://{path}"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as server:
        try:
            end = time.monotonic() + START_TIMEOUT
            while not path.is_socket():
                assert time.monotonic() < end, "the server doesn't start"
                time.sleep(0.01)
            yield str(path)
        finally:
            server.terminate()


@contextmanager
def served_oci(folder: Path) -> Iterator[str]:
    options = {
        "root": str(folder / "root"), "run_root": str(folder / "run"), "bridge": "rtbench1",
    }  # fmt: skip
    backend = discovery.load("oci")
    archive = folder / "busybox.tar"
    archive.write_bytes(busybox().archive())
    with backend.open(configure.fill(backend.options, options)) as service:
        service.import_image(archive, BUSYBOX)
    with ExitStack() as stack:
        bridge = BuiltinBridge(folder / "run/network/bridge", BridgeOptions("rtbench1"))
        stack.callback(bridge.uninstall)
        yield stack.enter_context(served("oci", folder, options))


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
    parser.add_argument("--image", default=BUSYBOX)
    parser.add_argument("--netns", default="", help="network namespace of the peer's streams")
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--sessions", type=int, default=1000)
    words = parser.parse_args()
    open_files.allow_many()
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
    if os.geteuid() == 0:
        with tempfile.TemporaryDirectory(dir="/var/tmp") as scratch:
            streams(Path(scratch), words)
    return 0 if met else 1


def streams(folder: Path, words: argparse.Namespace) -> None:
    with ExitStack() as stack:
        path = stack.enter_context(served_oci(folder))
        ours = {"runtimes serve -b oci": (path, connect(path))}
        if words.peer:
            peer = words.peer.removeprefix("unix://")
            ours["peer"] = (peer, connect(peer, words.netns))
        execs = {}
        for name, (where, service) in ours.items():
            execs[name] = (where, Execs(service, words.image))
            stack.callback(execs[name][1].remove)
        for title, move in (("out of", Execs.out), ("into", Execs.into)):
            contenders = [
                mover(name, one, move, words.megabytes) for name, (_, one) in execs.items()
            ]
            run(contenders, max(3, words.rounds // 10), warm_up=1)
            report(contenders, f"{words.megabytes} MB {title} a command")
            for each in contenders:
                print(f"{each.name:28}{words.megabytes * 1000 / each.median_ms:10.0f} MB/s")
        for name, (where, one) in execs.items():
            sessions(name, where, one, words.sessions)


def mover(name: str, execs: Execs, move: Callable[[Execs, int], None], megabytes: int) -> Contender:
    return Contender(name, lambda _: move(execs, megabytes), lambda _: None)


def sessions(name: str, path: str, execs: Execs, count: int) -> None:
    before = settled(path)
    start = time.perf_counter()
    with concurrent(execs, count):
        took = time.perf_counter() - start
        each = (settled(path) - before) / count
        print(f"{name:28}{each / 1000:10.0f} kB a session, {count} at once, open in {took:.0f} s")
    left = (settled(path) - before) / MEGABYTE
    print(f"{'':28}{left:10.1f} MB more than before, once they are closed")


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
