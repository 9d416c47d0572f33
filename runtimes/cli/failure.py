"""From what went wrong to one line and an exit code."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from runtimes.cli.output.words import printable
from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Callable

    from runtimes.cli.settings import Settings

USAGE = 2
FAILED = 1
RUNTIME_FAILED = 125
"""`run` and `exec` give this when the failure is ours and not the program's, as Docker does."""
INTERRUPTED = 130
BROKEN_PIPE = 141
TRANSPARENT = {"run", "exec", "attach"}
"""Commands whose exit code is that of a container's program."""


class ExitCode(errors.Error):
    """An error that has an exit code of its own."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.exit_code = code


def guarded(call: Callable[[], int], settings: Settings) -> int:
    """Call, and turn any error into a line on stderr and an exit code."""
    try:
        code = call()
        sys.stdout.flush()
    except click.exceptions.Exit as exit_:
        return exit_.exit_code
    except (click.Abort, KeyboardInterrupt):
        return INTERRUPTED
    except click.ClickException as error:
        error.show()
        return RUNTIME_FAILED if settings.command in TRANSPARENT else error.exit_code
    except BrokenPipeError:
        silence_stdout()
        return BROKEN_PIPE
    except Exception as error:  # noqa: BLE001 - the last one to hear of any
        return _explain(error, settings)
    return code


def _explain(error: Exception, settings: Settings) -> int:
    if settings.debug:
        import traceback

        traceback.print_exception(error)
    for line in lines(error):
        click.echo(printable(line), err=True)
    if isinstance(error, ExitCode):
        return error.exit_code
    return RUNTIME_FAILED if settings.command in TRANSPARENT else FAILED


def lines(error: BaseException) -> list[str]:
    """Word an error for people."""
    if isinstance(error, BaseExceptionGroup):
        return [line for one in error.exceptions for line in lines(one)]
    mistakes: tuple[object, ...] = getattr(error, "mistakes", ())
    if isinstance(error, errors.Error) and mistakes:
        count = "1 mistake" if len(mistakes) == 1 else f"{len(mistakes)} mistakes"
        return [*map(str, mistakes), f"runtimes: the manifest has {count}; nothing was started"]
    if isinstance(error, errors.Error):
        return [f"runtimes: {error}"]
    if isinstance(error, OSError):
        return [f"runtimes: {error.strerror or error}: {error.filename or ''}".rstrip(": ")]
    kind = type(error).__name__
    return [f"runtimes: internal error: {kind}: {error}; run again with --debug and report it"]


def silence_stdout() -> None:
    """Let the interpreter flush into nothing when it ends."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
