"""Which field of a pod changes what of a pod that runs."""

from __future__ import annotations

import pytest

from runtimes.core.pod import v1
from runtimes.kubelet.actions.hash import container_hash, definition_hash
from runtimes.kubelet.actions.wishes import (
    AT_ONCE,
    OF_CONTAINERS,
    OF_SANDBOX,
    changed_for_sandbox,
    sandbox_hash,
)
from runtimes.kubelet.tests.builders import container, pod

NO_EFFECT = {
    "affinity", "automount_service_account_token", "enable_service_links", "eviction_responders",
    "node_name", "node_selector", "os", "preemption_policy", "priority", "readiness_gates",
    "resource_claims", "scheduler_name", "scheduling_gates", "scheduling_group", "service_account",
    "service_account_name", "tolerations", "topology_spread_constraints",
}  # fmt: skip


def test_every_field_has_its_place() -> None:
    places = [AT_ONCE, OF_CONTAINERS, frozenset(OF_SANDBOX), NO_EFFECT]

    assert sorted(name for place in places for name in place) == sorted(
        v1.PodSpec.__struct_fields__
    )


def port(host: int | None) -> v1.Container:
    return container(ports=(v1.ContainerPort(container_port=80, host_port=host),))


def sized(cpu: str) -> v1.Container:
    return container(resources=v1.ResourceRequirements(requests={"cpu": cpu}))


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        (pod(), pod(hostname="other"), ("spec.hostname",)),
        (pod(), pod(dns_policy="None"), ("spec.dnsPolicy",)),
        (pod(), pod(host_network=False), ()),
        (pod(port(None)), pod(port(8080)), ("hostPort",)),
        (pod(), pod(port(None)), ()),
        (pod(), pod(sized("1")), ("qosClass",)),
        (pod(sized("1")), pod(sized("2")), ()),
        (pod(), pod(host_aliases=(v1.HostAlias(ip="192.0.2.1"),)), ()),
        (
            pod(),
            pod(container(security_context=v1.SecurityContext(privileged=True))),
            ("privileged",),
        ),
        (
            pod(),
            pod(security_context=v1.PodSecurityContext(run_as_user=1)),
            ("spec.securityContext",),
        ),
    ],
)
def test_only_what_the_sandbox_is_made_of_asks_for_another(
    before: v1.Pod, after: v1.Pod, names: tuple[str, ...]
) -> None:
    assert changed_for_sandbox(before, after) == names
    assert (sandbox_hash(before) != sandbox_hash(after)) == bool(names)


def test_a_volume_belongs_to_the_containers_that_mount_it() -> None:
    mounting = container(volume_mounts=(v1.VolumeMount(name="v", mount_path="/v"),))
    sources = (v1.EmptyDirVolumeSource(), v1.EmptyDirVolumeSource(medium="Memory"))
    plain, changed = (pod(volumes=(v1.Volume(name="v", empty_dir=one),)) for one in sources)

    assert definition_hash(plain, mounting) != definition_hash(changed, mounting)
    assert definition_hash(plain, container()) == definition_hash(changed, container())
    assert definition_hash(plain, container()) == container_hash(container())
