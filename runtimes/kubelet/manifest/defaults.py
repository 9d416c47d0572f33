"""What the API server fills in, so that everything behind it finds it given.

Left out, as they are an admission plug-in's or a scheduler's: the service account and its volume,
priorities, tolerations, the node's name.

Source: kubernetes pkg/apis/core/v1/defaults.go.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, TypeVar

from msgspec.structs import replace

from runtimes.core import image_ref, quantity
from runtimes.core.errors import InvalidArgument
from runtimes.core.pod import v1
from runtimes.core.pod.workloads import Deployment, Job
from runtimes.kubelet.generate import totals
from runtimes.kubelet.manifest.volume_defaults import default_volume

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMESPACE = "default"
TERMINATION_GRACE_PERIOD_SECONDS = 30
TERMINATION_MESSAGE_PATH = "/dev/termination-log"
_MILLI = 10**6

Container = TypeVar("Container", v1.Container, v1.EphemeralContainer)


def with_defaults(pod: v1.Pod) -> v1.Pod:
    """Fill in what `pod` leaves open; what is there stays. Idempotent."""
    return replace(pod, metadata=_metadata(pod.metadata), spec=_spec(pod.spec))


def config_map_with_defaults(config_map: v1.ConfigMap) -> v1.ConfigMap:
    return replace(config_map, metadata=_metadata(config_map.metadata))


def secret_with_defaults(secret: v1.Secret) -> v1.Secret:
    """Fill in type and namespace, and turn `stringData` into `data`, which it overrides."""
    encoded = {
        name: base64.b64encode(text.encode()).decode() for name, text in secret.string_data.items()
    }
    return replace(
        secret,
        metadata=_metadata(secret.metadata),
        type=secret.type or "Opaque",
        data={**secret.data, **encoded},
        string_data={},
    )


def workload_with_defaults(workload: Deployment | Job) -> Deployment | Job:
    """Fill in the namespace, and what the template's pods leave open."""
    template = workload.spec.template
    template = replace(template, spec=_spec(template.spec))
    metadata = _metadata(workload.metadata)
    if isinstance(workload, Deployment):
        return replace(workload, metadata=metadata, spec=replace(workload.spec, template=template))
    return replace(workload, metadata=metadata, spec=replace(workload.spec, template=template))


def default_pull_policy(image: str) -> str:
    """``Always`` for the tag ``latest``, given or implied; ``IfNotPresent`` for all others."""
    try:
        return "Always" if image_ref.parse(image).target == "latest" else "IfNotPresent"
    except InvalidArgument:
        return "IfNotPresent"


def _metadata(metadata: v1.ObjectMeta) -> v1.ObjectMeta:
    return metadata if metadata.namespace else replace(metadata, namespace=NAMESPACE)


def _spec(spec: v1.PodSpec) -> v1.PodSpec:
    grace = spec.termination_grace_period_seconds
    links = spec.enable_service_links
    host = bool(spec.host_network)
    spec = replace(
        spec,
        restart_policy=spec.restart_policy or "Always",
        dns_policy=spec.dns_policy or "ClusterFirst",
        scheduler_name=spec.scheduler_name or "default-scheduler",
        security_context=spec.security_context or v1.PodSecurityContext(),
        enable_service_links=True if links is None else links,
        termination_grace_period_seconds=(
            TERMINATION_GRACE_PERIOD_SECONDS if grace is None else grace
        ),
        overhead=_amounts(spec.overhead),
        volumes=tuple(map(default_volume, spec.volumes)),
        containers=tuple(_container(c, host_network=host) for c in spec.containers),
        init_containers=tuple(_container(c, host_network=host) for c in spec.init_containers),
        ephemeral_containers=tuple(
            _container(c, host_network=False) for c in spec.ephemeral_containers
        ),
        service_account_name=spec.service_account_name or spec.service_account,
    )
    return replace(spec, resources=_of_pod(spec))


