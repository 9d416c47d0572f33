"""Pods that the runtime has from this root, and of which no record is left: they are ended.

One with a record that can't be read is not such a pod: what is unknown is left alone.

Source: kubelet pkg/kubelet/kubelet_pods.go (HandlePodCleanups).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.kubelet.generic.node import OWNER

if TYPE_CHECKING:
    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.core.pod.status import RunningPod
    from runtimes.kubelet.config import KubeletConfig
    from runtimes.kubelet.store.pods import PodStore

log = logging.getLogger(__name__)
GRACE = 1


def end_orphans(runtime: PodRuntime, store: PodStore, config: KubeletConfig) -> None:
    """Stop and remove them."""
    for pod in runtime.get_pods(include_exited=True):
        own = pod.annotations.get(OWNER) == str(config.root)
        if own and not store.version(pod.uid):
            _end(runtime, pod)


def _end(runtime: PodRuntime, pod: RunningPod) -> None:
    log.warning("end pod=%s/%s uid=%s: it has no record", pod.namespace, pod.name, pod.uid)
    result = runtime.kill_pod(None, pod, GRACE)
    if not result.ok:
        raise errors.Internal(f"end pod {pod.namespace}/{pod.name}: {result.describe()}")
    runtime.remove_pod(pod)
