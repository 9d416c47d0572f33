"""How rkt is called: its folders, what it may trust, and one call to its end.

Results come on stdout and diagnostics on stderr; they are never mixed. rkt exits with 254 for
nearly all that it refuses, unknown commands and flags among it, so an exit code says only that it
refused: why is asked of `list` and `status`, whose answers are JSON, and never read out of a
message.
"""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from runtimes.core import deadline, errors

if TYPE_CHECKING:
    from collections.abc import Mapping

CALL_SECONDS = 120.0
INTERRUPTED_SECONDS = 10.0
OWN_DIR = Path("/var/lib/rkt")
EXPERIMENTS = {"RKT_EXPERIMENT_APP": "true", "RKT_EXPERIMENT_ATTACH": "true"}


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call left."""

    argv: tuple[str, ...]
    code: int
    stdout: bytes
    stderr: bytes

    @property
    def ok(self) -> bool:
        return self.code == 0

    @property
    def text(self) -> str:
        return self.stdout.decode(errors="replace")

    @property
    def complaint(self) -> str:
        """The last line of stderr, which is rkt's own reason; warnings come before it."""
        lines = self.stderr.decode(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit code {self.code}, and no reason given"

    def failure(self, action: str) -> errors.Error:
        """The error for a refusal of which nothing more is known."""
        return errors.Internal(f"{action}: rkt refused: {self.complaint}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rkt:
    """Thread-safe.

    Attributes:
        program: name or path.
        dir: where its images and pods are; None for rkt's own.
        local_config: with ``net.d`` and ``auth.d``; None for rkt's own.
        insecure: checks to leave out, as of ``--insecure-options``.
        inherited: descriptors that its commands keep open as long as they run.
    """

    program: str = "rkt"
    dir: Path | None = None
    local_config: Path | None = None
    insecure: tuple[str, ...] = ("image",)
    inherited: tuple[int, ...] = ()

    @property
    def folder(self) -> Path:
        """Where its images and pods are, asked for or not."""
        return self.dir or OWN_DIR

    def argv(self, *words: str, insecure: tuple[str, ...] = ()) -> list[str]:
        """A whole command line; globals come first, which every version takes."""
        folders = {"dir": self.dir, "local-config": self.local_config}
        given = [f"--{name}={path}" for name, path in folders.items() if path is not None]
        checks = (*self.insecure, *insecure)
        options = [f"--insecure-options={','.join(checks)}"] if checks else []
        return [self.program, *given, *options, *words]

    def environment(self) -> Mapping[str, str]:
        return {**os.environ, **EXPERIMENTS}

    def call(
        self, *words: str, timeout: float | None = CALL_SECONDS, interruptible: bool = False
    ) -> Answer:
        """Run one command to its end.

        It is in a group of its own, so a Ctrl-C doesn't reach it: it is given ten seconds to end,
        unless it is `interruptible` or there is another Ctrl-C; then it is killed.

        Raises:
            BackendUnavailable: there is no such program.
            DeadlineExceeded: it took longer than `timeout` seconds, or than the caller's deadline.
        """
        argv = self.argv(*words)
        patience = deadline.remaining(timeout)
        last = 0.0 if interruptible else INTERRUPTED_SECONDS
        try:
            process = self._start(argv)
        except OSError as error:
            raise errors.BackendUnavailable(
                f"run {self.program}: {error.strerror}; put rkt on the PATH, or give"
                " --option program=/path/to/rkt"
            ) from error
        try:
            stdout, stderr = _finish(process, patience, last)
        except subprocess.TimeoutExpired as error:
            raise errors.DeadlineExceeded(
                f"rkt {' '.join(words[:2])}: no end in {error.timeout:.1f} s; it was killed"
            ) from error
        return Answer(tuple(argv), process.returncode, stdout, stderr)

    def _start(self, argv: list[str]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self.environment(),
            pass_fds=self.inherited,
            process_group=0,
        )

    def ask(self, action: str, *words: str) -> Answer:
        """As `call`, where a refusal is an error.

        Raises:
            Internal: rkt refused.
        """
        answer = self.call(*words)
        if not answer.ok:
            raise answer.failure(action)
        return answer

    def ask_json(self, action: str, *words: str) -> Any:  # noqa: ANN401 - what the command's shape says
        """As `ask`, of a command that prints JSON; ``null`` is None."""
        answer = self.ask(action, *words)
        try:
            return json.loads(answer.stdout)
        except ValueError as error:
            raise errors.Internal(f"{action}: rkt's answer is no JSON: {answer.text[:80]!r}") from (
                error
            )


def _finish(
    process: subprocess.Popen[bytes], patience: float | None, last: float
) -> tuple[bytes, bytes]:
    """What it wrote until it ended; it is killed after `patience`, or `last` after a Ctrl-C."""
    with process:
        try:
            return process.communicate(timeout=patience)
        except KeyboardInterrupt:
            with suppress(subprocess.TimeoutExpired, KeyboardInterrupt):
                process.communicate(timeout=last)
            raise
        finally:
            process.kill()
            process.wait()
