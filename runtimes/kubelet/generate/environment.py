"""A container's environment: envFrom, then env, in the order in which they are written.

A name given twice keeps its first place and takes the last value; what a value may refer to is
what stands before it.

Source: kubelet pkg/kubelet/kubelet_pods.go (makeEnvironmentVariables).
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.kubelet.generate import downward
from runtimes.kubelet.generate.expansion import expand
from runtimes.kubelet.generate.objects import (
    NO_OBJECTS,
    ObjectSource,
    config_map_data,
    secret_data,
)

if TYPE_CHECKING:
    from runtimes.core.pod import v1
    from runtimes.kubelet.config import KubeletConfig

log = logging.getLogger(__name__)
_NAME = re.compile(r"[-._a-zA-Z][-._a-zA-Z0-9]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentInputs:
    """What an environment may refer to."""

    pod: v1.Pod
    config: KubeletConfig
    pod_ips: tuple[str, ...] = ()
    objects: ObjectSource = NO_OBJECTS


def environment(
    container: v1.Container | v1.EphemeralContainer, inputs: EnvironmentInputs
) -> dict[str, str]:
    """Compute it.

    Raises:
        NotFound: a ConfigMap or Secret, or a key of one, is missing and not optional.
        InvalidArgument: a reference that makes no sense.
    """
    variables: dict[str, str] = {}
    for source in container.env_from:
        variables.update(_from_source(source, inputs))
    for variable in container.env:
        if variable.value_from is None:
            variables[variable.name] = expand(variable.value, variables)
            continue
        value = _from_reference(container.name, variable.name, variable.value_from, inputs)
        if value is not None:
            variables[variable.name] = value
    return variables


def _from_source(source: v1.EnvFromSource, inputs: EnvironmentInputs) -> dict[str, str]:
    data: dict[str, str] = {}
    if source.config_map_ref is not None:
        ref = source.config_map_ref
        data = _config_map(ref.name, optional=bool(ref.optional), inputs=inputs) or {}
    if source.secret_ref is not None:
        secret = source.secret_ref
        data = _secret(secret.name, optional=bool(secret.optional), inputs=inputs) or {}
    named = {source.prefix + key: data[key] for key in sorted(data)}
    skipped = [name for name in named if not _is_valid_name(name)]
    if skipped:
        log.warning(
            "leave out of the environment what can't be a variable's name: %s", ", ".join(skipped)
        )
    return {name: value for name, value in named.items() if name not in skipped}


def _is_valid_name(name: str) -> bool:
    return bool(_NAME.fullmatch(name)) and name != "." and not name.startswith("..")


def _from_reference(
    container: str, variable: str, source: v1.EnvVarSource, inputs: EnvironmentInputs
) -> str | None:
    if source.field_ref is not None:
        path = source.field_ref.field_path
        return downward.field_value(inputs.pod, path, inputs.config, inputs.pod_ips)
    if source.resource_field_ref is not None:
        selector = source.resource_field_ref
        return downward.resource_value(inputs.pod, container, selector, inputs.config)
    where = inputs.pod.metadata.namespace
    if source.config_map_key_ref is not None:
        ref = source.config_map_key_ref
        data = _config_map(ref.name, optional=bool(ref.optional), inputs=inputs)
        return _key(data, f"ConfigMap {where}/{ref.name}", ref.key, optional=bool(ref.optional))
    if source.secret_key_ref is not None:
        secret = source.secret_key_ref
        data = _secret(secret.name, optional=bool(secret.optional), inputs=inputs)
        return _key(
            data, f"Secret {where}/{secret.name}", secret.key, optional=bool(secret.optional)
        )
    raise errors.InvalidArgument(
        f"set variable {variable} of container {container}: its valueFrom names no source that is"
        " supported here (fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef)"
    )


def _config_map(name: str, *, optional: bool, inputs: EnvironmentInputs) -> dict[str, str] | None:
    namespace = inputs.pod.metadata.namespace
    found = inputs.objects.config_map(namespace, name)
    if found is not None:
        return config_map_data(found)
    if optional:
        return None
    raise errors.NotFound(f'configmap "{name}" not found')


def _secret(name: str, *, optional: bool, inputs: EnvironmentInputs) -> dict[str, str] | None:
    namespace = inputs.pod.metadata.namespace
    found = inputs.objects.secret(namespace, name)
    if found is not None:
        return secret_data(found)
    if optional:
        return None
    raise errors.NotFound(f'secret "{name}" not found')


def _key(data: dict[str, str] | None, where: str, key: str, *, optional: bool) -> str | None:
    if data is not None and key in data:
        return data[key]
    if optional:
        return None
    raise errors.NotFound(f"couldn't find key {key} in {where}")
