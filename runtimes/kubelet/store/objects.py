"""ConfigMaps and Secrets on disk, beside the pods that name them.

    <root>/objects/<backend>_<namespace>_<kind>_<name>.json     0600

An object comes with `apply`, stays for every process that uses the same root, and goes with the
last pod that names it (`PodStore.remove`), or when it is removed by name. A broken record is
unknown: whoever needs it is told that there is none.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, TypeVar

import msgspec

from runtimes.core import errors, typed_json
from runtimes.core.pod import v1
from runtimes.kubelet import layout
from runtimes.kubelet.oserrors import translated
from runtimes.kubelet.store import durable
from runtimes.kubelet.store.record import Outcome

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)
FORMAT = 1
ObjectT = TypeVar("ObjectT", bound=v1.ConfigMap | v1.Secret)


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    format: int
    object: msgspec.Raw


class ObjectStore:
    """The objects of one backend; an `ObjectSource`. Thread-safe, and safe beside processes."""

    def __init__(self, root: Path, backend: str) -> None:
        self._folder = root / "objects"
        self._backend = layout.checked(backend, "backend")

    def config_map(self, namespace: str, name: str) -> v1.ConfigMap | None:
        return self._read(namespace, name, v1.ConfigMap)

    def secret(self, namespace: str, name: str) -> v1.Secret | None:
        return self._read(namespace, name, v1.Secret)

    def apply(self, obj: v1.ConfigMap | v1.Secret) -> Outcome:
        """Keep an object in place of the one of its kind, namespace and name.

        Raises:
            FailedPrecondition: the one that is there is immutable, and differs.
        """
        meta = obj.metadata
        before, outcome = self._compare(obj)
        if outcome is Outcome.UNCHANGED:
            return outcome
        if before is not None and before.immutable:
            raise errors.FailedPrecondition(
                f"apply {obj.kind} '{meta.namespace}/{meta.name}': it is immutable; remove it, or"
                " give the new one another name"
            )
        path = self._path(obj.kind, meta.namespace, meta.name)
        record = _Record(format=FORMAT, object=msgspec.Raw(v1.to_json(obj)))
        with translated(f"record {obj.kind} '{meta.namespace}/{meta.name}' in {path}"):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            durable.write(path, msgspec.json.encode(record) + b"\n", mode=0o600)
        return outcome

    def compare(self, obj: v1.ConfigMap | v1.Secret) -> Outcome:
        """Tell what `apply` would do."""
        return self._compare(obj)[1]

    def _compare(self, obj: ObjectT) -> tuple[ObjectT | None, Outcome]:
        meta = obj.metadata
        before = self._read(meta.namespace, meta.name, type(obj))
        if before is None:
            return None, Outcome.CREATED
        return before, Outcome.UNCHANGED if before == obj else Outcome.CONFIGURED

    def remove(self, kind: str, namespace: str, name: str) -> bool:
        """Forget an object, and tell whether there was one. Idempotent."""
        path = self._path(kind, namespace, name)
        existed = path.exists()
        path.unlink(missing_ok=True)
        return existed

    def sweep(self) -> None:
        """Take away what a kill left half written; a Secret is secret there, too."""
        durable.sweep(self._folder, f"{self._backend}_")

    def _path(self, kind: str, namespace: str, name: str) -> Path:
        parts = [layout.checked(part, kind) for part in (namespace, kind, name)]
        return self._folder / ("_".join((self._backend, *parts)) + ".json")

    def _read(self, namespace: str, name: str, kind: type[ObjectT]) -> ObjectT | None:
        path = self._path(kind.__name__, namespace, name)
        try:
            record = typed_json.decode(path.read_bytes(), _Record)
            found = typed_json.decode(record.object, kind)
        except FileNotFoundError:
            return None
        except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
            log.warning("ignore the record %s, which can't be read: %s", path, error)
            return None
        return found if record.format == FORMAT else None
