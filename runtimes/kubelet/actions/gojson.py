"""JSON of a container as Go's encoder writes it: its order of fields, its escapes.

Fields come in the order of Kubernetes' Go structs; those that a newer Kubernetes adds come after
them, by name. An object that isn't set is left out, but for ``resources``.

Source: Go encoding/json; the field order of k8s.io/api/core/v1.
"""

from __future__ import annotations

import json
from functools import cache

import msgspec

from runtimes.core.pod import v1

_CONTAINER = (
    "name", "image", "command", "args", "workingDir", "ports", "envFrom", "env", "resources",
    "resizePolicy", "restartPolicy", "restartPolicyRules", "volumeMounts", "volumeDevices",
    "livenessProbe", "readinessProbe", "startupProbe", "lifecycle", "terminationMessagePath",
    "terminationMessagePolicy", "imagePullPolicy", "securityContext", "stdin", "stdinOnce", "tty",
    "targetContainerName",
)  # fmt: skip
_PROBE = (
    "exec", "httpGet", "tcpSocket", "grpc", "initialDelaySeconds", "timeoutSeconds",
    "periodSeconds", "successThreshold", "failureThreshold", "terminationGracePeriodSeconds",
)  # fmt: skip
_ORDER: dict[type, tuple[str, ...]] = {
    v1.Container: _CONTAINER,
    v1.EphemeralContainer: _CONTAINER,
    v1.ContainerPort: ("name", "hostPort", "containerPort", "protocol", "hostIP"),
    v1.EnvVar: ("name", "value", "valueFrom"),
    v1.EnvVarSource: ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef"),
    v1.EnvFromSource: ("prefix", "configMapRef", "secretRef"),
    v1.ConfigMapKeySelector: ("name", "key", "optional"),
    v1.SecretKeySelector: ("name", "key", "optional"),
    v1.ResourceRequirements: ("limits", "requests", "claims"),
    v1.VolumeMount: (
        "name", "readOnly", "recursiveReadOnly", "mountPath", "subPath", "mountPropagation",
        "subPathExpr",
    ),
    v1.VolumeDevice: ("name", "devicePath"),
    v1.Probe: _PROBE,
    v1.HTTPGetAction: ("path", "port", "host", "scheme", "httpHeaders"),
    v1.TCPSocketAction: ("port", "host"),
    v1.GRPCAction: ("port", "service"),
    v1.Lifecycle: ("postStart", "preStop", "stopSignal"),
    v1.LifecycleHandler: ("exec", "httpGet", "tcpSocket", "sleep"),
    v1.SecurityContext: (
        "capabilities", "privileged", "seLinuxOptions", "windowsOptions", "runAsUser",
        "runAsGroup", "runAsNonRoot", "readOnlyRootFilesystem", "allowPrivilegeEscalation",
        "procMount", "seccompProfile", "appArmorProfile",
    ),
    v1.SELinuxOptions: ("user", "role", "type", "level"),
    v1.SeccompProfile: ("type", "localhostProfile"),
}  # fmt: skip
_BY_VALUE = frozenset(
    {
        "hostPort", "stdin", "stdinOnce", "tty", "readOnly", "initialDelaySeconds",
        "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold",
    }
)  # fmt: skip
"""Numbers and flags that Go can't tell from their zero, and so leaves out when they are that."""

_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}
_ALWAYS = {v1.Container: {"resources"}, v1.EphemeralContainer: {"resources"}}


def go_json(struct: v1.Struct) -> bytes:
    """Encode as Go's ``json.Marshal``."""
    text = json.dumps(_value(struct), separators=(",", ":"), ensure_ascii=False)
    return text.translate(_ESCAPES).encode()


def _value(value: object) -> object:
    if isinstance(value, msgspec.Struct):
        return _object(value)
    if isinstance(value, dict):
        return {key: _value(value[key]) for key in sorted(value)}
    if isinstance(value, tuple):
        return [_value(item) for item in value]
    return value


def _object(struct: msgspec.Struct) -> dict[str, object]:
    kind = type(struct)
    always = _ALWAYS.get(kind, set())
    items = ((name, getattr(struct, attribute)) for name, attribute in _fields(kind))
    return {
        name: _value(value)
        for name, value in items
        if name in always or not _is_absent(name, value)
    }


def _is_absent(name: str, value: object) -> bool:
    return value is None or value in ("", (), {}) or (name in _BY_VALUE and not value)


@cache
def _fields(kind: type[msgspec.Struct]) -> tuple[tuple[str, str], ...]:
    order = {name: place for place, name in enumerate(_ORDER.get(kind, ()))}
    pairs = [(field.encode_name, field.name) for field in msgspec.structs.fields(kind)]
    return tuple(sorted(pairs, key=lambda pair: (order.get(pair[0], len(order)), pair[0])))
