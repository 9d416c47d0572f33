"""One run of a plugin: its environment, its standard input, its answer.

Source: the CNI specification, sections 2 and 5.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runtimes.core import deadline, errors

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from runtimes.cni.plugins.config import JsonObject

TIMEOUT = 220.0
"""Seconds for one plugin. Source: kubelet's CNITimeoutSec."""

_ERROR_CLASSES: dict[int, type[errors.Error]] = {
    1: errors.FailedPrecondition,  # incompatible CNI version
    2: errors.FailedPrecondition,  # unsupported field in the configuration
    3: errors.NotFound,  # container unknown or gone
    4: errors.InvalidArgument,  # environment variables
    5: errors.Unavailable,  # I/O
    6: errors.InvalidArgument,  # content not decodable
    7: errors.FailedPrecondition,  # network configuration
    11: errors.Unavailable,  # try again later
    50: errors.Unavailable,  # the plugin can't serve ADD
    51: errors.Unavailable,  # and existing containers may be cut off
}
_CODE_UNKNOWN_CONTAINER = 3


@dataclass(frozen=True, slots=True)
class Call:
    """What a plugin is asked: the variables of the protocol."""

    command: str
    container_id: str
    netns: str
    interface: str
    args: str
    bin_dirs: tuple[Path, ...]

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """Build the plugin's environment. Pure."""
        return {
            **{name: value for name, value in inherited.items() if not name.startswith("CNI_")},
            "CNI_COMMAND": self.command,
            "CNI_CONTAINERID": self.container_id,
            "CNI_NETNS": self.netns,
            "CNI_IFNAME": self.interface,
            "CNI_ARGS": self.args,
            "CNI_PATH": ":".join(map(str, self.bin_dirs)),
        }


@dataclass(frozen=True, slots=True)
class PluginFailure:
    """What a plugin says about why it failed.

    Source: the CNI specification, section 5, "Error".
    """

    code: int
    message: str
    details: str

    @property
    def is_gone(self) -> bool:
        """Tell a container or namespace that is gone, which DEL may take for done.

        Plugins have no code for the latter. Source: kubelet's cni.go, deleteFromNetwork.
        """
        text = f"{self.message} {self.details}".lower()
        return self.code == _CODE_UNKNOWN_CONTAINER or "no such file or directory" in text

    def error(self, what: str) -> errors.Error:
        """Make the error to raise; it quotes the plugin."""
        details = f" ({self.details})" if self.details else ""
        cls = _ERROR_CLASSES.get(self.code, errors.Internal)
        return cls(f"{what}: {self.message}{details} [CNI code {self.code}]")


def find(kind: str, bin_dirs: Iterable[Path]) -> Path | None:
    """Look a plugin up, in the order of the directories."""
    for directory in bin_dirs:
        path = directory / kind
        if path.is_file() and os.access(path, os.X_OK):
            return path
    return None


def run(binary: Path, call: Call, config: JsonObject, what: str) -> JsonObject | PluginFailure:
    """Run a plugin; return its result, empty where the command has none, or its failure.

    A plugin that outlives the time is killed with its children.

    Raises:
        DeadlineExceeded: the caller's time, or the longest that a plugin gets, ran out.
        FailedPrecondition: the plugin can't be started.
        Internal: it printed something else than JSON, or failed without saying why.
    """
    deadline.check(what)
    try:
        process = subprocess.Popen(
            [str(binary)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=call.environment(os.environ),
            start_new_session=True,
        )
    except OSError as error:
        raise errors.FailedPrecondition(f"{what}: can't start {binary}: {error}") from error
    output, complaint = _talk(process, json.dumps(config).encode(), what)
    return _answer(process.returncode, output, complaint, what)


def _talk(process: subprocess.Popen[bytes], request: bytes, what: str) -> tuple[bytes, bytes]:
    limit = deadline.remaining(TIMEOUT)
    try:
        return process.communicate(request, timeout=limit)
    except subprocess.TimeoutExpired as error:
        raise errors.DeadlineExceeded(
            f"{what}: the plugin gave no answer within {error.timeout:.3g} s and was killed"
        ) from error
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Make sure that nothing of it lives on, whatever interrupted us."""
    if process.poll() is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(BrokenPipeError):
                stream.close()


def _answer(status: int, output: bytes, complaint: bytes, what: str) -> JsonObject | PluginFailure:
    content = _object(output)
    if status == 0:
        if content is None and output.strip():
            raise errors.Internal(f"{what}: the plugin printed no JSON object: {_excerpt(output)}")
        return content or {}
    code = (content or {}).get("code")
    if content is None or not isinstance(code, int):
        raise errors.Internal(
            f"{what}: the plugin ended with status {status} and no CNI error; it printed: "
            f"{_excerpt(output + complaint)}"
        )
    return PluginFailure(code, str(content.get("msg", "")), str(content.get("details", "")))


def _object(output: bytes) -> dict[str, Any] | None:
    try:
        content = json.loads(output)
    except ValueError:
        return None
    return content if isinstance(content, dict) else None


def _excerpt(output: bytes) -> str:
    return output.decode(errors="replace").strip()[:500] or "nothing"
