"""Files that a runtime and a kernel would show inside a container."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from runtimes.contract.fake.records import ContainerRecord, SandboxRecord

from runtimes.core.cri.v1 import api_pb2 as cri

CAPABILITIES = (
    "CHOWN", "DAC_OVERRIDE", "DAC_READ_SEARCH", "FOWNER", "FSETID", "KILL", "SETGID", "SETUID",
    "SETPCAP", "LINUX_IMMUTABLE", "NET_BIND_SERVICE", "NET_BROADCAST", "NET_ADMIN", "NET_RAW",
    "IPC_LOCK", "IPC_OWNER", "SYS_MODULE", "SYS_RAWIO", "SYS_CHROOT", "SYS_PTRACE", "SYS_PACCT",
    "SYS_ADMIN", "SYS_BOOT", "SYS_NICE", "SYS_RESOURCE", "SYS_TIME", "SYS_TTY_CONFIG", "MKNOD",
    "LEASE", "AUDIT_WRITE", "AUDIT_CONTROL", "SETFCAP", "MAC_OVERRIDE", "MAC_ADMIN", "SYSLOG",
    "WAKE_ALARM", "BLOCK_SUSPEND", "AUDIT_READ", "PERFMON", "BPF", "CHECKPOINT_RESTORE",
)  # fmt: skip
"""In the order of their bits. Source: linux/capability.h."""
DEFAULT = (
    "CHOWN", "DAC_OVERRIDE", "FSETID", "FOWNER", "MKNOD", "NET_RAW", "SETGID", "SETUID", "SETFCAP",
    "SETPCAP", "NET_BIND_SERVICE", "SYS_CHROOT", "KILL", "AUDIT_WRITE",
)  # fmt: skip


def capability_mask(security: cri.LinuxContainerSecurityContext) -> int:
    """The bounding set: the defaults, plus what is added, minus what is dropped."""
    if security.privileged:
        return _mask(CAPABILITIES)
    added = _names(security.capabilities.add_capabilities)
    dropped = _names(security.capabilities.drop_capabilities)
    base = set(CAPABILITIES) if "ALL" in added else set(DEFAULT)
    base = set() if "ALL" in dropped else base
    return _mask((base | (added - {"ALL"})) - dropped)


def _names(names: Iterable[str]) -> set[str]:
    return {name.upper().removeprefix("CAP_") for name in names}


def _mask(names: Iterable[str]) -> int:
    return sum(1 << CAPABILITIES.index(name) for name in names)


def status_file(
    security: cri.LinuxContainerSecurityContext, uid: int, gid: int, groups: tuple[int, ...]
) -> bytes:
    """``/proc/self/status``, as far as a security context shows in it."""
    mask = capability_mask(security)
    effective = mask if uid == 0 else 0
    return (
        f"Name:\tmain\n"
        f"Uid:\t{uid}\t{uid}\t{uid}\t{uid}\n"
        f"Gid:\t{gid}\t{gid}\t{gid}\t{gid}\n"
        f"Groups:\t{' '.join(map(str, groups))}\n"
        f"CapInh:\t{0:016x}\n"
        f"CapPrm:\t{effective:016x}\n"
        f"CapEff:\t{effective:016x}\n"
        f"CapBnd:\t{mask:016x}\n"
        f"NoNewPrivs:\t{int(security.no_new_privs)}\n"
    ).encode()


def sandbox_files(sandbox: SandboxRecord, hostname: str) -> dict[str, bytes]:
    """Name resolution and sysctls of a pod."""
    dns = sandbox.config.dns_config
    lines = [f"search {' '.join(dns.searches)}"] if dns.searches else []
    lines += [f"nameserver {server}" for server in dns.servers]
    lines += [f"options {' '.join(dns.options)}"] if dns.options else []
    hosts = ["127.0.0.1\tlocalhost", *(f"{ip}\t{hostname}" for ip in sandbox.ips)]
    return {
        "/etc/hostname": f"{hostname}\n".encode(),
        "/etc/hosts": ("\n".join(hosts) + "\n").encode(),
        "/etc/resolv.conf": ("\n".join(lines) + "\n").encode(),
        "/proc/sys/kernel/hostname": f"{hostname}\n".encode(),
        **{
            f"/proc/sys/{name.replace('.', '/')}": f"{value}\n".encode()
            for name, value in sandbox.config.linux.sysctls.items()
        },
    }


def namespaces(sandbox: SandboxRecord, container: ContainerRecord) -> dict[str, bytes]:
    """What the links in ``/proc/self/ns`` point to: equal where a namespace is shared."""
    pod = sandbox.config.linux.security_context.namespace_options
    own = container.config.linux.security_context.namespace_options
    shared = {"net": pod.network, "ipc": pod.ipc, "uts": pod.network}
    owners = {kind: "node" if mode == cri.NODE else sandbox.id for kind, mode in shared.items()}
    owners["pid"] = {cri.NODE: "node", cri.POD: sandbox.id}.get(own.pid, container.id)
    owners["mnt"] = container.id
    return {
        f"/proc/self/ns/{kind}": f"{kind}:[{owner}]\n".encode() for kind, owner in owners.items()
    }
