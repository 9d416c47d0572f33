"""Pods of one test, each in a namespace of the test's own, removed whatever happens.

What a killed test process leaves is removed by the next that uses the same root.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from msgspec.structs import replace

from runtimes.client.each import each
from runtimes.client.testing.pod import PATIENCE, PodInTest
from runtimes.core import errors
from runtimes.core.host.process import Process, identify

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from runtimes.client.pod import Pod
    from runtimes.client.runtime import Runtime
    from runtimes.client.workloads import Configuration
    from runtimes.core.pod import v1

    Source: TypeAlias = "str | Path | v1.Pod | Mapping[str, object]"

__tracebackhide__ = True  # a failing test's report begins where the test called
PROCESS = "runtimes.client/test-process"
"""Annotation of pods in tests: pid and start time of the process that made them."""


class Pods:
    """Call it to start a pod.

    Attributes:
        namespace: of all its pods.
        started: every pod that was begun.
    """

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.namespace = f"test-{secrets.token_hex(4)}"
        self.started: list[PodInTest] = []

    def __call__(
        self,
        manifest: Source | None = None,
        *,
        image: str = "",
        command: Sequence[str] = (),
        timeout: float = PATIENCE,
        **options: Any,  # noqa: ANN401 - those of RunOptions
    ) -> PodInTest:
        """Start a pod, and give it once every container has been started.

        Args:
            manifest: a file, a text with line breaks, a mapping, or a pod built in Python; a
                ConfigMap or Secret beside the pod is kept for it.
            image: instead of a manifest, one image.
            command: given to the image's entrypoint.
            timeout: seconds until it has started.
            options: with an image, those of `runtimes.client.RunOptions`.

        Raises:
            InvalidManifest: something is wrong with it, told with lines.
            InvalidArgument: there isn't one pod in it, or neither or both of manifest and image.
            StartFailed: a container doesn't start.
            DeadlineExceeded: it hasn't started in time.
        """
        if (manifest is None) == (not image):
            raise errors.InvalidArgument("start a pod: give a manifest or image=")
        if manifest is None:
            from runtimes.client.image_run import RunOptions, image_pod

            manifest = image_pod(image, command, RunOptions(**options))
        elif options or command:
            raise errors.InvalidArgument("start a pod: options are for image=; a manifest has them")
        try:
            pod, objects = self._own(manifest)
        except errors.Error as error:
            raise error.with_traceback(None) from error.__cause__  # lines of ours tell nothing
        made = PodInTest(self.runtime.create(pod))
        self.started.append(made)
        for kept in objects:  # now that there is a pod with which they go
            self.runtime.keep(kept)
        made.start(timeout)
        return made

    def end(self) -> None:
        """Remove all of them, the last first; one that can't be doesn't keep the others.

        Raises:
            ExceptionGroup: some couldn't be removed.
        """
        failures = []
        while self.started:
            try:
                self.started.pop().end()
            except Exception as error:  # noqa: BLE001 - told with those of the others
                failures.append(error)
        if failures:
            raise ExceptionGroup("remove pods of a test", failures)

    def _own(self, manifest: Source) -> tuple[v1.Pod, list[Configuration]]:
        from runtimes.client.workloads import configuration, wanted
        from runtimes.core.pod import v1
        from runtimes.kubelet.generate.references import Reference, references

        objects = self.runtime.read(_readable(manifest))
        pods = wanted(objects)
        if len(pods) != 1 or not isinstance(pods[0], v1.Pod):
            kinds = ", ".join(one.kind for one in pods) or "nothing to run"
            raise errors.InvalidArgument(f"start a pod: the manifest has {kinds}; expected one Pod")
        named = [
            replace(kept, metadata=replace(kept.metadata, namespace=self.namespace))
            for kept in configuration(objects)
            if Reference(kept.kind, kept.metadata.name) in references(pods[0])
        ]
        meta = pods[0].metadata
        notes = {**meta.annotations, PROCESS: _spelled(_this_process())}
        meta = replace(meta, namespace=self.namespace, annotations=notes)
        return replace(pods[0], metadata=meta), named


def remove_leftovers(runtime: Runtime) -> list[str]:
    """Remove pods of test processes that are no more; return their names.

    Raises:
        ExceptionGroup: some couldn't be removed.
    """
    left = filter(_is_left, runtime.pods())
    return [pod.full_name for pod in each(left, lambda pod: pod.remove(force=True))]


def _is_left(pod: Pod) -> bool:
    maker = pod.manifest.metadata.annotations.get(PROCESS) if pod.managed else None
    return maker is not None and not _alive(maker)


def _readable(manifest: Source) -> str | Path | v1.Pod:
    from runtimes.core.pod import v1

    if isinstance(manifest, (str, Path, v1.Pod)):
        return manifest
    return json.dumps(manifest) + "\n"


def _this_process() -> Process:
    return identify(os.getpid()) or Process(os.getpid(), 0)


def _spelled(process: Process) -> str:
    return f"{process.pid}.{process.start_ticks}"


def _alive(spelled: str) -> bool:
    pid, _, ticks = spelled.partition(".")
    return pid.isdigit() and ticks.isdigit() and Process(int(pid), int(ticks)).alive
