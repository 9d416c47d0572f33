"""What has happened to pods, in the shape of Kubernetes' own events."""

from runtimes.kubelet.journal.kubernetes import event, event_list

__all__ = ["event", "event_list"]
