"""125, 126, 127: whose failure it was, as Docker has it.

A runtime says in words alone why a program didn't start; over the CRI there is nothing else. So
words are looked for, those of the kernel, which every runtime passes on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.cli.failure import RUNTIME_FAILED, ExitCode

if TYPE_CHECKING:
    from runtimes.client import StartFailed
    from runtimes.core.errors import Error

CANNOT_EXECUTE = 126
NOT_FOUND = 127
_STARTS = {"RunContainerError", "RunInitContainerError", "StartError", "ContainerCannotRun"}
_NOT_FOUND = (
    "executable file not found",
    "no such file or directory",
    "no such program",
    "command not found",
)
_CANNOT_EXECUTE = (
    "permission denied",
    "exec format error",
    "is a directory",
    "not a directory",
    "open executable",
)


def of_message(message: str) -> int:
    """Tell from a runtime's words why a program didn't start."""
    lower = message.lower()
    if any(words in lower for words in _NOT_FOUND):
        return NOT_FOUND
    return CANNOT_EXECUTE if any(words in lower for words in _CANNOT_EXECUTE) else RUNTIME_FAILED


def of_start_failure(reason: str, message: str) -> int:
    """Code for a container that didn't start; only its program's failure is 126 or 127."""
    return of_message(message) if reason in _STARTS else RUNTIME_FAILED


def of_failed_start(error: StartFailed) -> ExitCode:
    """Give an error of a start its code."""
    return ExitCode(str(error), of_start_failure(error.reason, error.detail))


def of_failed_exec(error: Error) -> ExitCode:
    """Give an error of an exec its code; runtimes choose among several codes for a bad program."""
    told_by_words = error.code in {"INVALID_ARGUMENT", "INTERNAL", "UNKNOWN"}
    return ExitCode(str(error), of_message(str(error)) if told_by_words else RUNTIME_FAILED)
