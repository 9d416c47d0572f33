"""Pods and what runs of them, built with few words."""
# ruff: noqa: ANN401 - builders pass on any field of a struct

from __future__ import annotations

from typing import Any

from msgspec.structs import replace

from runtimes.core.pod import v1
from runtimes.core.pod.status import ContainerState, ContainerStatus, PodStatus, SandboxStatus
from runtimes.kubelet.actions.hash import container_hash

UID = "11111111-2222-4333-8444-555555555555"
RUNNING = ContainerState.RUNNING
EXITED = ContainerState.EXITED
CREATED = ContainerState.CREATED
UNKNOWN = ContainerState.UNKNOWN


def container(name: str = "app", **fields: Any) -> v1.Container:
    fields.setdefault("image", "busybox")
    fields.setdefault("image_pull_policy", "IfNotPresent")
    return v1.Container(name=name, **fields)


def pod(*containers: v1.Container, init: tuple[v1.Container, ...] = (), **spec: Any) -> v1.Pod:
    """A pod default/web; `policy` is its restart policy."""
    spec.setdefault("termination_grace_period_seconds", 30)
    policy = spec.pop("policy", "Always")
    return v1.Pod(
        metadata=v1.ObjectMeta(name="web", namespace="default", uid=UID),
        spec=v1.PodSpec(
            containers=containers or (container(),),
            init_containers=init,
            restart_policy=policy,
            **spec,
        ),
    )


def with_meta(of: v1.Pod, **fields: Any) -> v1.Pod:
    return replace(of, metadata=replace(of.metadata, **fields))


def attempt(
    of: v1.Container | str,
    state: ContainerState,
    number: int = 0,
    exit_code: int = 0,
    **fields: Any,
) -> ContainerStatus:
    """One attempt; by a container it has that container's hash, by a name it has none."""
    name = of if isinstance(of, str) else of.name
    fields.setdefault("id", f"{name}-{number}")
    fields.setdefault("hash", 0 if isinstance(of, str) else container_hash(of))
    fields.setdefault("created_at_ns", (number + 1) * 10**9)
    return ContainerStatus(
        name=name, state=state, restart_count=number, exit_code=exit_code, **fields
    )


def sandbox(number: int = 0, *, ready: bool = True, **fields: Any) -> SandboxStatus:
    fields.setdefault("id", f"sandbox-{number}")
    fields.setdefault("ips", ("10.0.0.2",) if ready else ())
    return SandboxStatus(attempt=number, ready=ready, created_at_ns=(number + 1) * 10**9, **fields)


def observed(
    *containers: ContainerStatus, sandboxes: tuple[SandboxStatus, ...] | None = None
) -> PodStatus:
    """What a runtime has, given in the order newest first; with one READY sandbox by default."""
    given = (sandbox(),) if sandboxes is None else sandboxes
    return PodStatus(
        uid=UID,
        name="web",
        namespace="default",
        ips=given[0].ips if given and given[0].ready else (),
        containers=containers,
        sandboxes=given,
    )
