"""From whatever state, deciding and acting again and again leads to what was asked, and stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

from runtimes.core.pod.backoff import Backoff
from runtimes.core.pod.status import ContainerState, ContainerStatus, SandboxStatus
from runtimes.kubelet.actions.compute import compute_pod_actions
from runtimes.kubelet.actions.hash import container_hash, definition_hash
from runtimes.kubelet.sync.pod import sync_pod
from runtimes.kubelet.tests.builders import container, pod, with_meta
from runtimes.kubelet.tests.sync.model import ModelRuntime

if TYPE_CHECKING:
    from runtimes.core.pod import v1
    from runtimes.core.pod.status import PodStatus

NAMES = ("a", "b")
INIT_NAMES = ("i1", "i2")
SIDECARS = ("s1", "s2")
ROUNDS = 12


def no_waiting() -> Backoff:
    return Backoff(initial=0.0, limit=0.0)


INIT = st.sampled_from([*INIT_NAMES, *SIDECARS])


def made(name: str) -> v1.Container:
    return container(name, restart_policy="Always" if name in SIDECARS else "")


@st.composite
def pods(draw: st.DrawFn) -> v1.Pod:
    return pod(
        *(container(name) for name in NAMES[: draw(st.integers(1, 2))]),
        init=tuple(map(made, draw(st.lists(INIT, max_size=4, unique=True)))),
        policy=draw(st.sampled_from(["Always", "OnFailure", "Never"])),
        host_network=draw(st.booleans()),
    )


@st.composite
def worlds(draw: st.DrawFn) -> ModelRuntime:
    """Anything that kills, crashes, other tools and half-done syncs may leave."""
    sandboxes = [
        SandboxStatus(
            id=f"sandbox-{attempt}",
            attempt=attempt,
            ready=(ready := draw(st.booleans())),
            created_at_ns=attempt,
            host_network=draw(st.booleans()),
            ips=draw(st.sampled_from([(), ("10.0.0.9",)])) if ready else (),
        )
        for attempt in range(draw(st.integers(0, 3)))
    ]
    kinds = st.tuples(
        st.sampled_from([*NAMES, *INIT_NAMES, *SIDECARS]),
        st.sampled_from(list(ContainerState)),
        st.sampled_from([0, 1, 137]),
        st.booleans(),
    )
    containers = [
        ContainerStatus(
            id=f"old-{index}",
            name=name,
            state=state,
            created_at_ns=index,
            exit_code=code if state is ContainerState.EXITED else 0,
            hash=container_hash(made(name)) if current else 0xBAD,
            restart_count=index,
        )
        for index, (name, state, code, current) in enumerate(draw(st.lists(kinds, max_size=6)))
    ]
    codes = {name: draw(st.sampled_from([0, 1])) for name in NAMES}
    return ModelRuntime(sandboxes, containers, exit_codes={**codes, "i1": 0, "i2": 0})


def settle(asked: v1.Pod, world: ModelRuntime) -> None:
    """Sync until nothing changes; init containers end by themselves, regular ones run on."""
    for _ in range(ROUNDS):
        before, calls = world.status(), len(world.calls)
        sync_pod(asked, before, world, no_waiting())
        started = {call.partition(":")[2] for call in world.calls[calls:] if "start_" in call}
        assert not started & set(NAMES) or is_initialised(asked, before)
        for name in INIT_NAMES:
            world.end(name)


def is_initialised(asked: v1.Pod, status: PodStatus) -> bool:
    """The last init container has had its turn, or regular ones run already."""
    regular = (status.latest(name) for name in NAMES)
    if any(one and one.state is ContainerState.RUNNING for one in regular):
        return True
    if not asked.spec.init_containers:
        return True
    last = asked.spec.init_containers[-1].name
    latest = status.latest(last)
    if last in SIDECARS:
        return latest is not None
    return latest is not None and latest.state is ContainerState.EXITED and not latest.exit_code


def has_run(status: PodStatus, name: str) -> bool:
    latest = status.latest(name)
    return latest is not None and latest.state is not ContainerState.CREATED


def init_has_failed(asked: v1.Pod, status: PodStatus) -> bool:
    plain = {one.name for one in asked.spec.init_containers} & set(INIT_NAMES)
    return any(one is not None and one.exit_code for one in map(status.latest, plain))


@settings(max_examples=400, deadline=None)
@given(pods(), worlds())
def test_a_pod_that_may_restart_ends_up_running(asked: v1.Pod, world: ModelRuntime) -> None:
    settle(asked, world)

    sidecars = {one.name for one in asked.spec.init_containers if one.name in SIDECARS}
    wanted = sidecars | {one.name for one in asked.spec.containers}
    actions = compute_pod_actions(asked, world.status())
    policy = asked.spec.restart_policy
    assert actions.nothing or (actions.kill_pod and not actions.starts)
    if policy == "Always":
        assert wanted <= world.running
        assert actions.nothing
        assert sum(one.ready for one in world.sandboxes) == 1
        assert world.sandboxes[-1].host_network == bool(asked.spec.host_network)
        for one in (*asked.spec.init_containers, *asked.spec.containers):
            if one.name in wanted:
                latest = world.status().latest(one.name)
                assert latest is not None
                assert latest.hash == definition_hash(asked, one)
    elif not actions.nothing:
        assert not world.running
    if policy == "Never" and not init_has_failed(asked, world.status()):
        for one in asked.spec.containers:
            assert has_run(world.status(), one.name)


@settings(max_examples=300, deadline=None)
@given(pods(), worlds())
def test_a_settled_pod_is_left_alone(asked: v1.Pod, world: ModelRuntime) -> None:
    settle(asked, world)
    containers, sandboxes = list(world.containers), list(world.sandboxes)

    sync_pod(asked, world.status(), world, no_waiting())

    assert (world.containers, world.sandboxes) == (containers, sandboxes)


@settings(max_examples=200, deadline=None)
@given(pods(), worlds())
def test_a_deleted_pod_ends_with_nothing_running(asked: v1.Pod, world: ModelRuntime) -> None:
    deleted = with_meta(asked, deletion_timestamp="2026-01-01T00:00:00Z")

    settle(deleted, world)

    assert not world.running
    assert not any(sandbox.ready for sandbox in world.sandboxes)
    assert not any(call.startswith("start_container") for call in world.calls)


@settings(max_examples=200, deadline=None)
@given(pods(), worlds())
def test_a_finished_pod_is_never_started_again(asked: v1.Pod, world: ModelRuntime) -> None:
    settle(asked, world)
    for name in NAMES:
        world.exit_codes[name] = 0
        world.end(name)
    settle(asked, world)
    starts = sum(call.startswith("start_container") for call in world.calls)

    settle(asked, world)

    again = sum(call.startswith("start_container") for call in world.calls) - starts
    assert again == 0
    if asked.spec.restart_policy != "Always":
        assert not world.running
