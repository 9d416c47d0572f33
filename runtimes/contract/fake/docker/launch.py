"""From records to running processes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.contract.fake.docker.output import LiveInput, Output, OutputSink
from runtimes.contract.fake.filesystem import FileView, MountPoint
from runtimes.contract.fake.process import Process
from runtimes.contract.fake.shell.machine import Invocation, Io, Journal, Machine
from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.contract.fake.docker.records import ContainerRecord, ExecRecord
    from runtimes.contract.fake.shell.machine import Program


@dataclass(frozen=True, slots=True)
class Launch:
    """One process to start, whether a container's own or a further one."""

    container: ContainerRecord
    programs: dict[str, Program]
    argv: tuple[str, ...]
    user: str
    workdir: str
    env: dict[str, str]
    generated: dict[str, bytes]
    tty: bool

    def process(
        self, stdin: LiveInput, output: Output, now_ns: int, *, is_init: bool
    ) -> Process | None:
        """The process from its start on; None when there is no such program.

        Raises:
            InvalidArgument: the image has no such user.
        """
        machine = self._machine(now_ns)
        program = machine.find(self.argv[0]) if self.argv else None
        if program is None:
            return None
        if not machine.view.is_folder(self.workdir):
            machine.view.layer[self.workdir.rstrip("/") + "/"] = b""
        out = OutputSink(output, "stdout", lambda: machine.now_ns, self.tty)
        err = OutputSink(output, "stderr", lambda: machine.now_ns, self.tty)
        journal = Journal()
        process = Process(machine, {0: journal}, [], is_init=is_init)
        io = Io(stdin, out, err)
        process.start(
            program,
            Invocation(self.argv, io, self.env, self.workdir, machine, journal, main=is_init),
        )
        return process

    def _machine(self, now_ns: int) -> Machine:
        uid, gid, home = identity(self.container.image.image.files, self.user)
        self.env.setdefault("HOME", home)
        host = self.container.host_config
        hostname = hostname_of(self.container)
        view = FileView(
            self.container.layer,
            self.container.image.image.files,
            _Layered(self.generated, self._fixed(hostname)),
            tuple(mount_point(bind) for bind in host.get("Binds") or []),
            bool(host.get("ReadonlyRootfs")),
        )
        return Machine(view, self.programs, now_ns, hostname, uid, gid, (gid,))

    def _fixed(self, hostname: str) -> dict[str, bytes]:
        return {
            "/etc/hostname": f"{hostname}\n".encode(),
            "/etc/hosts": f"127.0.0.1\tlocalhost\n172.17.0.2\t{hostname}\n".encode(),
            "/etc/resolv.conf": _resolv_conf(self.container).encode(),
            **{f"/bin/{name}": b"" for name in self.programs},
        }


class _Layered(dict[str, bytes]):
    """Fixed files, with changing ones looked up where they are kept."""

    def __init__(self, live: dict[str, bytes], fixed: dict[str, bytes]) -> None:
        super().__init__({**fixed, **live})
        self._live = live

    def __getitem__(self, key: str) -> bytes:
        return self._live[key] if key in self._live else super().__getitem__(key)


def of_container(container: ContainerRecord, programs: dict[str, Program]) -> Launch:
    config = container.config
    return Launch(
        container,
        programs,
        (*(config.get("Entrypoint") or ()), *(config.get("Cmd") or ())),
        config.get("User", ""),
        config.get("WorkingDir") or "/",
        environment(container, []),
        container.generated,
        bool(config.get("Tty")),
    )


def of_exec(record: ExecRecord, programs: dict[str, Program]) -> Launch:
    config, container = record.config, record.container
    return Launch(
        container,
        programs,
        tuple(config.get("Cmd") or ()),
        config.get("User") or container.config.get("User", ""),
        config.get("WorkingDir") or container.config.get("WorkingDir") or "/",
        environment(container, config.get("Env") or []),
        record.generated,
        bool(config.get("Tty")),
    )


def environment(container: ContainerRecord, more: list[str]) -> dict[str, str]:
    lines = [f"HOSTNAME={hostname_of(container)}", *(container.config.get("Env") or []), *more]
    return dict(line.partition("=")[::2] for line in lines)


def hostname_of(container: ContainerRecord) -> str:
    return container.config.get("Hostname") or container.id[:12]


def mount_point(bind: str) -> MountPoint:
    """Read ``/on/host:/in/container[:options]``."""
    host, inside, *options = bind.split(":")
    return MountPoint(inside.rstrip("/") or "/", host, "ro" in ",".join(options).split(","))


def identity(files: dict[str, bytes], user: str) -> tuple[int, int, str]:
    """Uid, gid and home of ``user[:group]``.

    Raises:
        InvalidArgument: the image has no such user.
    """
    name, _, group = user.partition(":")
    wanted = name or "0"
    for line in files.get("/etc/passwd", b"").decode().splitlines():
        fields = line.split(":")
        if wanted in (fields[0], fields[2]):
            return int(fields[2]), int(group or fields[3]), fields[5]
    if not wanted.isdigit():
        raise errors.InvalidArgument(f"start a process: the image has no user '{wanted}'")
    return int(wanted), int(group or 0), "/"


def _resolv_conf(container: ContainerRecord) -> str:
    host = container.host_config
    lines = [f"nameserver {server}" for server in host.get("Dns") or []]
    if host.get("DnsSearch"):
        lines.append(f"search {' '.join(host['DnsSearch'])}")
    if host.get("DnsOptions"):
        lines.append(f"options {' '.join(host['DnsOptions'])}")
    return "\n".join([*lines, ""])
