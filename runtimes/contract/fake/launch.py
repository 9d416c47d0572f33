"""From a container's record to its running process."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.contract.fake import proc
from runtimes.contract.fake.filesystem import FileView, MountPoint
from runtimes.contract.fake.logs import LogFile, LogSink
from runtimes.contract.fake.process import Process
from runtimes.contract.fake.shell.machine import Input, Invocation, Io, Journal, Machine
from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.fake.images import FakeImage
    from runtimes.contract.fake.records import ContainerRecord, SandboxRecord
    from runtimes.contract.fake.shell.machine import Program


@dataclass(frozen=True, slots=True)
class Identity:
    uid: int
    gid: int
    groups: tuple[int, ...]
    home: str


@dataclass(frozen=True, slots=True)
class Launch:
    """All that a container's process is made of."""

    container: ContainerRecord
    sandbox: SandboxRecord
    image: FakeImage
    programs: dict[str, Program]

    @property
    def argv(self) -> tuple[str, ...]:
        """Command and arguments, each from the config or the image.

        Source: Kubernetes docs, "Define a Command and Arguments for a Container".
        """
        config = self.container.config
        if config.command:
            return (*config.command, *config.args)
        return (*self.image.entrypoint, *(tuple(config.args) or self.image.cmd))

    @property
    def hostname(self) -> str:
        network = self.sandbox.config.linux.security_context.namespace_options.network
        if network == cri.NODE:
            return socket.gethostname()
        return self.sandbox.config.hostname or self.sandbox.id[:12]

    @property
    def log_path(self) -> Path | None:
        folder, name = self.sandbox.config.log_directory, self.container.config.log_path
        return Path(folder, name) if folder and name else None

    def environment(self) -> dict[str, str]:
        env = dict(line.partition("=")[::2] for line in self.image.env)
        env["HOSTNAME"] = self.hostname
        env["HOME"] = self.identity().home
        env.update(
            {pair.key: pair.value.decode(errors="replace") for pair in self.container.config.envs}
        )
        return env

    def identity(self) -> Identity:
        """Who the process runs as.

        Raises:
            InvalidArgument: the image has no such user.
        """
        security = self.container.config.linux.security_context
        user, _, group = self.image.user.partition(":")
        if security.HasField("run_as_user"):
            user, group = str(security.run_as_user.value), ""
        elif security.run_as_username:
            user, group = security.run_as_username, ""
        uid, gid, home = _passwd(self.image, user or "0")
        if group:
            gid = int(group)
        if security.HasField("run_as_group"):
            gid = security.run_as_group.value
        named = _groups(self.image, uid)
        groups = (*named, *(one for one in security.supplemental_groups if one not in named))
        return Identity(uid, gid, groups, home)

    def machine(self, now_ns: int) -> Machine:
        security = self.container.config.linux.security_context
        who = self.identity()
        status = proc.status_file(security, who.uid, who.gid, (who.gid, *who.groups))
        view = FileView(
            self.container.layer,
            self.image.files,
            {
                **proc.sandbox_files(self.sandbox, self.hostname),
                **proc.namespaces(self.sandbox, self.container),
                "/proc/self/status": status,
                "/proc/1/status": status,
                **{f"/bin/{name}": b"" for name in self.programs},
            },
            tuple(_mount(mount) for mount in self.container.config.mounts),
            security.readonly_rootfs,
            tuple(security.readonly_paths),
            tuple(security.masked_paths),
        )
        return Machine(
            view, self.programs, now_ns, self.hostname, who.uid, who.gid, (who.gid, *who.groups)
        )

    def process(self, machine: Machine, log: LogFile | None) -> Process:
        """The container's main process, from its start on.

        Raises:
            InvalidArgument: there is no such program.
        """
        program = self._program(machine, self.argv)
        namespaces = self.container.config.linux.security_context.namespace_options
        process = Process(
            machine,
            self.container.journals,
            self.container.signals,
            is_init=namespaces.pid == cri.CONTAINER,
        )
        journal = self.container.journals.setdefault(0, Journal())
        out = LogSink(log, "stdout", lambda: machine.now_ns)
        err = LogSink(log, "stderr", lambda: machine.now_ns)
        io = Io(Input(), out, out if self.container.config.tty else err)
        process.start(program, self._invocation(self.argv, io, machine, journal))
        return process

    def exec_process(self, cmd: tuple[str, ...], io: Io, machine: Machine) -> Process:
        """A further process in the container.

        Raises:
            InvalidArgument: there is no such program.
        """
        program = self._program(machine, cmd)
        process = Process(machine, {}, [], is_init=False)
        process.start(program, self._invocation(cmd, io, machine, None))
        return process

    def _invocation(
        self, argv: tuple[str, ...], io: Io, machine: Machine, journal: Journal | None
    ) -> Invocation:
        cwd = self.container.config.working_dir or self.image.workdir or "/"
        if not machine.view.is_folder(cwd):
            machine.view.layer[cwd.rstrip("/") + "/"] = b""
        return Invocation(
            argv,
            io,
            self.environment(),
            cwd,
            machine,
            journal if journal is not None else Journal(),
            main=journal is not None,
        )

    def _program(self, machine: Machine, argv: tuple[str, ...]) -> Program:
        program = machine.find(argv[0]) if argv else None
        if program is None:
            wanted = argv[0] if argv else "no command"
            raise errors.InvalidArgument(
                f"start container '{self.container.id}': exec {wanted!r}: no such program in "
                f"image '{self.container.config.image.image}'; correct the command"
            )
        return program


def _mount(mount: cri.Mount) -> MountPoint:
    return MountPoint(mount.container_path.rstrip("/") or "/", mount.host_path, mount.readonly)


def _groups(image: FakeImage, uid: int) -> tuple[int, ...]:
    """The groups that list the user of that number as a member."""
    users = [line.split(":") for line in image.files.get("/etc/passwd", b"").decode().split()]
    name = next((fields[0] for fields in users if fields[2] == str(uid)), "")
    groups = [line.split(":") for line in image.files.get("/etc/group", b"").decode().split()]
    return tuple(int(fields[2]) for fields in groups if name and name in fields[3].split(","))


def _passwd(image: FakeImage, user: str) -> tuple[int, int, str]:
    lines = image.files.get("/etc/passwd", b"").decode().splitlines()
    for fields in (line.split(":") for line in lines):
        if user in (fields[0], fields[2]):
            return int(fields[2]), int(fields[3]), fields[5]
    if not user.isdigit():
        raise errors.InvalidArgument(f"create container: the image has no user {user!r}")
    return int(user), 0, "/"
