"""What the Engine is told to create for a pod. Pure.

Source: kubelet 1.4 pkg/kubelet/dockertools/docker_manager.go (runContainer,
createPodInfraContainer).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import labels
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.docker.interface import CreateOptions
from runtimes.core.host.clamp import Grants, clamp_capabilities, clamp_oom_score_adj
from runtimes.core.names import LegacyName
from runtimes.kubelet.generate.notes import parse_hash

if TYPE_CHECKING:
    from runtimes.core.docker.types import ContainerConfig, HostConfig, PortBinding

INFRA_OOM_SCORE = -998
_PROPAGATION = {
    cri.PROPAGATION_PRIVATE: "rprivate",
    cri.PROPAGATION_HOST_TO_CONTAINER: "rslave",
    cri.PROPAGATION_BIDIRECTIONAL: "rshared",
}
_PROTOCOLS = {cri.TCP: "tcp", cri.UDP: "udp", cri.SCTP: "sctp"}


def infra(config: cri.PodSandboxConfig, image: str, random: str, grants: Grants) -> CreateOptions:
    """The container that holds the pod's namespaces."""
    options = config.linux.security_context.namespace_options
    on_host = options.network == cri.NODE
    ports = {} if on_host else _ports(config)
    name = labels.SANDBOX_CONTAINER_NAME
    container: ContainerConfig = {
        "Image": image,
        "Hostname": config.hostname,
        "ExposedPorts": {port: {} for port in ports},
        "Labels": {
            **config.labels,
            **config.annotations,
            labels.CONTAINER_NAME: name,
            labels.CONTAINER_RESTART_COUNT: str(config.metadata.attempt),
        },
    }
    host: HostConfig = {
        "NetworkMode": "host" if on_host else "default",
        "IpcMode": "host" if options.ipc == cri.NODE else "shareable",
        "PidMode": "host" if options.pid == cri.NODE else "",
        "UTSMode": "host" if on_host else "",
        "PortBindings": ports,
        "Sysctls": dict(config.linux.sysctls),
        "Dns": list(config.dns_config.servers),
        "DnsSearch": list(config.dns_config.searches),
        "DnsOptions": list(config.dns_config.options),
        "CgroupParent": config.linux.cgroup_parent,
        "OomScoreAdj": clamp_oom_score_adj(INFRA_OOM_SCORE, grants),
        "SecurityOpt": ["no-new-privileges"],
    }
    return CreateOptions(
        name=_name(config.metadata, name, "0", random), config=container, host_config=host
    )


def _ports(config: cri.PodSandboxConfig) -> dict[str, list[PortBinding]]:
    bindings: dict[str, list[PortBinding]] = {}
    for one in config.port_mappings:
        port = f"{one.container_port}/{_PROTOCOLS[one.protocol]}"
        host_port = str(one.host_port) if one.host_port else ""
        if host_port:
            bindings.setdefault(port, []).append({"HostIp": one.host_ip, "HostPort": host_port})
    return bindings


def container(
    config: cri.ContainerConfig,
    sandbox: tuple[str, cri.PodSandboxConfig],
    random: str,
    grants: Grants,
) -> CreateOptions:
    """One container in the infra container of that id."""
    infra_id, pod = sandbox
    described: ContainerConfig = {
        "Image": config.image.image,
        "User": _user(config.linux.security_context),
        "WorkingDir": config.working_dir,
        "Env": [f"{one.key}={_text(one.value)}" for one in config.envs],
        "Labels": {**config.labels, **config.annotations},
        "OpenStdin": config.stdin,
        "StdinOnce": config.stdin_once,
        "Tty": config.tty,
    }
    if config.command:
        described["Entrypoint"] = list(config.command)
    if config.args:
        described["Cmd"] = list(config.args)
    return CreateOptions(
        name=_name(
            pod.metadata,
            config.metadata.name,
            config.annotations.get(labels.CONTAINER_HASH, ""),
            random,
        ),
        config=described,
        host_config=_host(config, infra_id, pod, grants),
    )


