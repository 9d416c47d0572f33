"""What a changed manifest does to a pod that runs, in real containers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from runtimes.core.cgroup import layout
from runtimes.core.cgroup.files import Files
from runtimes.core.pod import v1
from runtimes.kubelet.store.pods import PodStore

if TYPE_CHECKING:
    from runtimes.kubelet.status.view import PodView
    from runtimes.kubelet.tests.engines.conftest import RealKubelet
    from runtimes.kubelet.worker import PodWorker

AT_V = v1.VolumeMount(name="v", mount_path="/v")
ENDURING = "trap 'exit 0' TERM; sleep 1000 & wait"  # and no longer once it is told to end
DISK, MEMORY = v1.EmptyDirVolumeSource(), v1.EmptyDirVolumeSource(medium="Memory")


def start(worker: PodWorker) -> PodView:
    return worker.run(until=lambda view: view.running, timeout=60.0)


def change(real: RealKubelet, worker: PodWorker, **spec: object) -> PodView:
    changed = replace(worker.pod, spec=replace(worker.pod.spec, **spec))
    PodStore(real.config.root, real.runtime.name).apply(changed)
    return start(worker)


def ids(view: PodView) -> dict[str, str]:
    return {one.name: one.id for one in reversed(view.observed.containers)}


def ask(real: RealKubelet, view: PodView, name: str, script: str) -> str:
    return real.runtime.exec(ids(view)[name], ["sh", "-c", script], 20).stdout.decode()


def test_only_what_must_change_changes(real: RealKubelet) -> None:
    app = real.script(ENDURING, volume_mounts=(AT_V,))
    side, gone = real.script(ENDURING, "side"), real.script(ENDURING, "gone")
    worker = real.worker(
        app, side, gone, policy="Always", volumes=(v1.Volume(name="v", empty_dir=DISK),)
    )
    before = start(worker)
    ask(real, before, "app", "echo kept > /v/file")

    aliases = (v1.HostAlias(ip="192.0.2.1", hostnames=("alias",)),)
    aliased = change(real, worker, host_aliases=aliases)
    assert ids(aliased) == ids(before)
    assert "192.0.2.1\talias" in ask(real, aliased, "side", "cat /etc/hosts")

    fewer = change(real, worker, containers=(app, side))
    assert [one.state.value for one in fewer.observed.containers if one.name == "gone"] == [
        "exited"
    ]
    assert (ids(fewer)["app"], ids(fewer)["side"]) == (ids(before)["app"], ids(before)["side"])

    mounted = change(real, worker, volumes=(v1.Volume(name="v", empty_dir=MEMORY),))
    assert ids(mounted)["side"] == ids(before)["side"]
    assert ids(mounted)["app"] != ids(before)["app"]
    assert "tmpfs /v tmpfs" in ask(real, mounted, "app", "grep ' /v ' /proc/mounts")
    unmounted = change(real, worker, volumes=(v1.Volume(name="v", empty_dir=DISK),))
    assert ask(real, unmounted, "app", "cat /v/file") == "kept\n"


def test_another_sandbox_is_made_for_what_only_it_can_change(real: RealKubelet) -> None:
    worker = real.worker(real.script(ENDURING), hostname="first", policy="Never")
    before = start(worker)

    after = change(
        real,
        worker,
        hostname="second",
        security_context=v1.PodSecurityContext(
            sysctls=(v1.Sysctl(name="net.ipv4.ip_local_port_range", value="20000 20100"),)
        ),
        share_process_namespace=True,
    )

    assert [one.attempt for one in after.observed.sandboxes] == [1, 0]
    assert ids(after)["app"] != ids(before)["app"]
    said = ask(
        real, after, "app", "hostname; cat /proc/sys/net/ipv4/ip_local_port_range; ps | wc -l"
    )
    hostname, ports, processes = said.splitlines()
    assert (hostname, ports.split()) == ("second", ["20000", "20100"])
    assert int(processes) > 2
    assert after.phase == "Running"


def test_the_cgroup_of_a_running_pod_follows_its_limits(real: RealKubelet) -> None:
    def app(cpu: str) -> v1.Container:
        amounts = v1.ResourceRequirements(limits={"cpu": cpu}, requests={"cpu": "100m"})
        return real.script(ENDURING, resources=amounts)

    def whole(memory: str) -> v1.ResourceRequirements:
        return v1.ResourceRequirements(limits={"memory": memory}, requests={"memory": "1Mi"})

    worker = real.worker(app("500m"), resources=whole("64Mi"), policy="Always", host_network=True)
    start(worker)
    group = f"{real.config.cgroup_root}/burstable/pod{worker.pod.metadata.uid}"
    assert limits_of(group) == (50_000, 64 << 20)

    change(real, worker, containers=(app("1"),), resources=whole("96Mi"))
    assert limits_of(group) == (100_000, 96 << 20)

    change(real, worker, containers=(app("250m"),), resources=whole("32Mi"))
    assert limits_of(group) == (25_000, 32 << 20)
    weight = burstable_weight(real)
    worker.remove()
    assert burstable_weight(real) < weight


def burstable_weight(real: RealKubelet) -> int:
    """What all burstable pods weigh together."""
    files = Files(layout.detect(), f"{real.config.cgroup_root}/burstable")
    return files.number("cpu", "cpu.weight" if files.is_v2 else "cpu.shares") or 0


def limits_of(group: str) -> tuple[int | None, int | None]:
    """Its CPU quota and its bytes of memory."""
    files = Files(layout.detect(), group)
    if not files.is_v2:
        limit = files.number("memory", "memory.limit_in_bytes")
        return files.number("cpu", "cpu.cfs_quota_us"), limit
    quota = (files.text("cpu", "cpu.max") or "").partition(" ")[0]
    return int(quota) if quota.isdecimal() else None, files.number("memory", "memory.max")
