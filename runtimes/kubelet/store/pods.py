"""The applied pods of one backend on disk, shared by every process that uses the same root.

    <root>/pods/<uid>/pod.json                       the record
    <root>/pods/<uid>/lock                           held by whoever works on the pod
    <root>/pods/<uid>/known.json                     what its driver knows, see `known`
    <root>/names/<backend>_<namespace>_<name>        a link to the uid
    <root>/driven/<backend>_<namespace>_<name>       locked by whoever drives a pod of that name
    <root>/objects/                                  ConfigMaps and Secrets, see `objects`
    <root>/events/                                   what has happened to them, see `journal`
    <root>/lock                                      held while the two change

The name is linked before the record is written and unlinked after it is gone, so a kill at any
point leaves at most a name without a record, which reads as no pod.
"""

from __future__ import annotations

import fcntl
import os
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from runtimes.core import errors
from runtimes.kubelet import layout
from runtimes.kubelet.generate.references import Reference, references
from runtimes.kubelet.journal.journal import Journal
from runtimes.kubelet.oserrors import translated
from runtimes.kubelet.status.times import format_ns
from runtimes.kubelet.store import durable, known
from runtimes.kubelet.store.claim import Claim, claim
from runtimes.kubelet.store.objects import ObjectStore
from runtimes.kubelet.store.record import FORMAT, Applied, Outcome, Record, encode, read

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from runtimes.core.pod import v1
    from runtimes.kubelet.store.known import Known


_REMOVAL = "runtimes.kubelet/removal"


def new_uid() -> str:
    """Make a random one (RFC 9562, version 4)."""
    digits = os.urandom(16).hex()
    variant = "89ab"[int(digits[16], 16) % 4]
    tail = f"{variant}{digits[17:20]}-{digits[20:]}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{tail}"


def utc_now() -> str:
    """The time as Kubernetes writes it."""
    return format_ns(time.time_ns())


