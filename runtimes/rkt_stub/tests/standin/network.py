"""The pod's namespaces and its net ``default``: a veth pair, an address, and host ports."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import subprocess
import threading
from typing import TYPE_CHECKING

from runtimes.rkt_stub.tests.standin import groups
from runtimes.rkt_stub.tests.standin.places import read, write

if TYPE_CHECKING:
    from runtimes.rkt_stub.tests.standin.places import Json

CLONE_NEWNS, MS_REC, MS_SLAVE = 0x20000, 0x4000, 0x80000
CLONE_NEWUTS, CLONE_NEWIPC, CLONE_NEWPID, CLONE_NEWNET = (
    0x4000000,
    0x8000000,
    0x20000000,
    0x40000000,
)
PR_SET_CHILD_SUBREAPER = 36
LEASES = "/var/lib/cni/networks/default"
GATEWAY = "172.16.28.1"
libc = ctypes.CDLL(None, use_errno=True)


def _check(answer: int, what: str) -> None:
    if answer:
        raise OSError(ctypes.get_errno(), what)


def become_subreaper() -> None:
    _check(libc.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0), "subreaper")


def own_mounts() -> None:
    """What this process mounts from now on ends with it; and crun sees no hybrid cgroups."""
    _check(libc.unshare(CLONE_NEWNS), "unshare")
    _check(libc.mount(b"none", b"/", None, MS_REC | MS_SLAVE, None), "make mounts slaves")
    old, new = groups.mounts()
    if old and new:
        _check(libc.mount(b"none", new[0].encode(), b"tmpfs", 0, None), "cover cgroup2")


def make_namespaces(hostname: str, own_network: bool) -> int:
    """Fork the pod's first process into namespaces of its own; its pid here."""
    receive, send = os.pipe()
    ends_with_us, _ = os.pipe()
    middle = os.fork()
    if middle == 0:
        flags = CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWPID | (CLONE_NEWNET if own_network else 0)
        _check(libc.unshare(flags), "unshare")
        if hostname:
            socket.sethostname(hostname)
        first = os.fork()
        if first == 0:
            _be_first(ends_with_us)
        os.write(send, str(first).encode())
        os._exit(0)
    os.waitpid(middle, 0)
    first = int(os.read(receive, 20))
    os.close(receive)
    os.close(send)
    return first


def _be_first(ends_with_us: int) -> None:
    """Reap whatever is left to it, until the supervisor ends."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    null = os.open("/dev/null", os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(null, descriptor)
    os.dup2(ends_with_us, 3)
    os.closerange(4, 256)
    os.read(3, 1)
    os._exit(0)


def connect(uuid: str, pid: int) -> Json:
    """Give the pod an address on the net ``default``; what status tells of it."""
    address = _lease(uuid)
    outer = _outer(uuid)
    _ip(
        f"link add {outer} type veth peer name eth0 netns {pid}\n"
        f"addr add {GATEWAY}/32 dev {outer}\nlink set {outer} up\n"
        f"route replace {address}/32 dev {outer} src {GATEWAY}\n"
    )
    _ip(
        f"link set lo up\naddr add {address}/32 dev eth0\nlink set eth0 up\n"
        f"route add {GATEWAY}/32 dev eth0\nroute add default via {GATEWAY}\n",
        pid,
    )
    return {"netName": "default", "ifName": "eth0", "ip": address, "args": "", "mask": "/24"}


def only_loopback(pid: int) -> None:
    _ip("link set lo up\n", pid)


def _ip(commands: str, pid: int = 0) -> None:
    argv = ["nsenter", f"--net=/proc/{pid}/ns/net"] if pid else []
    done = subprocess.run(
        [*argv, "ip", "-batch", "-"], input=commands, text=True, check=False, capture_output=True
    )
    if done.returncode:
        raise OSError(f"ip: {done.stderr.strip()}")


def _lease(uuid: str) -> str:
    os.makedirs(LEASES, exist_ok=True)
    with open(f"{LEASES}/lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        for number in range(2, 255):
            path = f"{LEASES}/172.16.28.{number}"
            if not os.path.exists(path):
                write(path, uuid)
                return os.path.basename(path)
    raise OSError("no free address")


def release(address: str, uuid: str) -> None:
    """Take the pod off the net; its end of the pair goes along."""
    path = f"{LEASES}/{address}"
    if address and read(path) == uuid:
        subprocess.run(["ip", "link", "del", _outer(uuid)], check=False, capture_output=True)
        os.unlink(path)


def _outer(uuid: str) -> str:
    return f"veth{uuid[:8]}"


class HostPort:
    """Listens on the host and passes connections on to the pod."""

    def __init__(self, host_ip: str, host_port: int, target: tuple[str, int]) -> None:
        self.target = target
        self.server = socket.socket()
        self.server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.server.bind((host_ip or "0.0.0.0", host_port))
        self.server.listen(16)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            connection, _ = self.server.accept()
            try:
                other = socket.create_connection(self.target, 5)
            except OSError:
                connection.close()
                continue
            for pair in ((connection, other), (other, connection)):
                threading.Thread(target=_pump, args=pair, daemon=True).start()


def _pump(source: socket.socket, sink: socket.socket) -> None:
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        source.close()
        sink.close()
