"""Real containers from built specs: a busybox tree, namespaces of their own, crun or runc."""

from __future__ import annotations

import json
import secrets
import shutil
import subprocess
import threading
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core.cgroup import kill, tree
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.oci.host import facts, programs, syscalls
from runtimes.oci.host.cgroup_view import cgroup_view
from runtimes.oci.spec import host_files, rootfs
from runtimes.oci.spec.build import build
from runtimes.oci.spec.request import SandboxFacts, SpecRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path
    from typing import Self

    from runtimes.oci.spec.schema import Process, Spec

WORDS = """
    sh cat chroot echo env grep head id ls mkdir mknod mount pwd readlink sleep sort touch true
    umount unshare wc
"""
APPLETS = WORDS.split()
PASSWD = "root:x:0:0::/root:/bin/sh\nweb:x:33:44::/srv/web:/bin/sh\n"
GROUP = "root:x:0:\nweb:x:44:\nlogs:x:55:web\n"
PINNED = {"network": "net", "ipc": "ipc", "uts": "uts"}


@dataclass(frozen=True)
class Outcome:
    code: int
    out: str
    err: str


def write_rootfs(folder: Path) -> None:
    """A static busybox with links, users and the folders that mounts need."""
    for name in ("bin", "etc", "proc", "sys", "dev", "tmp", "data"):
        (folder / name).mkdir(parents=True)
    shutil.copy2("/bin/busybox", folder / "bin/busybox")
    for applet in APPLETS:
        (folder / "bin" / applet).symlink_to("busybox")
    (folder / "etc/passwd").write_text(PASSWD)
    (folder / "etc/group").write_text(GROUP)


@dataclass
class Containers:
    """Runs containers of one runtime, one after the other, and leaves nothing behind."""

    runtime: str
    folder: Path

    def __enter__(self) -> Self:
        self._undo = ExitStack()
        self.host = facts.host_facts()
        path = programs.find(self.runtime)
        assert path is not None
        self.program = programs.describe(path)
        self.rootfs = self.folder / "rootfs"
        write_rootfs(self.rootfs)
        self.cgroup = f"/runtimes-test-{secrets.token_hex(4)}"
        self._pins = {kind: self.folder / f"ns-{kind}" for kind in PINNED}
        self._undo.callback(self._remove_cgroup)
        thread = threading.Thread(target=self._pin)
        thread.start()
        thread.join()
        return self

    def __exit__(self, *_: object) -> None:
        self._undo.close()

    def _pin(self) -> None:
        """Runs in a thread of its own, which takes the namespaces with it."""
        kinds = syscalls.Clone.NEWNET | syscalls.Clone.NEWIPC | syscalls.Clone.NEWUTS
        syscalls.unshare(kinds)
        for kind, name in PINNED.items():
            pin = self._pins[kind]
            pin.touch()
            source = f"/proc/thread-self/ns/{name}"
            syscalls.mount(source, pin, flags=syscalls.MountFlag.BIND)
            self._undo.callback(syscalls.umount, pin)

    def _remove_cgroup(self) -> None:
        kill.kill_all(self.host.cgroup, self.cgroup)
        tree.remove(self.host.cgroup, self.cgroup)

    def request(self, config: cri.ContainerConfig, *, compiled: bool = True) -> SpecRequest:
        return SpecRequest(
            container_id=f"c{secrets.token_hex(3)}",
            config=config,
            sandbox_config=cri.PodSandboxConfig(),
            image={},
            rootfs=self.rootfs,
            read=rootfs.reader(self.rootfs),
            files=host_files.LiveHostFiles(),
            sandbox=SandboxFacts(id="s", cgroup=self.cgroup, namespaces=self._pins, hostname="pod"),
            host=self.host,
            runtime=self.program if compiled else None,
            cache=self.folder / "cache" if compiled else None,
        )

    def call(self, *arguments: str) -> Outcome:
        argv = [str(self.program.path), "--root", str(self.folder / "state"), *arguments]
        view = cgroup_view(self.host.cgroup, str(self.program.path))
        done = view.run(
            lambda: subprocess.run(argv, capture_output=True, text=True, timeout=30, check=False)
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def bundle(self, request: SpecRequest) -> tuple[str, Spec]:
        """Write a bundle; its path and its spec."""
        folder = self.folder / request.container_id
        folder.mkdir()
        spec = build(request)
        (folder / "config.json").write_text(json.dumps(spec))
        return str(folder), spec

    def run(self, config: cri.ContainerConfig, *, compiled: bool = True) -> Outcome:
        """Run a container to its end."""
        request = self.request(config, compiled=compiled)
        folder, _ = self.bundle(request)
        return self.call("run", "--bundle", folder, request.container_id)

    @contextmanager
    def running(
        self, config: cri.ContainerConfig, *, compiled: bool = True
    ) -> Iterator[tuple[str, Spec]]:
        """A container that runs during the block: its id and its spec."""
        request = self.request(config, compiled=compiled)
        folder, spec = self.bundle(request)
        name = request.container_id
        self._create(folder, name)
        try:
            started = self.call("start", name)
            assert started.code == 0, started.err
            yield name, spec
        finally:
            self.call("delete", "--force", name)

    def _create(self, folder: str, name: str) -> None:
        """Output goes to a file: the container keeps a pipe open, and nobody would see its end."""
        argv = [str(self.program.path), "--root", str(self.folder / "state"), "create"]
        argv += ["--bundle", folder, name]
        with (self.folder / f"{name}.log").open("wb") as log:
            created = cgroup_view(self.host.cgroup, argv[0]).run(
                lambda: subprocess.run(argv, stdout=log, stderr=log, timeout=30, check=False)
            )
        assert created.returncode == 0, (self.folder / f"{name}.log").read_text()

    def execute(self, container_id: str, process: Process) -> Outcome:
        file = self.folder / f"process-{secrets.token_hex(3)}.json"
        file.write_text(json.dumps(process))
        return self.call("exec", "--process", str(file), container_id)


def shell(script: str, **security: object) -> cri.ContainerConfig:
    """A config that runs a script, with its own pids and these fields of the security context."""
    return program(("/bin/sh", "-c", script), **security)


def program(argv: Sequence[str], **security: object) -> cri.ContainerConfig:
    context = cri.LinuxContainerSecurityContext(**security)  # type: ignore[arg-type]  # by name
    context.namespace_options.pid = cri.NamespaceMode.CONTAINER
    return cri.ContainerConfig(
        command=argv, linux=cri.LinuxContainerConfig(security_context=context)
    )
