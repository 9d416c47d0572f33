"""A backend that has been opened: pods, images, and what it tells of itself."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from runtimes.client.container import Container
from runtimes.client.driven import refuse_driven, taken
from runtimes.client.pod import Pod
from runtimes.client.pod_id import PodId
from runtimes.core import errors
from runtimes.core.pod.status import ContainerState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import TracebackType
    from typing import Self

    from runtimes.client.image_run import RunOptions
    from runtimes.client.pod_events import PodEvent
    from runtimes.client.workloads import Configuration, Object
    from runtimes.core.backend import Backend
    from runtimes.core.pod import v1
    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.core.pod.status import (
        ContainerUsage,
        Image,
        ImageStats,
        RegistryAuth,
        RunningPod,
        RuntimeCondition,
        RuntimeVersion,
    )
    from runtimes.kubelet.agent.about import AgentInfo
    from runtimes.kubelet.config import KubeletConfig
    from runtimes.kubelet.events import Recorder
    from runtimes.kubelet.manifest.load import Validation
    from runtimes.kubelet.store.claim import Claim
    from runtimes.kubelet.store.pods import PodStore
    from runtimes.kubelet.store.record import Outcome

_log = logging.getLogger(__name__)

Manifest: TypeAlias = "str | Path | v1.Pod"
"""A file's or folder's path, a manifest's text (it has a line break), or a pod built in Python."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What `connect` found.

    Attributes:
        why: one sentence on why it is this backend.
        runtime: the backend's own PodRuntime, or kubelet's generic one over its CRI service.
        kubelet: settings of the node.
        service: what the backend opened: a CRI service, or the same as `runtime` in era 1.
        record: takes what happens to pods.
        config_path: the configuration file that was read, None when there is none.
    """

    backend: Backend[Any]
    why: str
    runtime: PodRuntime
    kubelet: KubeletConfig
    service: object
    record: Recorder
    config_path: Path | None = None


class Runtime:
    """Pods and images of one backend; made by `connect`. Thread-safe.

    Pods are found by namespace and name, also in another process, and go on when this object is
    closed. kubelet's work, which is restarting containers by the pod's restart policy, is done
    while somebody waits for the pod (`Pod.start`, `Pod.wait`): there is no daemon.
    """

    def __init__(self, opened: Opened) -> None:
        self.opened = opened

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Release connections; pods go on. Idempotent."""
        self.backend_runtime.close()

    @property
    def name(self) -> str:
        """The backend's name."""
        return self.opened.backend.name

    @property
    def backend_runtime(self) -> PodRuntime:
        """The contract underneath, for what isn't here."""
        return self.opened.runtime

    @cached_property
    def store(self) -> PodStore:
        """The pods that were applied, on disk."""
        from runtimes.kubelet.store.pods import PodStore

        return PodStore(self.opened.kubelet.root, self.name)

    # -- the runtime

    def version(self) -> RuntimeVersion:
        """Which runtime answers."""
        return self.backend_runtime.version()

    def status(self) -> tuple[RuntimeCondition, ...]:
        """Whether it is ready: at least RuntimeReady and NetworkReady."""
        return self.backend_runtime.status()

    def stats(self) -> list[ContainerUsage]:
        """What every running container uses now."""
        return self.backend_runtime.stats()

    def events(self) -> Iterator[PodEvent]:
        """Yield what happens to containers and sandboxes of all pods, from now on.

        A backend without events is asked once a second instead.
        """
        from runtimes.client.pod_events import watch

        return watch(self.backend_runtime)

    def agent(self) -> AgentInfo | None:
        """The agent that keeps pods of this root and backend running; None when there is none."""
        from runtimes.kubelet.agent import about

        return about.read(self.opened.kubelet.root, self.name)

    # -- pods

    def read(self, manifest: Manifest, *, validate: Validation = "strict") -> list[Object]:
        """Read the objects of a manifest, judged and with defaults; nothing is kept or started.

        `validate` "warn" lets fields pass that aren't carried out yet, and logs them; "ignore" says
        nothing of them.

        Raises:
            InvalidManifest: something is wrong with it; `mistakes` has everything, with lines.
            NotFound: there is no such file.
        """
        from runtimes.core.pod import v1
        from runtimes.kubelet import manifest as manifests

        if isinstance(manifest, v1.Pod):
            return [manifests.check(manifest, validate=validate)]
        is_text = isinstance(manifest, str) and "\n" in manifest
        source = manifest if is_text else Path(manifest)
        files = manifests.manifest_files(source) if isinstance(source, Path) else [source]
        found = [one for file in files for one in manifests.load(file, validate=validate)]
        for warning in (warning for one in found for warning in one.warnings):
            _log.warning("%s", warning)
        return [one.object for one in found]

    def load(self, manifest: Manifest, *, validate: Validation = "strict") -> list[v1.Pod]:
        """Read the pods that a manifest wants now; `validate` and nothing started, as `read`.

        Raises:
            InvalidManifest: something is wrong with it; `mistakes` has everything, with lines.
            NotFound: there is no such file.
            InvalidArgument: there is no pod in it.
        """
        return self._pods_of(self.read(manifest, validate=validate))

    def _pods_of(self, objects: list[Object]) -> list[v1.Pod]:
        from runtimes.client.workloads import plan_now, wanted

        pods = [pod for one in wanted(objects) for pod in plan_now(self, one).pods]
        if not pods:
            raise errors.InvalidArgument("read pods of the manifest: it wants none")
        return pods

    def keep(self, obj: Configuration) -> Outcome:
        """Keep a ConfigMap or Secret for pods that name it; files of those that run follow at once.

        It goes with the last pod that names it. Idempotent.

        Raises:
            FailedPrecondition: the one that is here is immutable, and differs.
        """
        from runtimes.kubelet.store.record import Outcome

        outcome = self.store.apply_object(obj)
        if outcome is Outcome.CONFIGURED:
            for pod in map(self._applied, self.store.naming(obj)):
                if not pod.manifest.metadata.deletion_timestamp and pod.running:
                    pod.drive(lambda _: True)
        return outcome

    def create(self, pod: v1.Pod, *, anew: bool = False) -> Pod:
        """Record a judged pod, to be started by `Pod.start` or `Pod.wait`.

        The same namespace and name stay the same pod, whose difference is carried out when it's
        started. One that was stopped is removed first and made anew; with `anew` so is one that
        has ended.

        Raises:
            AlreadyExists: with `anew`, and it runs, or another process has just begun to drive it.
            FailedPrecondition: an agent keeps it.
        """
        meta = pod.metadata
        claim = self.store.claim(meta.namespace, meta.name)
        if claim is None:
            refuse_driven(self.store, meta.namespace, meta.name, anew=anew)
        with ExitStack() as undo:
            if claim is not None:
                undo.callback(claim.release)
            self._remove_ended(meta.namespace, meta.name, anew=anew)
            applied = self.store.apply(pod)
            undo.pop_all()
        return self._applied(applied.pod, fresh=applied.created, claim=claim)

    def _remove_ended(self, namespace: str, name: str, *, anew: bool) -> None:
        found = self.store.get(namespace, name)
        if found is None or not (anew or found.metadata.deletion_timestamp):
            return
        before = self._applied(found)
        if not before.running:
            before.remove()
        elif anew:
            raise taken(before.full_name, "running")

    def apply_all(
        self, manifest: Manifest, *, timeout: float | None = None, validate: Validation = "strict"
    ) -> list[Pod]:
        """Start or update all pods of a manifest, one after the other; idempotent.

        Its ConfigMaps and Secrets are kept first. Pods that a Deployment no longer wants go.

        Raises:
            InvalidManifest: something is wrong with it; then nothing is started.
            StartFailed: a container doesn't start.
            DeadlineExceeded: a pod hasn't started within `timeout` seconds.
        """
        from runtimes.client.workloads import configuration, plan_now, pods_of, wanted

        objects = self.read(manifest, validate=validate)
        for kept in configuration(objects):
            self.keep(kept)
        pods: list[Pod] = []
        for one in wanted(objects):
            before, plan = pods_of(self, one), plan_now(self, one)
            for name in plan.surplus:
                before[name].remove(force=True)
            pods += [self.create(pod).start(timeout=timeout) for pod in plan.pods]
        return pods

    def apply(
        self, manifest: Manifest, *, timeout: float | None = None, validate: Validation = "strict"
    ) -> Pod:
        """Start or update the one pod of a manifest; as `apply_all`.

        Raises:
            InvalidArgument: there are several pods in it.
        """
        from runtimes.client.workloads import configuration

        objects = self.read(manifest, validate=validate)
        pods = self._pods_of(objects)
        if len(pods) != 1:
            raise errors.InvalidArgument(
                f"apply one pod: the manifest has {len(pods)}; use apply_all"
            )
        for kept in configuration(objects):
            self.keep(kept)
        return self.create(pods[0]).start(timeout=timeout)

    def run(
        self,
        image: str,
        command: Sequence[str] = (),
        options: RunOptions | None = None,
        *,
        timeout: float | None = None,
    ) -> Pod:
        """Start a pod around one image; `command` is given to the image's entrypoint.

        Raises:
            InvalidArgument: the image's name or an option can't be read.
            StartFailed: it doesn't start.
            DeadlineExceeded: it hasn't started within `timeout` seconds.
        """
        from runtimes.client.image_run import image_pod

        return self.apply(image_pod(image, command, options), timeout=timeout)

    def pods(self, namespace: str | None = None) -> list[Pod]:
        """List pods by namespace and name: those applied here, and others that the backend has."""
        applied = {pod.metadata.uid: self._applied(pod) for pod in self.store.list()}
        found = self.backend_runtime.get_pods(include_exited=True)
        others = [self._found(running) for running in found if running.uid not in applied]
        pods = [*applied.values(), *others]
        chosen = [pod for pod in pods if namespace in {None, pod.namespace}]
        return sorted(chosen, key=lambda pod: (pod.namespace, pod.name))

    def pod(self, name: str, namespace: str | None = None) -> Pod:
        """Find a pod by name, ``namespace/name``, or uid.

        Without a namespace it is ``default``, or else the only one that has such a pod.

        Raises:
            NotFound: there is no such pod.
            InvalidArgument: several namespaces have one.
        """
        if "/" in name and namespace is None:
            namespace, _, name = name.partition("/")
        found = [pod for pod in self.pods(namespace) if name in {pod.name, pod.uid}]
        if len(found) > 1:
            found = [pod for pod in found if pod.namespace == "default"] or found
        if not found:
            where = f" in namespace '{namespace}'" if namespace else ""
            raise errors.NotFound(f"find pod '{name}'{where}: there is none; see: runtimes pods")
        if len(found) > 1:
            places = ", ".join(pod.namespace for pod in found)
            raise errors.InvalidArgument(
                f"find pod '{name}': namespaces {places} have one each; say <namespace>/{name}"
            )
        return found[0]

    def containers(self, *, include_exited: bool = False) -> list[Container]:
        """List containers of all pods, newest first."""
        found = self.backend_runtime.get_pods(include_exited=include_exited)
        containers = [
            Container(self._found(running), status)
            for running in found
            for status in running.containers
            if include_exited or status.state is ContainerState.RUNNING
        ]
        return sorted(containers, key=lambda one: one.status.created_at_ns, reverse=True)

    def _applied(self, pod: v1.Pod, *, fresh: bool = False, claim: Claim | None = None) -> Pod:
        meta = pod.metadata
        who = PodId(meta.uid, meta.name, meta.namespace)
        return Pod(self, who, applied=pod, fresh=fresh, claim=claim)

    def _found(self, running: RunningPod) -> Pod:
        return Pod(self, PodId(running.uid, running.name, running.namespace))

    # -- images

    def images(self) -> list[Image]:
        """List the images that are here."""
        return self.backend_runtime.list_images()

    def image_ref(self, image: str) -> str | None:
        """The reference of an image that is here, None for one that isn't."""
        return self.backend_runtime.image_ref(image)

    def image_stats(self) -> list[ImageStats]:
        """How much images use, of which file systems."""
        return self.backend_runtime.image_stats()

    def pull(self, image: str, auths: Sequence[RegistryAuth] = ()) -> str:
        """Pull an image, with each of `auths` in turn or anonymously; return its reference.

        Progress goes to `runtimes.core.progress`.

        Raises:
            ImageNotFound, Unauthenticated, RegistryUnavailable, DataLoss: as CRI PullImage.
            InvalidArgument: the name can't be read.
        """
        from runtimes.core import image_ref

        return self.backend_runtime.pull_image(image_ref.with_default_tag(image), auths)

    def import_image(self, source: Path | str, name: str = "") -> list[str]:
        """Import a rootfs tar (which needs a `name`), an OCI layout or a `docker save` archive.

        Returns the references that now exist.

        Raises:
            InvalidArgument: it isn't such an archive, or a broken one.
        """
        return self.backend_runtime.import_image(Path(source), name)

    def remove_image(self, image: str) -> None:
        """Remove an image with all its names. Idempotent."""
        self.backend_runtime.remove_image(image)
