"""What an rkt pod is asked for as a whole: another wish needs another pod, as none can change.

Host aliases are among it, though files follow them elsewhere: for rkt they are flags of the start.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from runtimes.kubelet.actions.hash import fnv1a
from runtimes.kubelet.actions.wishes import sandbox_hash

if TYPE_CHECKING:
    from runtimes.core.pod import v1
    from runtimes.core.pod.status import PodStatus

ASKED = "runtimes.rkt/asked"


def asked_hash(pod: v1.Pod) -> int:
    """Never 0, which stands for unknown."""
    return fnv1a(msgspec.json.encode((sandbox_hash(pod), pod.spec.host_aliases))) or 1


def is_outdated(pod: v1.Pod, status: PodStatus) -> bool:
    """Whether what runs was asked for otherwise."""
    return any(one.ready and one.hash not in {0, asked_hash(pod)} for one in status.sandboxes[:1])
