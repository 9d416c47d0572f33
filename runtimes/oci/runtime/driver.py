"""One OCI runtime, crun or runc: its command lines, and the paths of its state that we rely on."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import deadline, errors
from runtimes.oci.host.cgroup_view import CgroupView, cgroup_view

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.cgroup.layout import Layout
    from runtimes.oci.host.facts import HostFacts

CRUN, RUNC = "crun", "runc"
_CALL_SECONDS = 120.0


@dataclass(frozen=True, slots=True)
class Runtime:
    """A runtime and the folder of its state.

    Attributes:
        name: ``crun`` or ``runc``: whose habits it has.
        path: absolute.
        root: what it is given as ``--root``; it keeps one folder per container there.
    """

    name: str
    path: Path
    root: Path
    layout: Layout

    @property
    def argv(self) -> tuple[str, ...]:
        return (str(self.path), "--root", str(self.root))

    @property
    def view(self) -> CgroupView:
        """What it must see of the host's cgroups to create containers, as of now."""
        return cgroup_view(self.layout, self.name)

    def state(self, container_id: str) -> Path:
        return self.root / container_id

    @contextmanager
    def creating(self) -> Iterator[tuple[str, ...]]:
        """Yield the argv with which another program can run ``create`` during the block."""
        with self.view.prefix() as prefix:
            yield (*prefix, *self.argv)

    def exec_argv(
        self, container_id: str, process_spec: Path, pid_file: Path, *, console: str = ""
    ) -> list[str]:
        """The argv of a program that runs a process in a container and ends with its exit code.

        It ends when the process does. `pid_file` appears when the process has been started.
        `console` is the socket that takes the terminal's master, if the process has a terminal.
        """
        options = ["exec", "--process", str(process_spec), "--pid-file", str(pid_file)]
        if console:
            options += ["--console-socket", console]
        if self.name == CRUN:
            return [*self.argv, *options, container_id]
        waiter = str(Path(__file__).with_name("waiter.py"))
        prefix = [sys.executable, "-I", "-S", waiter, str(pid_file)]
        return [*prefix, *self.argv, *options, "--detach", container_id]

    def call(self, *arguments: str, stdin: bytes = b"") -> bytes:
        """Run one subcommand to its end and return its output.

        Raises:
            Internal: it failed; the message is its own.
            DeadlineExceeded: it took longer than the caller's deadline; it was killed.
        """
        action = f"{self.name} {' '.join(arguments)}"
        try:
            done = self.view.run(
                lambda: subprocess.run(
                    [*self.argv, *arguments],
                    input=stdin,
                    capture_output=True,
                    check=False,
                    timeout=deadline.remaining(_CALL_SECONDS),
                )
            )
        except subprocess.TimeoutExpired as error:
            raise errors.DeadlineExceeded(f"{action}: no end in {error.timeout:.1f} s") from error
        except OSError as error:
            raise errors.Unavailable(f"{action}: {error.strerror}; reinstall it") from error
        if done.returncode != 0:
            raise errors.Internal(f"{action}: {done.stderr.decode(errors='replace').strip()}")
        return done.stdout

    def forget(self, container_id: str) -> None:
        """Drop its state of a container whose processes and cgroup are gone. Idempotent.

        Both runtimes keep nothing else: no mounts, no processes. Their own ``delete`` costs one
        exec and, while a cgroup empties, sleeps of 10 to 100 ms.
        """
        shutil.rmtree(self.state(container_id), ignore_errors=True)


def choose(wanted: str, facts: HostFacts, root: Path) -> Runtime:
    """Take the runtime that the options name, by name or path; ``auto`` prefers crun.

    Raises:
        BackendUnavailable: it isn't there.
    """
    path = _find(wanted, facts)
    if path is None:
        missing = "neither crun nor runc is" if wanted == "auto" else f"'{wanted}' is not"
        raise errors.BackendUnavailable(
            f"open backend 'oci': {missing} installed; install the package crun"
        )
    return Runtime(_habits(path), path, root, facts.cgroup)


def _find(wanted: str, facts: HostFacts) -> Path | None:
    named = {"auto": facts.runtime, CRUN: facts.crun, RUNC: facts.runc}
    if wanted in named:
        return named[wanted]
    found = shutil.which(wanted)
    return None if found is None else Path(found).absolute()


def _habits(path: Path) -> str:
    return RUNC if RUNC in path.name else CRUN


def same(runtime: Runtime, name: str, facts: HostFacts) -> Runtime:
    """The runtime that created a container, if another one is in use by now.

    Raises:
        BackendUnavailable: it isn't installed any more.
    """
    return runtime if runtime.name == name else choose(name, facts, runtime.root)