def _text(value: bytes) -> str:
    return value.decode("utf-8", "surrogateescape")


def _host(
    config: cri.ContainerConfig, infra_id: str, pod: cri.PodSandboxConfig, grants: Grants
) -> HostConfig:
    security, resources = config.linux.security_context, config.linux.resources
    joined = f"container:{infra_id}"
    on_host = security.namespace_options.network == cri.NODE
    pid = {cri.POD: joined, cri.NODE: "host"}
    if security.namespace_options.target_id:
        pid[cri.TARGET] = f"container:{security.namespace_options.target_id}"
    host: HostConfig = {
        "NetworkMode": joined,
        "IpcMode": joined,
        "PidMode": pid.get(security.namespace_options.pid, ""),
        "UTSMode": "host" if on_host else "",
        "Binds": [_bind(mount) for mount in config.mounts],
        "Privileged": security.privileged,
        "ReadonlyRootfs": security.readonly_rootfs,
        "GroupAdd": [str(group) for group in security.supplemental_groups],
        "SecurityOpt": _security_options(security),
        "CgroupParent": pod.linux.cgroup_parent,
        "CpuShares": resources.cpu_shares,
        "CpuPeriod": resources.cpu_period if resources.cpu_quota else 0,
        "CpuQuota": resources.cpu_quota,
        "Memory": resources.memory_limit_in_bytes,
        "MemorySwap": resources.memory_limit_in_bytes,
        "OomScoreAdj": clamp_oom_score_adj(resources.oom_score_adj, grants),
    }
    if not security.privileged:
        host["CapAdd"] = _granted(list(security.capabilities.add_capabilities), grants)
        host["CapDrop"] = list(security.capabilities.drop_capabilities)
        host["MaskedPaths"] = list(security.masked_paths)
        host["ReadonlyPaths"] = list(security.readonly_paths)
    return host


def _granted(names: list[str], grants: Grants) -> list[str]:
    if "ALL" in names:
        return names
    full = {f"CAP_{name.removeprefix('CAP_')}" for name in names}
    return sorted(clamp_capabilities(full, grants))


def _bind(mount: cri.Mount) -> str:
    words = ["ro"] if mount.readonly else ["rw"]
    words.append(_PROPAGATION[mount.propagation])
    return f"{mount.host_path}:{mount.container_path}:{','.join(words)}"


def _user(security: cri.LinuxContainerSecurityContext) -> str:
    user = security.run_as_username
    if security.HasField("run_as_user"):
        user = str(security.run_as_user.value)
    group = str(security.run_as_group.value) if security.HasField("run_as_group") else ""
    return f"{user}:{group}" if group else user


def _security_options(security: cri.LinuxContainerSecurityContext) -> list[str]:
    options = ["no-new-privileges"] if security.no_new_privs else []
    options += [
        f"label={kind}:{value}"
        for kind in ("user", "role", "type", "level")
        if (value := getattr(security.selinux_options, kind))
    ]
    if security.privileged:
        return options
    profile = security.seccomp
    if profile.profile_type == cri.SecurityProfile.Unconfined:
        options.append("seccomp=unconfined")
    elif profile.profile_type == cri.SecurityProfile.Localhost:
        text = json.dumps(json.loads(Path(profile.localhost_ref).read_text()))
        options.append(f"seccomp={text}")
    if security.apparmor.profile_type == cri.SecurityProfile.Localhost:
        options.append(f"apparmor={security.apparmor.localhost_ref}")
    return options


def _name(pod: cri.PodSandboxMetadata, container: str, hash_: str, random: str) -> str:
    return str(
        LegacyName(
            container=container,
            pod=pod.name,
            namespace=pod.namespace,
            uid=pod.uid,
            hash=parse_hash(hash_),
            random=random,
        )
    )
