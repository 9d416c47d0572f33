"""Where manifests come from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.kubelet.manifest.errors import InvalidManifest, Mistake

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 10 * 1024 * 1024
"""As kubelet's limit for files of static pods."""


SUFFIXES = frozenset({".yaml", ".yml", ".json"})


def manifest_files(path: Path) -> list[Path]:
    """List the manifests of a folder by name, hidden ones left out; a file is itself.

    Raises:
        NotFound: a folder has none.
    """
    if not path.is_dir():
        return [path]
    found = sorted(
        file
        for file in path.iterdir()
        if file.suffix in SUFFIXES and not file.name.startswith(".") and file.is_file()
    )
    if not found:
        raise errors.NotFound(f"read manifests of '{path}': no .yaml, .yml or .json in it")
    return found


def read_source(source: Path | str, name: str) -> tuple[str, str]:
    """Return what to call the source, and its text.

    Raises:
        NotFound, PermissionDenied, InvalidArgument: a file can't be read.
        InvalidManifest: it is too large, or not text.
    """
    if isinstance(source, str):
        if len(source) > MAX_BYTES or len(source.encode(errors="replace")) > MAX_BYTES:
            raise _refused(name, 1, 1, f"has more than {MAX_BYTES} bytes")
        return name, source
    file, data = str(source), _read(source)
    if len(data) > MAX_BYTES:
        raise _refused(file, 1, 1, f"has more than {MAX_BYTES} bytes")
    try:
        return file, data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start]
        line, column = before.count(b"\n") + 1, error.start - before.rfind(b"\n")
        raise _refused(file, line, column, "is not UTF-8 text") from error


def _read(path: Path) -> bytes:
    """Read at most one byte more than is allowed; from a pipe, too."""
    try:
        with path.open("rb") as stream:
            return stream.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise errors.NotFound(f"read manifest '{path}': there is no such file") from error
    except PermissionError as error:
        raise errors.PermissionDenied(f"read manifest '{path}': permission denied") from error
    except IsADirectoryError as error:
        raise errors.InvalidArgument(
            f"read manifest '{path}': it is a directory; name the files in it"
        ) from error
    except (OSError, ValueError) as error:
        raise errors.InvalidArgument(f"read manifest '{path}': {error}") from error


def _refused(file: str, line: int, column: int, message: str) -> InvalidManifest:
    return InvalidManifest([Mistake(file, 1, line, column, "", message)])
