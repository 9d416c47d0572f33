"""A container of a described pod."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runtimes.cli.output.sections import Section
    from runtimes.core.pod import v1


def describe_container(
    spec: v1.Container | v1.EphemeralContainer, status: v1.ContainerStatus | None
) -> Section:
    """Say what it should be, and what it is."""
    resources = spec.resources
    return [
        ("Container ID", status.container_id if status else ""),
        ("Image", spec.image),
        ("Image ID", status.image_id if status else ""),
        ("Ports", ", ".join(map(_port, spec.ports))),
        ("Command", " ".join(spec.command)),
        ("Args", " ".join(spec.args)),
        *(_state("State", status.state) if status else ()),
        *(_state("Last State", status.last_state) if status else ()),
        ("Ready", str(bool(status and status.ready))),
        ("Restart Count", str((status.restart_count if status else 0) or 0)),
        ("Limits", _amounts(resources.limits) if resources else ""),
        ("Requests", _amounts(resources.requests) if resources else ""),
        ("Liveness", _probe(spec.liveness_probe)),
        ("Readiness", _probe(spec.readiness_probe)),
        ("Startup", _probe(spec.startup_probe)),
        ("Environment", tuple(_environment(spec))),
        ("Mounts", tuple(map(_mount, spec.volume_mounts))),
    ]


def _state(title: str, state: v1.ContainerState) -> Section:
    if state.running is not None:
        return [(title, f"Running since {_moment(state.running.started_at)}")]
    if state.waiting is not None:
        return [(title, _words("Waiting", state.waiting.reason, state.waiting.message))]
    ended = state.terminated
    if ended is None:
        return []
    why = _words("Terminated", ended.reason, ended.message)
    code = f"Exit code {ended.exit_code or 0}"
    if ended.signal:
        code += f", signal {ended.signal}"
    if ended.finished_at:
        code += f", {_moment(ended.started_at)} to {_moment(ended.finished_at)}"
    return [(title, (*why.splitlines(), code))]


def _words(*words: str) -> str:
    return ": ".join(word.strip() for word in words if word)


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S}" if text else "?"


def _port(port: v1.ContainerPort) -> str:
    host = f" on {port.host_ip or '*'}:{port.host_port}" if port.host_port else ""
    return f"{port.container_port}/{port.protocol or 'TCP'}{host}"


def _amounts(amounts: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {amount}" for name, amount in sorted(amounts.items()))


def _probe(probe: v1.Probe | None) -> str:
    if probe is None:
        return ""
    return (
        f"{_handler(probe)} delay={probe.initial_delay_seconds or 0}s"
        f" timeout={probe.timeout_seconds or 1}s period={probe.period_seconds or 10}s"
        f" #success={probe.success_threshold or 1} #failure={probe.failure_threshold or 3}"
    )


def _handler(probe: v1.Probe) -> str:
    if probe.exec is not None:
        return f"exec [{' '.join(probe.exec.command)}]"
    if (http := probe.http_get) is not None:
        return f"http-get {(http.scheme or 'http').lower()}://{http.host}:{http.port}{http.path}"
    if probe.tcp_socket is not None:
        return f"tcp-socket {probe.tcp_socket.host}:{probe.tcp_socket.port}"
    return f"grpc <pod>:{probe.grpc.port}" if probe.grpc is not None else ""


def _environment(spec: v1.Container | v1.EphemeralContainer) -> Iterator[str]:
    """Values that are written out, and where the others come from, never what they are."""
    for source in spec.env_from:
        for ref in (source.config_map_ref, source.secret_ref):
            if ref is not None:
                yield f"all of {_kind(ref)} {ref.name}"
    for one in spec.env:
        yield f"{one.name}: {_from(one.value_from) if one.value_from else one.value}"


def _from(source: v1.EnvVarSource) -> str:
    for ref in (source.config_map_key_ref, source.secret_key_ref):
        if ref is not None:
            return f"<key {ref.key} of {_kind(ref)} {ref.name}>"
    if source.field_ref is not None:
        return f"<{source.field_ref.field_path}>"
    return f"<{source.resource_field_ref.resource}>" if source.resource_field_ref else "<set>"


def _kind(ref: object) -> str:
    return "secret" if type(ref).__name__.startswith("Secret") else "configMap"


def _mount(mount: v1.VolumeMount) -> str:
    words = ["ro" if mount.read_only else "rw"]
    if mount.sub_path or mount.sub_path_expr:
        words.append(f"path={mount.sub_path or mount.sub_path_expr}")
    return f"{mount.mount_path} from {mount.name} ({','.join(words)})"
