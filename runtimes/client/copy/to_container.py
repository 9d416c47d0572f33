"""Copy from this host into a container.

packing thread: files -> pipe        this thread: pipe -> tar in the container
"""

from __future__ import annotations

import os
import tarfile
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from runtimes.client.copy import tar
from runtimes.client.exchange import Source, collect
from runtimes.core import errors

if TYPE_CHECKING:
    from pathlib import Path

    from runtimes.client.container import Container


def copy_to(container: Container, source: Path, target: str) -> None:
    """As `Container.copy_to`."""
    what = f"copy '{source}' to {tar.described(container, target)}"
    if not os.path.lexists(source):
        raise errors.NotFound(f"{what}: there is no such file here")
    folder, name = _place(container, source, target)
    packer = _Packer(source, name)
    try:
        with container.open_exec(tar.unpack_command(folder), stdin=True) as session:
            packer.start()
            result = collect(session, Source(packer.output))
    except errors.Error as error:
        raise tar.lacks_tar(what, error) from error
    finally:
        problem = packer.end()
    tar.check(what, result)
    if problem is not None:
        raise problem


def _place(container: Container, source: Path, target: str) -> tuple[str, str]:
    """Choose the folder in the container, and the name that the source gets there."""
    folder, _, name = target.rstrip("/").rpartition("/")
    if target.endswith("/") or name in {"", ".", ".."} or _is_folder(container, target):
        return target, source.resolve().name or "root"
    return folder or ("/" if target.startswith("/") else "."), name


def _is_folder(container: Container, path: str) -> bool:
    try:
        with container.open_exec(("test", "-d", path)) as session:
            return collect(session).exit_code == 0
    except (errors.InvalidArgument, errors.Internal):
        return False  # an image without `test` has no tar either, which tells better what lacks


class _Packer:
    """A thread that writes an archive of one file or folder into a pipe."""

    def __init__(self, source: Path, name: str) -> None:
        self._source = source
        self._name = name
        self.output, self._input = os.pipe()
        self._problem: OSError | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        self._thread = threading.Thread(target=self._run, name="pack", daemon=True)
        self._thread.start()

    def end(self) -> OSError | None:
        """Stop, and tell what couldn't be read. Nobody reads the pipe any more."""
        os.close(self.output)
        if self._thread is None:
            os.close(self._input)
        else:
            self._thread.join()
        return self._problem

    def _run(self) -> None:
        with suppress(BrokenPipeError), os.fdopen(self._input, "wb") as pipe:
            try:
                # GNU's format, because busybox doesn't know PAX's long names.
                with tarfile.open(
                    fileobj=pipe, mode="w|", format=tarfile.GNU_FORMAT, encoding="utf-8"
                ) as archive:
                    archive.add(self._source, arcname=self._name, filter=_portable)
            except BrokenPipeError:
                raise
            except OSError as error:
                self._problem = error


def _portable(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    """Leave out what is no file, folder or link."""
    return member if member.isreg() or member.isdir() or member.issym() or member.islnk() else None
