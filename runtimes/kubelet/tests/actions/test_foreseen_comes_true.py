"""What `foresee` says of a changed manifest is what applying it does, whatever has changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from runtimes.core.pod import v1
from runtimes.core.pod.backoff import Backoff
from runtimes.core.pod.status import ContainerState
from runtimes.kubelet.actions.foresee import SETTLED, Foreseen, foresee
from runtimes.kubelet.sync.pod import sync_pod
from runtimes.kubelet.tests.builders import container, pod
from runtimes.kubelet.tests.sync.model import ModelRuntime

if TYPE_CHECKING:
    from runtimes.core.pod.status import PodStatus

NAMES = ("a", "b", "c")
INIT, SIDECAR = container("i"), container("s", restart_policy="Always")
MOUNT = v1.VolumeMount(name="v", mount_path="/v")
ROUNDS = 8


@st.composite
def containers(draw: st.DrawFn, name: str) -> v1.Container:
    host_port = draw(st.sampled_from([None, None, 8080]))
    return container(
        name,
        image=draw(st.sampled_from(["busybox", "busybox:2"])),
        ports=(v1.ContainerPort(container_port=80, host_port=host_port),),
        volume_mounts=draw(st.sampled_from([(), (MOUNT,)])),
        resources=draw(
            st.sampled_from([None, v1.ResourceRequirements(requests={"cpu": "100m"})])
        ) or v1.ResourceRequirements(),
    )  # fmt: skip


@st.composite
def pods(draw: st.DrawFn) -> v1.Pod:
    """Pods that differ from one another in whatever a manifest may change."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    medium = draw(st.sampled_from(["", "Memory"]))
    volume = v1.Volume(name="v", empty_dir=v1.EmptyDirVolumeSource(medium=medium))
    return pod(
        *(draw(containers(name)) for name in names),
        init=draw(st.sampled_from([(), (INIT,), (SIDECAR,), (INIT, SIDECAR)])),
        policy=draw(st.sampled_from(["Always", "OnFailure", "Never"])),
        volumes=(volume,),
        hostname=draw(st.sampled_from(["", "", "other"])),
        host_network=draw(st.sampled_from([None, None, True])),
        termination_grace_period_seconds=draw(st.sampled_from([1, 30])),
        host_aliases=draw(st.sampled_from([(), (v1.HostAlias(ip="192.0.2.1"),)])),
    )


ENDS = st.lists(st.sampled_from([*NAMES, "s"]), max_size=2)


def settle(asked: v1.Pod, world: ModelRuntime) -> None:
    for _ in range(ROUNDS):
        sync_pod(asked, world.status(), world, Backoff(initial=0.0, limit=0.0))
        world.end("i")


def fate(name: str, before: PodStatus, after: PodStatus) -> str:
    """The word for what became of a container."""
    old, new = before.latest(name), after.latest(name)
    ran = old is not None and old.state is ContainerState.RUNNING
    runs = new is not None and new.state is ContainerState.RUNNING
    same = old is not None and new is not None and old.id == new.id
    if name == "i":
        return "same" if same else "started"
    if ran:
        return ("same" if same else "restarted") if runs else "stopped"
    return "started" if runs and not same else "same"


WORDS = {
    "runs on": "same",
    SETTLED: "same",
    "stops": "stopped",
    "starts": "started",
    "starts again": "started",
    "restarts": "restarted",
}


def told(found: Foreseen) -> dict[str, str]:
    return {name: WORDS[text.partition(":")[0]] for name, text in found.containers}


@settings(max_examples=300, deadline=None)
@given(pods(), pods(), ENDS, st.sampled_from([0, 1]))
def test_what_is_foreseen_comes_true(
    recorded: v1.Pod, wanted: v1.Pod, ended: list[str], exit_code: int
) -> None:
    world = ModelRuntime()
    settle(recorded, world)
    for name in ended:
        world.exit_codes[name] = exit_code
        world.end(name)
    before = world.status()

    found = foresee(wanted, recorded, before)
    settle(replace(wanted, metadata=recorded.metadata), world)

    if not world.running & {one.name for one in wanted.spec.containers}:
        return  # that was its last step: what goes on beside it ends soon after
    after = world.status()
    assert told(found) == {name: fate(name, before, after) for name, _ in found.containers}
    assert world.running <= {name for name, _ in found.containers}
