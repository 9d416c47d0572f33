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


def orphans(runtime: PodRuntime, store: PodStore, config: KubeletConfig) -> list[RunningPod]:
    """List them."""
    pods = runtime.get_pods(include_exited=True)
    own = [pod for pod in pods if pod.annotations.get(OWNER) == str(config.root)]
    return [pod for pod in own if not store.version(pod.uid)]


def end_orphan(runtime: PodRuntime, pod: RunningPod) -> None:
    """Stop and remove one.

    Raises:
        Internal: something of it still runs.
    """
    log.warning("end pod=%s/%s uid=%s: it has no record", pod.namespace, pod.name, pod.uid)
    result = runtime.kill_pod(None, pod, GRACE)
    if not result.ok:
        raise errors.Internal(result.describe())
    runtime.remove_pod(pod)
