"""How pods and containers are spelt in engine object names and on disk.

Docker object names, two generations:

    k8s_<container|POD>_<pod>_<namespace>_<uid>_<attempt>[_<8 hex>]          CRI, from 1.5
    k8s_<container|POD>[.<hash hex>]_<pod>_<namespace>_<uid>_<8 hex>         before the CRI

The random part of an old name may happen to be all digits, like an attempt; the dot before the
hash tells it apart, as a container's name can't have one.

Logs: ``<root>/<namespace>_<pod>_<uid>/<container>/<attempt>.log``.

Source: dockershim/naming.go, dockertools/docker.go, kuberuntime/helpers.go and legacy.go.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from runtimes.core import errors
from runtimes.core.labels import SANDBOX_CONTAINER_NAME

PREFIX = "k8s"
POD_LOGS = Path("/var/log/pods")
CONTAINER_LOGS = Path("/var/log/containers")
_MAX_FILE_NAME = 255
_MAX_ATTEMPT = 2**32 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerName:
    """Whose object it is, in the CRI's generation.

    Attributes:
        container: ``POD`` for a sandbox.
        attempt: the container's, or for a sandbox the sandbox's.
        suffix: 8 hex digits that a name conflict added, usually empty.
    """

    container: str
    pod: str
    namespace: str
    uid: str
    attempt: int
    suffix: str = ""

    @property
    def is_sandbox(self) -> bool:
        return self.container == SANDBOX_CONTAINER_NAME

    def __str__(self) -> str:
        parts = [PREFIX, self.container, self.pod, self.namespace, self.uid, str(self.attempt)]
        return "_".join([*parts, self.suffix] if self.suffix else parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyName:
    """Whose object it is, before the CRI.

    Attributes:
        hash: of the container's spec, 0 when the name has none.
        random: 8 hex digits that make each attempt's name another.
    """

    container: str
    pod: str
    namespace: str
    uid: str
    hash: int
    random: str

    @property
    def is_sandbox(self) -> bool:
        return self.container == SANDBOX_CONTAINER_NAME

    @property
    def stable(self) -> str:
        """All but the random part: the same for each attempt, hence the key of its back-off."""
        container = f"{self.container}.{self.hash:x}"
        return "_".join([PREFIX, container, self.pod, self.namespace, self.uid])

    def __str__(self) -> str:
        return f"{self.stable}_{self.random}"


def sandbox_name(pod: str, namespace: str, uid: str, attempt: int) -> str:
    """Name of a sandbox's object."""
    return str(
        ContainerName(
            container=SANDBOX_CONTAINER_NAME,
            pod=pod,
            namespace=namespace,
            uid=uid,
            attempt=attempt,
        )
    )


def parse(name: str) -> ContainerName:
    """Read a CRI-generation name; a leading slash, as Docker's lists have it, is dropped.

    Raises:
        InvalidArgument: it isn't such a name, or is one from before the CRI.
    """
    parts = _split(name, "of the CRI", at_most=7)
    container, pod, namespace, uid, attempt = parts[1:6]
    if "." in container or not (attempt.isascii() and attempt.isdigit()):
        raise _not_a_name(
            name, "of the CRI: its sixth part is no attempt, so it may be a legacy one"
        )
    if int(attempt) > _MAX_ATTEMPT:
        raise _not_a_name(name, "of the CRI: its attempt has more than 32 bits")
    return ContainerName(
        container=container,
        pod=pod,
        namespace=namespace,
        uid=uid,
        attempt=int(attempt),
        suffix=parts[6] if len(parts) == 7 else "",
    )


def parse_legacy(name: str) -> LegacyName:
    """Read a name from before the CRI; a leading slash is dropped.

    Raises:
        InvalidArgument: it isn't such a name.
    """
    _, container, pod, namespace, uid, random = _split(name, "from before the CRI", at_most=6)
    container, dot, hex_hash = container.partition(".")
    try:
        spec_hash = int(hex_hash, 16) if dot else 0
    except ValueError as error:
        raise _not_a_name(name, f"from before the CRI: '{hex_hash}' is no hash") from error
    return LegacyName(
        container=container, pod=pod, namespace=namespace, uid=uid, hash=spec_hash, random=random
    )


def pod_log_directory(namespace: str, pod: str, uid: str, root: Path = POD_LOGS) -> Path:
    """Where all logs of a pod lie: the CRI's `PodSandboxConfig.log_directory`."""
    return root / f"{namespace}_{pod}_{uid}"


def container_log(container: str, attempt: int) -> str:
    """Path inside the pod's log directory: the CRI's `ContainerConfig.log_path`."""
    return f"{container}/{attempt}.log"


def parse_pod_log_directory(directory: Path) -> tuple[str, str, str]:
    """Read (namespace, pod, uid) back.

    Raises:
        InvalidArgument: its name isn't one of `pod_log_directory`.
    """
    parts = directory.name.split("_")
    if len(parts) != 3 or not all(parts):
        raise errors.InvalidArgument(
            f"read the pod of log directory '{directory}': its name isn't <namespace>_<pod>_<uid>"
        )
    return parts[0], parts[1], parts[2]


def legacy_log_link(
    pod: str, namespace: str, container: str, container_id: str, *, root: Path = CONTAINER_LOGS
) -> Path:
    """Name of the flat link to a container's log, cut to what a file name may have."""
    stem = f"{pod}_{namespace}_{container}-{container_id}"
    return root / f"{stem[: _MAX_FILE_NAME - len('.log')]}.log"


def _split(name: str, generation: str, *, at_most: int) -> list[str]:
    parts = name.removeprefix("/").split("_")
    if parts[0] != PREFIX or not 6 <= len(parts) <= at_most:
        raise _not_a_name(name, f"{generation}: it isn't {PREFIX}_ and 5 or more parts")
    return parts


def _not_a_name(name: str, why: str) -> errors.InvalidArgument:
    return errors.InvalidArgument(f"'{name}' is no container name {why}")
