"""Which namespaces a pod and its containers share.

Source: kubelet pkg/kubelet/kuberuntime/util/util.go (NamespacesForPod).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.core.pod import v1


def namespace_options(pod: v1.Pod, target_id: str = "") -> cri.NamespaceOption:
    """`target_id` names the container whose pid namespace an ephemeral container enters."""
    spec = pod.spec
    options = cri.NamespaceOption(
        network=cri.NODE if spec.host_network else cri.POD,
        ipc=cri.NODE if spec.host_ipc else cri.POD,
        pid=cri.CONTAINER,
    )
    if spec.host_pid:
        options.pid = cri.NODE
    elif target_id:
        options.pid = cri.TARGET
        options.target_id = target_id
    elif spec.share_process_namespace:
        options.pid = cri.POD
    return options
