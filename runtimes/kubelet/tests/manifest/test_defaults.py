"""Defaults as the API server sets them."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from runtimes.core.pod import v1
from runtimes.kubelet.manifest import with_defaults
from runtimes.kubelet.manifest.defaults import config_map_with_defaults, default_pull_policy


def pod(**spec: object) -> v1.Pod:
    return v1.Pod(metadata=v1.ObjectMeta(name="a"), spec=v1.PodSpec(**spec))  # type: ignore[arg-type] # any field


def container(**fields: object) -> v1.Container:
    """Default the container that has these fields."""
    given = v1.Container(name="c", image="busybox", **fields)  # type: ignore[arg-type] # any field
    return with_defaults(pod(containers=(given,))).spec.containers[0]


def test_a_bare_pod_is_filled_in() -> None:
    filled = with_defaults(pod(containers=(v1.Container(name="c", image="busybox"),)))

    assert filled == v1.Pod(
        metadata=v1.ObjectMeta(name="a", namespace="default"),
        spec=v1.PodSpec(
            restart_policy="Always",
            dns_policy="ClusterFirst",
            scheduler_name="default-scheduler",
            security_context=v1.PodSecurityContext(),
            enable_service_links=True,
            termination_grace_period_seconds=30,
            containers=(
                v1.Container(
                    name="c",
                    image="busybox",
                    image_pull_policy="Always",
                    termination_message_path="/dev/termination-log",
                    termination_message_policy="File",
                ),
            ),
        ),
    )


def test_what_is_given_stays() -> None:
    given = pod(
        restart_policy="Never",
        termination_grace_period_seconds=0,
        enable_service_links=False,
        security_context=v1.PodSecurityContext(run_as_user=1),
        containers=(v1.Container(name="c", image="b", image_pull_policy="Never"),),
    )

    filled = with_defaults(given).spec

    assert filled.restart_policy == "Never"
    assert filled.termination_grace_period_seconds == 0
    assert filled.enable_service_links is False
    assert filled.security_context == v1.PodSecurityContext(run_as_user=1)
    assert filled.containers[0].image_pull_policy == "Never"


def test_defaulting_twice_is_defaulting_once() -> None:
    probe = v1.Probe(http_get=v1.HTTPGetAction(port=80))
    once = with_defaults(
        pod(
            host_network=True,
            volumes=(v1.Volume(name="v"),),
            containers=(
                v1.Container(
                    name="c",
                    image="b:1",
                    liveness_probe=probe,
                    ports=(v1.ContainerPort(container_port=1),),
                    resources=v1.ResourceRequirements(limits={"cpu": "0.0001"}),
                ),
            ),
        )
    )

    assert with_defaults(once) == once


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("busybox", "Always"),
        ("busybox:latest", "Always"),
        ("registry:5000/busybox", "Always"),
        ("busybox:1.36", "IfNotPresent"),
        ("busybox@sha256:" + "a" * 64, "IfNotPresent"),
        ("not an image", "IfNotPresent"),
    ],
)
def test_the_pull_policy_follows_the_tag(image: str, policy: str) -> None:
    assert default_pull_policy(image) == policy


def test_requests_follow_limits_where_they_are_missing() -> None:
    resources = v1.ResourceRequirements(
        limits={"cpu": "1", "memory": "64Mi"}, requests={"cpu": "100m"}
    )

    assert container(resources=resources).resources.requests == {"cpu": "100m", "memory": "64Mi"}


def test_a_pod_with_resources_asks_for_what_its_containers_ask_for_else_for_its_limits() -> None:
    def asks(memory: str) -> v1.Container:
        resources = v1.ResourceRequirements(requests={"memory": memory})
        return v1.Container(name="c", image="busybox", resources=resources)

    said = v1.ResourceRequirements(limits={"cpu": "2", "memory": "1Gi"})
    filled = with_defaults(pod(containers=(asks("64Mi"), asks("32Mi")), resources=said))

    assert filled.spec.resources == replace(said, requests={"cpu": "2", "memory": "96Mi"})
    assert with_defaults(filled) == filled


def test_amounts_are_written_canonically_and_rounded_up() -> None:
    limits = {"cpu": "0.5", "memory": "1024Mi", "ephemeral-storage": "0.0001"}

    resources = container(resources=v1.ResourceRequirements(limits=limits)).resources

    assert resources.limits == {"cpu": "500m", "memory": "1Gi", "ephemeral-storage": "1m"}


def test_ports_are_tcp_and_the_host_s_on_its_network() -> None:
    ports = (v1.ContainerPort(container_port=80),)
    given = pod(
        host_network=True,
        containers=(v1.Container(name="c", image="b", ports=ports),),
        init_containers=(v1.Container(name="i", image="b", ports=ports),),
    )

    filled = with_defaults(given).spec

    expected = (v1.ContainerPort(container_port=80, host_port=80, protocol="TCP"),)
    assert filled.containers[0].ports == filled.init_containers[0].ports == expected
    assert container(ports=ports).ports == (v1.ContainerPort(container_port=80, protocol="TCP"),)


def test_probes_get_their_numbers() -> None:
    probe = v1.Probe(http_get=v1.HTTPGetAction(port="http"), period_seconds=5)

    filled = container(liveness_probe=probe, readiness_probe=v1.Probe()).liveness_probe

    assert filled == v1.Probe(
        http_get=v1.HTTPGetAction(port="http", path="/", scheme="HTTP"),
        timeout_seconds=1,
        period_seconds=5,
        success_threshold=1,
        failure_threshold=3,
    )


def test_hooks_and_field_references_are_filled_in() -> None:
    hook = v1.LifecycleHandler(http_get=v1.HTTPGetAction(port=80))
    reference = v1.ObjectFieldSelector(field_path="metadata.name")
    env = (v1.EnvVar(name="A", value_from=v1.EnvVarSource(field_ref=reference)),)

    filled = container(lifecycle=v1.Lifecycle(post_start=hook), env=env)

    assert filled.lifecycle is not None
    assert filled.lifecycle.post_start == v1.LifecycleHandler(
        http_get=v1.HTTPGetAction(port=80, path="/", scheme="HTTP")
    )
    source = filled.env[0].value_from
    assert source is not None
    assert source.field_ref == replace(reference, api_version="v1")


def volume(**source: object) -> v1.Volume:
    given = v1.Volume(name="v", **source)  # type: ignore[arg-type] # any source
    return with_defaults(pod(volumes=(given,))).spec.volumes[0]


def test_a_volume_without_source_is_an_empty_dir() -> None:
    assert volume().empty_dir == v1.EmptyDirVolumeSource()
    assert volume(nfs=v1.NFSVolumeSource(server="s", path="/")).empty_dir is None


def test_files_of_volumes_get_a_mode() -> None:
    token = v1.VolumeProjection(service_account_token=v1.ServiceAccountTokenProjection(path="t"))
    projected = volume(projected=v1.ProjectedVolumeSource(sources=(token,))).projected
    secret = volume(secret=v1.SecretVolumeSource(secret_name="s")).secret

    assert secret is not None
    assert secret.default_mode == 0o644
    assert projected is not None
    assert projected.default_mode == 0o644
    filled = projected.sources[0].service_account_token
    assert filled is not None
    assert filled.expiration_seconds == 3600


@pytest.mark.parametrize(("reference", "policy"), [("a", "Always"), ("a:1", "IfNotPresent")])
def test_an_image_volume_is_pulled_by_its_tag(reference: str, policy: str) -> None:
    image = volume(image=v1.ImageVolumeSource(reference=reference)).image

    assert image is not None
    assert image.pull_policy == policy


def test_a_config_map_gets_a_namespace() -> None:
    filled = config_map_with_defaults(v1.ConfigMap(metadata=v1.ObjectMeta(name="a")))

    assert filled.metadata.namespace == "default"


def test_volumes_of_clusters_get_their_drivers_defaults() -> None:
    claim = v1.PersistentVolumeClaimTemplate(spec=v1.PersistentVolumeClaimSpec())

    iscsi = volume(iscsi=v1.ISCSIVolumeSource()).iscsi
    rbd = volume(rbd=v1.RBDVolumeSource(pool="mine")).rbd
    azure = volume(azure_disk=v1.AzureDiskVolumeSource()).azure_disk
    scale_io = volume(scale_io=v1.ScaleIOVolumeSource()).scale_io
    ephemeral = volume(ephemeral=v1.EphemeralVolumeSource(volume_claim_template=claim)).ephemeral

    assert iscsi == v1.ISCSIVolumeSource(iscsi_interface="default")
    assert rbd == v1.RBDVolumeSource(pool="mine", user="admin", keyring="/etc/ceph/keyring")
    assert azure == v1.AzureDiskVolumeSource(
        caching_mode="ReadWrite", kind="Shared", fs_type="ext4", read_only=False
    )
    assert scale_io == v1.ScaleIOVolumeSource(storage_mode="ThinProvisioned", fs_type="xfs")
    assert ephemeral is not None
    assert ephemeral.volume_claim_template == replace(
        claim, spec=v1.PersistentVolumeClaimSpec(volume_mode="Filesystem")
    )


def test_the_older_name_of_the_service_account_counts() -> None:
    old = v1.Pod(spec=v1.PodSpec(service_account="robot"))

    assert with_defaults(old).spec.service_account_name == "robot"
