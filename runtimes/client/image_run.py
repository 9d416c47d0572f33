"""A pod around one image, from the options that people know from `docker run`."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from runtimes.core import errors, image_ref
from runtimes.core.pod import v1

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

Pull = Literal["Always", "IfNotPresent", "Never"]
Restart = Literal["Always", "OnFailure", "Never"]
_MAX_NAME = 50
_ALPHABET = "bcdfghjklmnpqrstvwxz2456789"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """How to run one image.

    Attributes:
        name: of the pod; empty for one made of the image's name and five random letters.
        entrypoint: replaces the image's; without it a command is given to the image's entrypoint.
        env: variables by name.
        labels: of the pod.
        stdin: it can be attached to; it ends with the first attachment's if `attached`.
        tty: give it a terminal.
        attached: somebody attaches at once.
        volumes: ``/host/path:/container/path[:ro]`` each.
        publish: ``[ip:]host-port:container-port[/protocol]`` each.
        workdir: empty for the image's.
        user: ``uid[:gid]``, empty for the image's.
        hostname: empty for the pod's name.
        host_network: share the host's network instead of having one's own.
        read_only: the root file system can't be written.
        memory: limit, e.g. ``256Mi``; empty for none.
        cpus: limit, e.g. ``500m`` or ``2``; empty for none.
        pull: when to ask the registry.
        grace_period: seconds between the stop signal and the kill.
    """

    name: str = ""
    namespace: str = "default"
    entrypoint: Sequence[str] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    stdin: bool = False
    tty: bool = False
    attached: bool = False
    volumes: Sequence[str] = ()
    publish: Sequence[str] = ()
    workdir: str = ""
    user: str = ""
    hostname: str = ""
    host_network: bool = False
    privileged: bool = False
    read_only: bool = False
    memory: str = ""
    cpus: str = ""
    pull: Pull = "IfNotPresent"
    restart: Restart = "Never"
    grace_period: int = 30


def image_pod(
    image: str,
    command: Sequence[str] = (),
    options: RunOptions | None = None,
    *,
    letters: Callable[[], str] | None = None,
) -> v1.Pod:
    """Describe a pod with one container that runs `image`.

    `letters` makes the random end of a name.

    Raises:
        InvalidArgument: the image's name, or an option, can't be read.
    """
    chosen = options or RunOptions()
    base = _base_name(image)
    volumes, mounts = _volumes(chosen.volumes)
    container = v1.Container(
        name=base,
        image=image,
        command=tuple(map(_literal, chosen.entrypoint)),
        args=tuple(map(_literal, command)),
        env=tuple(v1.EnvVar(name=n, value=_literal(value)) for n, value in chosen.env.items()),
        working_dir=chosen.workdir,
        ports=tuple(_port(text) for text in chosen.publish),
        volume_mounts=mounts,
        image_pull_policy=chosen.pull,
        stdin=chosen.stdin or None,
        stdin_once=(chosen.stdin and chosen.attached) or None,
        tty=chosen.tty or None,
        resources=_resources(chosen),
        security_context=_security(chosen),
    )
    spec = v1.PodSpec(
        containers=(container,),
        restart_policy=chosen.restart,
        hostname=chosen.hostname,
        host_network=chosen.host_network or None,
        termination_grace_period_seconds=chosen.grace_period,
        volumes=volumes,
    )
    name = chosen.name or f"{base}-{(letters or _letters)()}"
    metadata = v1.ObjectMeta(name=name, namespace=chosen.namespace, labels=dict(chosen.labels))
    return v1.Pod(metadata=metadata, spec=spec)


def _literal(text: str) -> str:
    """Keep a pod from expanding ``$(NAME)`` and ``$$``, which a shell has done already."""
    return text.replace("$", "$$")


def _letters() -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(5))


def _base_name(image: str) -> str:
    repository = image_ref.parse(image).repository
    last = re.sub(r"[^a-z0-9]+", "-", repository.rpartition("/")[2])
    return last.strip("-")[:_MAX_NAME].rstrip("-") or "main"


def _volumes(
    texts: Sequence[str],
) -> tuple[tuple[v1.Volume, ...], tuple[v1.VolumeMount, ...]]:
    volumes, mounts = [], []
    for number, text in enumerate(texts):
        source, target, read_only = _volume(text)
        name = f"volume-{number}"
        volumes.append(v1.Volume(name=name, host_path=v1.HostPathVolumeSource(path=source)))
        mounts.append(v1.VolumeMount(name=name, mount_path=target, read_only=read_only or None))
    return tuple(volumes), tuple(mounts)


def _volume(text: str) -> tuple[str, str, bool]:
    parts = text.split(":")
    mode = parts.pop() if len(parts) == 3 else "rw"
    if len(parts) != 2 or mode not in {"ro", "rw"} or not parts[1].startswith("/"):
        raise errors.InvalidArgument(
            f"mount volume '{text}': expected /host/path:/container/path, and perhaps :ro"
        )
    return str(Path(parts[0]).expanduser().absolute()), parts[1], mode == "ro"


def _port(text: str) -> v1.ContainerPort:
    ports, slash, protocol = text.partition("/")
    rest, _, container = ports.rpartition(":")
    ip, _, host = rest.rpartition(":")
    if not (host.isdigit() and container.isdigit()) or (slash and not protocol):
        raise errors.InvalidArgument(
            f"publish port '{text}': expected host-port:container-port, "
            "perhaps with ip: before it and /udp after it"
        )
    return v1.ContainerPort(
        host_ip=ip.strip("[]"),
        host_port=int(host),
        container_port=int(container),
        protocol=protocol.upper(),
    )


def _resources(options: RunOptions) -> v1.ResourceRequirements:
    limits = {"cpu": options.cpus, "memory": options.memory}
    return v1.ResourceRequirements(limits={name: text for name, text in limits.items() if text})


def _security(options: RunOptions) -> v1.SecurityContext | None:
    uid, colon, gid = options.user.partition(":")
    if options.user and not (uid.isdigit() and (gid.isdigit() or not colon)):
        raise errors.InvalidArgument(
            f"run as user '{options.user}': expected uid or uid:gid in digits, as pods have them"
        )
    context = v1.SecurityContext(
        privileged=options.privileged or None,
        read_only_root_filesystem=options.read_only or None,
        run_as_user=int(uid) if uid else None,
        run_as_group=int(gid) if gid else None,
    )
    return None if context == v1.SecurityContext() else context
