"""What a container sees under ``/``: its image, its own layer, generated files and mounts.

Mounts are real folders and files of the host, so that volumes are shared with whoever reads them.
"""

from __future__ import annotations

import errno
import os
import posixpath
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDERS = ("bin", "dev", "etc", "home", "mnt", "proc", "root", "run", "sys", "tmp", "usr", "var")


@dataclass(frozen=True, slots=True)
class MountPoint:
    container_path: str
    host_path: str
    readonly: bool


@dataclass(frozen=True, slots=True)
class FileView:
    """Absolute paths throughout; errors are OSErrors, as a kernel gives them.

    Attributes:
        layer: what the container wrote: contents, or None for a file that it removed. A folder
            is a key that ends in a slash.
        generated: files of the runtime and the kernel, read-only.
        masked: paths that look empty.
    """

    layer: dict[str, bytes | None]
    image: Mapping[str, bytes]
    generated: Mapping[str, bytes] = field(default_factory=dict)
    mounts: tuple[MountPoint, ...] = ()
    readonly: bool = False
    readonly_paths: tuple[str, ...] = ()
    masked: tuple[str, ...] = ()

    def read(self, path: str) -> bytes:
        """Contents of a file."""
        path = posixpath.normpath(path)
        if self._covered(path, self.masked) or path == "/dev/null":
            return b""
        if (host := self._host(path)) is not None:
            return host.read_bytes()
        if path in self.layer:
            content = self.layer[path]
            if content is not None:
                return content
        elif path in self.generated:
            return self.generated[path]
        elif path in self.image:
            return self.image[path]
        if self.is_folder(path):
            raise _problem(errno.EISDIR, path)
        raise _problem(errno.ENOENT, path)

    def write(self, path: str, data: bytes, *, append: bool = False) -> None:
        """Create or change a file."""
        path = posixpath.normpath(path)
        if path == "/dev/null":
            return
        self._check_writable(path)
        if (host := self._host(path)) is not None:
            with host.open("ab" if append else "wb") as stream:
                stream.write(data)
            return
        if not self.is_folder(posixpath.dirname(path)):
            raise _problem(errno.ENOENT, path)
        if self.is_folder(path):
            raise _problem(errno.EISDIR, path)
        before = self.read(path) if append and self.exists(path) else b""
        self.layer[path] = before + data

    def make_folder(self, path: str) -> None:
        path = posixpath.normpath(path)
        self._check_writable(path)
        if (host := self._host(path)) is not None:
            host.mkdir(parents=True, exist_ok=True)
        else:
            self.layer[path + "/"] = b""

    def remove(self, path: str) -> None:
        path = posixpath.normpath(path)
        self._check_writable(path)
        if (host := self._host(path)) is not None:
            host.rmdir() if host.is_dir() else host.unlink()
        elif not self.exists(path):
            raise _problem(errno.ENOENT, path)
        else:
            for key in [key for key in self.layer if key == path or key.startswith(path + "/")]:
                del self.layer[key]
            self.layer[path] = None

    def exists(self, path: str) -> bool:
        path = posixpath.normpath(path)
        if (host := self._host(path)) is not None:
            return host.exists()
        if path in self.layer:
            return self.layer[path] is not None
        return path in self.generated or path in self.image or self.is_folder(path)

    def is_folder(self, path: str) -> bool:
        path = posixpath.normpath(path)
        if (host := self._host(path)) is not None:
            return host.is_dir()
        return path == "/" or path + "/" in self.layer or bool(self._below(path))

    def listing(self, path: str) -> list[str]:
        """Names in a folder, sorted."""
        path = posixpath.normpath(path)
        if not self.is_folder(path):
            raise _problem(errno.ENOTDIR if self.exists(path) else errno.ENOENT, path)
        if self._covered(path, self.masked):
            return []
        host = self._host(path)
        found = set(os.listdir(host)) if host is not None else self._below(path)  # noqa: PTH208 - names
        return sorted(found - {""})

    def _below(self, path: str) -> set[str]:
        prefix = path.rstrip("/") + "/"
        paths = [key for key, content in self.layer.items() if content is not None]
        paths += [
            key for key in [*self.image, *self.generated] if self.layer.get(key, b"") is not None
        ]
        paths += [mount.container_path for mount in self.mounts]
        paths += [f"/{name}/" for name in FOLDERS]
        return {key.removeprefix(prefix).split("/")[0] for key in paths if key.startswith(prefix)}

    def _host(self, path: str) -> Path | None:
        mount = self._mount(path)
        if mount is None:
            return None
        rest = posixpath.relpath(path, mount.container_path)
        return Path(mount.host_path) / rest if rest != "." else Path(mount.host_path)

    def _mount(self, path: str) -> MountPoint | None:
        matches = [mount for mount in self.mounts if _within(path, mount.container_path)]
        return max(matches, key=lambda mount: len(mount.container_path), default=None)

    def _check_writable(self, path: str) -> None:
        mount = self._mount(path)
        readonly = mount.readonly if mount else self.readonly and not _within(path, "/dev")
        if readonly or path in self.generated or self._covered(path, self.readonly_paths):
            raise _problem(errno.EROFS, path)

    @staticmethod
    def _covered(path: str, prefixes: tuple[str, ...]) -> bool:
        return any(_within(path, prefix) for prefix in prefixes)


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip("/") + "/")


def _problem(number: int, path: str) -> OSError:
    return OSError(number, os.strerror(number), path)