class PodStore:
    """Thread-safe, and safe beside other processes.

    Attributes:
        root: the folder of it all.
        backend: whose pods these are.
        objects: ConfigMaps and Secrets that pods name.
        journal: what has happened to the pods.
    """

    def __init__(
        self,
        root: Path,
        backend: str,
        *,
        uid: Callable[[], str] = new_uid,
        now: Callable[[], str] = utc_now,
    ) -> None:
        self.root = root
        self._pods = root / "pods"
        self._names = root / "names"
        self._driven = root / "driven"
        self._lock_file = root / "lock"
        self.backend = layout.checked(backend, "backend")
        self.objects = ObjectStore(root, backend)
        self.journal = Journal(root, backend, self.by_uid)
        self._uid = uid
        self._now = now

    def apply(self, pod: v1.Pod) -> Applied:
        """Record what should run. The same namespace and name keep their uid.

        Applying a pod that was marked deleted takes the mark away.

        Raises:
            InvalidArgument: the pod has no name or no namespace, or another pod's uid.
        """
        with self._locked():
            old = self.get(pod.metadata.namespace, pod.metadata.name)
            new = self._created(pod) if old is None else self._updated(old, pod)
            if new == old:
                return Applied(new, Outcome.UNCHANGED)
            self._write(new)
        return Applied(new, Outcome.CREATED if old is None else Outcome.CONFIGURED)

    def get(self, namespace: str, name: str) -> v1.Pod | None:
        uid = _uid_at(self._name(namespace, name))
        pod = self.by_uid(uid) if uid else None
        if pod is None or (pod.metadata.namespace, pod.metadata.name) != (namespace, name):
            return None
        return pod

    def by_uid(self, uid: str) -> v1.Pod | None:
        record = read(self._record(uid))
        return record.pod if record is not None and record.backend == self.backend else None

    def version(self, uid: str) -> int:
        """Tell a number that changes whenever the record does; 0 when there is none."""
        try:
            found = self._record(uid).stat()
        except FileNotFoundError:
            return 0
        return found.st_ino << 64 | found.st_mtime_ns  # a clock's tick may hold two records

    def list(self) -> list[v1.Pod]:
        """All pods of this backend, sorted by namespace and name."""
        uids = sorted(path.name for path in self._pods.glob("*") if not path.is_symlink())
        pods = [pod for pod in map(self.by_uid, uids) if pod is not None]
        return sorted(pods, key=lambda pod: (pod.metadata.namespace, pod.metadata.name))

    def known(self, uid: str) -> Known | None:
        """What the driver of a pod knows of it; None when it has none that lives."""
        return known.read(self._record(uid).parent)

    def note(self, uid: str, what: Known | None) -> bool:
        """Note what this process knows of a pod that it drives; None once it no longer does.

        False while another process has noted what it knows.
        """
        return known.write(self._record(uid).parent, what)

    def add_ephemeral(self, uid: str, container: v1.EphemeralContainer) -> v1.Pod:
        """Let a container for debugging join a pod; whoever drives the pod starts it.

        Raises:
            NotFound: there is no such pod.
            AlreadyExists: it has a container of that name.
        """
        with self._locked():
            pod = self.by_uid(uid)
            if pod is None:
                raise errors.NotFound(f"debug pod with uid {uid}: it wasn't applied here")
            spec = pod.spec
            taken = {one.name for one in (*spec.init_containers, *spec.containers)}
            if container.name in taken | {one.name for one in spec.ephemeral_containers}:
                raise errors.AlreadyExists(
                    f"debug pod {pod.metadata.namespace}/{pod.metadata.name}: it has a container"
                    f" {container.name}; give the new one another name"
                )
            joined = (*spec.ephemeral_containers, container)
            pod = replace(pod, spec=replace(spec, ephemeral_containers=joined))
            self._write(pod)
        return pod

    def mark_deleted(
        self, uid: str, grace_period: int | None = None, *, removal: bool = False
    ) -> v1.Pod | None:
        """Note that a pod shall end; whoever runs it then stops it. Idempotent.

        `grace_period` in seconds; None takes the pod's own. It may only shrink, and is at least 1.
        `removal` says that the record goes as well, in case whoever removes it doesn't live to.
        """
        with self._locked():
            pod = self.by_uid(uid)
            if pod is None:
                return None
            marked = marked_deleted(pod, grace_period, self._now(), removal=removal)
            if marked != pod:
                self._write(marked)
        return marked

    @contextmanager
    def held(self, uid: str) -> Iterator[None]:
        """Keep other processes from working on the same pod meanwhile; nothing, once it is gone."""
        with ExitStack() as stack:
            with suppress(FileNotFoundError):
                stack.enter_context(_flock(self._record(uid).parent / "lock"))
            yield

    def claim(self, namespace: str, name: str) -> Claim | None:
        """Become the one that drives the pod of a name; None while another does."""
        return claim(self._driven / self._file_name(namespace, name))

    def remove(self, uid: str) -> None:
        """Forget a pod, and the objects that no other pod names.

        Idempotent; what other files its folder has stays.
        """
        with self._locked():
            pod = self.by_uid(uid)
            if pod is not None:
                self._release_objects(pod)
            record = self._record(uid)
            record.unlink(missing_ok=True)
            self._sweep(uid)
            if pod is not None:  # last, so that whoever follows a kill finds the folder
                self._unlink_name(pod, uid)

    def sweep(self) -> None:
        """Take away what kills left: names of pods that are gone, and halves of files."""
        with self._locked():
            self.objects.sweep()
            for link in filter(os.path.islink, self._names.glob(f"{self.backend}_*")):
                uid = _uid_at(link)
                if uid and not self.version(uid):
                    self._sweep(uid)
                    link.unlink()

    def apply_object(self, obj: v1.ConfigMap | v1.Secret) -> Outcome:
        """Keep an object, and let whoever drives a pod that names it notice.

        Raises:
            FailedPrecondition: the one that is there is immutable, and differs.
        """
        with self._locked():
            outcome = self.objects.apply(obj)
            if outcome is not Outcome.UNCHANGED:
                wanted = Reference(obj.kind, obj.metadata.name)
                for pod in self._naming(obj.metadata.namespace, wanted):
                    os.utime(self._record(pod.metadata.uid))
        return outcome

    def naming(self, obj: v1.ConfigMap | v1.Secret) -> tuple[v1.Pod, ...]:
        """List the pods that name an object."""
        return self._naming(obj.metadata.namespace, Reference(obj.kind, obj.metadata.name))

    def _naming(self, namespace: str, wanted: Reference) -> tuple[v1.Pod, ...]:
        pods = (pod for pod in self.list() if pod.metadata.namespace == namespace)
        return tuple(pod for pod in pods if wanted in references(pod))

    def _release_objects(self, pod: v1.Pod) -> None:
        namespace = pod.metadata.namespace
        for one in references(pod):
            if [left.metadata.uid for left in self._naming(namespace, one)] == [pod.metadata.uid]:
                self.objects.remove(one.kind, namespace, one.name)

    def _created(self, pod: v1.Pod) -> v1.Pod:
        uid = pod.metadata.uid or self._uid()
        if read(self._record(uid)) is not None:
            raise errors.InvalidArgument(
                f"apply pod {pod.metadata.namespace}/{pod.metadata.name}: its metadata.uid {uid}"
                " belongs to another pod; leave it out"
            )
        meta = replace(pod.metadata, uid=uid, creation_timestamp=self._now(), generation=1)
        return replace(pod, metadata=meta, status=None)

    def _updated(self, old: v1.Pod, pod: v1.Pod) -> v1.Pod:
        if pod.metadata.uid not in {"", old.metadata.uid}:
            raise errors.InvalidArgument(
                f"apply pod {old.metadata.namespace}/{old.metadata.name}: it runs as uid"
                f" {old.metadata.uid}, the manifest says {pod.metadata.uid}; remove the pod first"
            )
        spec = replace(pod.spec, ephemeral_containers=old.spec.ephemeral_containers)
        generation = (old.metadata.generation or 0) + int(old.spec != spec)
        meta = replace(
            pod.metadata,
            uid=old.metadata.uid,
            creation_timestamp=old.metadata.creation_timestamp,
            generation=generation,
            deletion_timestamp="",
            deletion_grace_period_seconds=None,
        )
        return replace(pod, metadata=meta, spec=spec, status=None)

    def _write(self, pod: v1.Pod) -> None:
        meta, record = pod.metadata, self._record(pod.metadata.uid)
        with (
            translated(f"record pod '{meta.namespace}/{meta.name}' in {record}"),
            ExitStack() as undo,
        ):
            self._link_name(pod)  # first, so that whoever follows a kill finds the folder
            record.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
            undo.callback(_remove_empty, record.parent)
            durable.write(record, encode(Record(format=FORMAT, backend=self.backend, pod=pod)))
            undo.pop_all()

    def _link_name(self, pod: v1.Pod) -> None:
        self._names.mkdir(mode=0o750, parents=True, exist_ok=True)
        link = self._name(pod.metadata.namespace, pod.metadata.name)
        if link.is_symlink():
            before = _uid_at(link)
            if before == pod.metadata.uid:
                return
            if before:
                self._sweep(before)
            link.unlink()
        link.symlink_to(pod.metadata.uid)

    def _sweep(self, uid: str) -> None:
        """Remove what belongs to the record of a pod that has none, half-written files too."""
        record = self._record(uid)
        if record.exists() or not record.parent.is_dir():
            return
        belongings = (record.parent / name for name in ("lock", known.FILE))
        for leftover in (*belongings, *record.parent.glob(".*")):
            if leftover.is_file():
                leftover.unlink()
        _remove_empty(record.parent)

    def _unlink_name(self, pod: v1.Pod, uid: str) -> None:
        link = self._name(pod.metadata.namespace, pod.metadata.name)
        if link.is_symlink() and str(link.readlink()) == uid:
            link.unlink()

    def _name(self, namespace: str, name: str) -> Path:
        return self._names / self._file_name(namespace, name)

    def _file_name(self, namespace: str, name: str) -> str:
        parts = (layout.checked(part, "pod") for part in (namespace, name))
        return "_".join((self.backend, *parts))

    def _record(self, uid: str) -> Path:
        return self._pods / layout.checked(uid, "uid") / "pod.json"

    @contextmanager
    def _locked(self) -> Iterator[None]:
        self._lock_file.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
        with _flock(self._lock_file):
            yield


def _uid_at(link: Path) -> str:
    """What a name leads to; empty where there is none, and for what can't be a uid."""
    try:
        return layout.checked(str(link.readlink()), "uid")
    except (FileNotFoundError, errors.InvalidArgument):
        return ""


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


@contextmanager
def _flock(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def marked_deleted(
    pod: v1.Pod, grace_period: int | None, now: str, *, removal: bool = False
) -> v1.Pod:
    """As `PodStore.mark_deleted` notes it."""
    meta = pod.metadata
    default = pod.spec.termination_grace_period_seconds
    wanted = grace_period if grace_period is not None else (30 if default is None else default)
    before = meta.deletion_grace_period_seconds
    if meta.deletion_timestamp and before is not None:
        wanted = min(wanted, before)
    meta = replace(
        meta,
        annotations={**meta.annotations, **({_REMOVAL: "true"} if removal else {})},
        deletion_timestamp=meta.deletion_timestamp or now,
        deletion_grace_period_seconds=max(1, wanted),
    )
    return replace(pod, metadata=meta)


def is_being_removed(pod: v1.Pod) -> bool:
    """Its removal has begun, and may have been cut off."""
    return _REMOVAL in pod.metadata.annotations