def _container(container: Container, *, host_network: bool) -> Container:
    return replace(
        container,
        image_pull_policy=container.image_pull_policy or default_pull_policy(container.image),
        termination_message_path=container.termination_message_path or TERMINATION_MESSAGE_PATH,
        termination_message_policy=container.termination_message_policy or "File",
        ports=tuple(_port(port, host_network=host_network) for port in container.ports),
        env=tuple(map(_variable, container.env)),
        resources=_resources(container.resources),
        liveness_probe=_probe(container.liveness_probe),
        readiness_probe=_probe(container.readiness_probe),
        startup_probe=_probe(container.startup_probe),
        lifecycle=_lifecycle(container.lifecycle),
    )


def _port(port: v1.ContainerPort, *, host_network: bool) -> v1.ContainerPort:
    host_port = port.host_port or (port.container_port if host_network else port.host_port)
    return replace(port, protocol=port.protocol or "TCP", host_port=host_port)


def _variable(variable: v1.EnvVar) -> v1.EnvVar:
    source = variable.value_from
    if source is None or source.field_ref is None or source.field_ref.api_version:
        return variable
    field_ref = replace(source.field_ref, api_version="v1")
    return replace(variable, value_from=replace(source, field_ref=field_ref))


def _of_pod(spec: v1.PodSpec) -> v1.ResourceRequirements | None:
    """A pod that says something asks for what its containers ask for, else for its limits."""
    said = spec.resources
    if said is None or not (said.requests or said.limits):
        return said
    limits = _amounts(said.limits)
    pod = v1.Pod(spec=replace(spec, resources=None))
    asked = {
        name: str(quantity.Quantity(needed * _MILLI, quantity.parse(text).format))
        for name, text in _first_requests(spec).items()
        if totals.is_of_pods(name) and (needed := totals.of_containers(pod, name, "requests"))
    }
    return replace(said, limits=limits, requests={**limits, **asked, **_amounts(said.requests)})


def _first_requests(spec: v1.PodSpec) -> dict[str, str]:
    """Each resource that a container asks for, as the first one writes it."""
    every = (*spec.init_containers, *spec.containers)
    asked = [item for container in every for item in container.resources.requests.items()]
    return dict(reversed(asked))


def _resources(resources: v1.ResourceRequirements) -> v1.ResourceRequirements:
    limits = _amounts(resources.limits)
    requests = {**limits, **_amounts(resources.requests)}
    return replace(resources, limits=limits, requests=requests)


def _amounts(amounts: Mapping[str, str]) -> dict[str, str]:
    """Write amounts canonically, rounded up to thousandths."""
    return {name: _canonical(quantity.parse(text)) for name, text in amounts.items()}


def _canonical(amount: quantity.Quantity) -> str:
    rounded = -(-amount.nano // _MILLI) * _MILLI
    return str(quantity.Quantity(rounded, amount.format))


def _probe(probe: v1.Probe | None) -> v1.Probe | None:
    if probe is None:
        return None
    return replace(
        probe,
        timeout_seconds=probe.timeout_seconds or 1,
        period_seconds=probe.period_seconds or 10,
        success_threshold=probe.success_threshold or 1,
        failure_threshold=probe.failure_threshold or 3,
        http_get=_http_get(probe.http_get),
    )


def _http_get(action: v1.HTTPGetAction | None) -> v1.HTTPGetAction | None:
    if action is None:
        return None
    return replace(action, path=action.path or "/", scheme=action.scheme or "HTTP")


def _lifecycle(lifecycle: v1.Lifecycle | None) -> v1.Lifecycle | None:
    if lifecycle is None:
        return None
    return replace(
        lifecycle, post_start=_hook(lifecycle.post_start), pre_stop=_hook(lifecycle.pre_stop)
    )


def _hook(hook: v1.LifecycleHandler | None) -> v1.LifecycleHandler | None:
    return replace(hook, http_get=_http_get(hook.http_get)) if hook else None
