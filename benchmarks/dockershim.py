"""The CRI on Docker: pods and lists in process, by a socket of ours, and by another on that Engine.

    python benchmarks/dockershim.py --host unix:///run/docker.sock --pause IMAGE --image IMAGE
                                    [--peer unix:///run/cri-dockerd.sock] [--sizes 10,100,500]

Each row is timed in interleaved rounds, by one client for both sockets; `ratio` is our socket's
median to the others'. CPU is the one of this process, which serves what is "in process" and calls
the others, per relist (ListPodSandbox and ListContainers).
"""

from __future__ import annotations

import argparse
import secrets
import sys
import tempfile
import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from server import connect, served
from side_by_side import Contender, report, run

from runtimes.core import configure, discovery, errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.core.cri.services import CriService

POD_GOAL, LIST_GOAL = 1.0, 0.5
"""Against cri-dockerd on the same Engine."""

_PER_POD, _MANY = 50, 500
SOCKET, IN_PROCESS, PEER = "our socket", "in process", "peer"


class Pods:
    """Pods of one service, with names of their own."""

    def __init__(self, service: CriService, image: str, logs: Path) -> None:
        self._service = service
        self._image = image
        self._logs = logs
        self._token = secrets.token_hex(4)

    def sandbox(self, name: str) -> tuple[str, cri.PodSandboxConfig]:
        config = cri.PodSandboxConfig(
            metadata=cri.PodSandboxMetadata(
                name=name, namespace="benchmark", uid=f"{self._token}-{name}"
            ),
            labels={"benchmark": self._token},
            log_directory=str(self._logs / name),
        )
        (self._logs / name).mkdir(exist_ok=True)
        config.linux.security_context.namespace_options.pid = cri.CONTAINER
        return self._service.run_pod_sandbox(config), config

    def container(self, name: str, sandbox: str, config: cri.PodSandboxConfig) -> str:
        wanted = cri.ContainerConfig(
            metadata=cri.ContainerMetadata(name=name),
            image=cri.ImageSpec(image=self._image),
            command=["sleep", "100000"],
            log_path=f"{name}.log",
        )
        wanted.linux.security_context.namespace_options.pid = cri.CONTAINER
        return self._service.create_container(sandbox, wanted, config)

    def start(self, number: int) -> str:
        """Call to running: sandbox, container, started."""
        sandbox, config = self.sandbox(f"pod{number}")
        self._service.start_container(self.container("main", sandbox, config))
        return sandbox

    def remove(self, sandbox: object) -> None:
        self._service.stop_pod_sandbox(str(sandbox))
        self._service.remove_pod_sandbox(str(sandbox))

    def remove_all(self) -> None:
        wanted = cri.PodSandboxFilter(label_selector={"benchmark": self._token})
        for sandbox in self._service.list_pod_sandbox(wanted):
            self.remove(sandbox.id)


def main() -> int:
    arguments = _arguments()
    met = True
    with ExitStack() as opened:
        logs = Path(opened.enter_context(tempfile.TemporaryDirectory()))
        words = _words(arguments, logs)
        path = opened.enter_context(served("dockershim", logs, words))
        backend = discovery.load("dockershim")
        options: object = configure.fill(backend.options, words)
        services = {
            SOCKET: opened.enter_context(connect(path)),
            IN_PROCESS: opened.enter_context(backend.open(options)),
        }
        if arguments.peer:
            peer = arguments.peer.removeprefix("unix://")
            services[PEER] = opened.enter_context(connect(peer))
        pods = {name: Pods(one, arguments.image, logs) for name, one in services.items()}
        for one in pods.values():
            opened.callback(one.remove_all)
        met &= _pod_starts(pods, arguments.rounds)
        filler = pods[SOCKET]
        containers: list[str] = []
        for size in sorted(int(size) for size in arguments.sizes.split(",")):
            _fill(filler, containers, size)
            met &= _lists(services, containers, arguments.rounds)
    return 0 if met else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--host", default="", help="where the Engine listens")
    parser.add_argument("--pause", required=True, help="image of pause containers")
    parser.add_argument("--image", required=True, help="image with a `sleep`, which both know")
    parser.add_argument("--peer", default="", help="a CRI socket on the same Engine")
    parser.add_argument("--sizes", default="10,100,500")
    parser.add_argument("--rounds", type=int, default=15)
    return parser.parse_args()


def _words(arguments: argparse.Namespace, folder: Path) -> dict[str, str]:
    return {
        "host": arguments.host,
        "sandbox_image": arguments.pause,
        "network": "docker",
        "root": str(folder / "root"),
        "run_root": str(folder / "run"),
    }


def _pod_starts(pods: dict[str, Pods], rounds: int) -> bool:
    contenders = [
        Contender(name, one.start, one.remove, POD_GOAL if name == PEER else None)
        for name, one in pods.items()
        if _can_start(name, one)
    ]
    run(contenders, rounds)
    return report(contenders, "pod running")


def _can_start(name: str, pods: Pods) -> bool:
    """Try once: without CAP_SYS_RESOURCE a peer's oom_score_adj of -998 starts nothing."""
    try:
        pods.remove(pods.start(-1))
    except errors.Error as error:
        print(f"{name} can't start a pod here: {error}")
        return False
    return True


def _fill(pods: Pods, containers: list[str], size: int) -> None:
    """Make containers until there are `size`; created ones are listed like running ones."""
    sandbox: tuple[str, cri.PodSandboxConfig] | None = None
    while len(containers) < size:
        if sandbox is None or len(containers) % _PER_POD == 0:
            sandbox = pods.sandbox(f"fill{len(containers)}")
        containers.append(pods.container(f"c{len(containers)}", *sandbox))


def _lists(services: dict[str, CriService], containers: list[str], rounds: int) -> bool:
    size = len(containers)
    met = True
    for title, ask in QUESTIONS.items():
        goal = LIST_GOAL if size >= _MANY and ask is not _status else None
        contenders = [
            Contender(name, partial(ask, one, containers), _keep, goal if name == PEER else None)
            for name, one in services.items()
        ]
        run(contenders, rounds)
        met &= report(contenders, f"{title} at {size} containers")
    for name, one in services.items():
        print(f"CPU per relist, {name}: {_cpu_ms(partial(_relist, one), rounds):.2f} ms")
    return met


def _keep(_: object) -> None:
    """A question leaves nothing to clean."""


def _list_containers(service: CriService, _ids: list[str], _number: int) -> object:
    return service.list_containers()


def _list_sandboxes(service: CriService, _ids: list[str], _number: int) -> object:
    return service.list_pod_sandbox()


def _status(service: CriService, ids: list[str], number: int) -> object:
    return service.container_status(ids[number % len(ids)])


QUESTIONS = {
    "ListContainers": _list_containers,
    "ListPodSandbox": _list_sandboxes,
    "ContainerStatus": _status,
}


def _relist(service: CriService) -> None:
    service.list_pod_sandbox()
    service.list_containers()


def _cpu_ms(work: partial[None], rounds: int) -> float:
    began = time.process_time()
    for _ in range(rounds):
        work()
    return (time.process_time() - began) / rounds * 1000


if __name__ == "__main__":
    sys.exit(main())
