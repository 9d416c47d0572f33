"""The tar in the container: how it is run, and what its failures mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runtimes.client.container import Container
    from runtimes.core.pod.status import ExecResult

_CANNOT_RUN = {126, 127}
_ABSENT = ("no such file", "not found", "can't change directory", "cannot open: no such")


def described(container: Container, path: str) -> str:
    """Name a path in a container for messages: ``web:/srv``."""
    return f"{container.pod.name}:{path}"


def unpack_command(folder: str) -> Sequence[str]:
    """Write what comes into a folder with its modes, as the container's user."""
    return ("tar", "-x", "-p", "-o", "-f", "-", "-C", folder)


def pack_command(folder: str, name: str) -> Sequence[str]:
    """Read one name of a folder; the dot keeps tar from taking it for an option."""
    return ("tar", "-c", "-f", "-", "-C", folder, f"./{name}")


def lacks_tar(what: str, cause: errors.Error) -> errors.Error:
    """Tell from why tar didn't start."""
    if isinstance(cause, errors.InvalidArgument | errors.Internal):
        return errors.FailedPrecondition(
            f"{what}: the container can't run tar, which copying needs: {cause}"
        )
    return cause


def check(what: str, result: ExecResult) -> None:
    """Take a tar that has ended for done.

    Raises:
        FailedPrecondition: there is no tar in the container.
        NotFound: there is no such file or folder.
        Internal: it failed otherwise; the message has its own words.
    """
    if result.exit_code == 0:
        return
    words = result.stderr.decode(errors="replace").strip()
    if result.exit_code in _CANNOT_RUN:
        raise errors.FailedPrecondition(
            f"{what}: the container can't run tar, which copying needs: {words}"
        )
    absent = any(text in words.lower() for text in _ABSENT)
    kind = errors.NotFound if absent else errors.Internal
    raise kind(f"{what}: tar in the container ended with {result.exit_code}: {words}")
