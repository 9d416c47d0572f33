"""Environment variables, and the fields of a pod that they can hold.

Source: kubernetes pkg/apis/core/validation/validation.go (ValidateEnv, ValidateEnvFrom).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from runtimes.core import quantity
from runtimes.kubelet.manifest.decode.words import join, quote
from runtimes.kubelet.manifest.problem import Path, Problem
from runtimes.kubelet.manifest.validate import names

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.pod import v1

ENV_FIELDS = (
    "metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName",
    "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP", "status.podIPs",
)  # fmt: skip
VOLUME_FIELDS = (
    "metadata.name", "metadata.namespace", "metadata.uid", "metadata.labels",
    "metadata.annotations",
)  # fmt: skip
_RESOURCE = re.compile(r"(limits|requests)\.(cpu|memory|ephemeral-storage|hugepages-.+)")
_SUBSCRIPT = re.compile(r"(metadata\.(?:labels|annotations))\['(.*)'\]", re.DOTALL)
_DIVISORS = frozenset({"1", *(f"1{unit}{i}" for unit in "MGTPE" for i in ("", "i")), "1k", "1Ki"})
_SOURCES = {
    "fieldRef": "field_ref",
    "resourceFieldRef": "resource_field_ref",
    "configMapKeyRef": "config_map_key_ref",
    "secretKeyRef": "secret_key_ref",
    "fileKeyRef": "file_key_ref",
}


def check_env(env: tuple[v1.EnvVar, ...], path: Path) -> Iterator[Problem]:
    for index, variable in enumerate(env):
        place = (*path, index)
        problem = names.env_name(variable.name) if variable.name else "must not be empty"
        if problem:
            yield Problem((*place, "name"), problem)
        if variable.value_from is not None:
            yield from _value_from(variable, variable.value_from, (*place, "valueFrom"))


def _value_from(variable: v1.EnvVar, source: v1.EnvVarSource, path: Path) -> Iterator[Problem]:
    given = [name for name, attribute in _SOURCES.items() if getattr(source, attribute)]
    if not given:
        yield Problem(path, f"must have one of {join(_SOURCES)}")
    elif len(given) > 1:
        yield Problem(path, f"must have only one of {join(given)}")
    elif variable.value:
        yield Problem(path, "can't be given together with 'value'")
    if source.field_ref:
        yield from check_field_ref(source.field_ref, ENV_FIELDS, (*path, "fieldRef"))
    if source.resource_field_ref:
        yield from check_resource_ref(source.resource_field_ref, (*path, "resourceFieldRef"))
    for name in ("configMapKeyRef", "secretKeyRef"):
        reference = getattr(source, _SOURCES[name])
        if reference:
            yield from _key_ref(reference, (*path, name))


def _key_ref(
    reference: v1.ConfigMapKeySelector | v1.SecretKeySelector, path: Path
) -> Iterator[Problem]:
    yield from check_reference(reference.name, (*path, "name"))
    problem = names.config_key(reference.key)
    if problem:
        yield Problem((*path, "key"), problem)


def check_reference(name: str, path: Path) -> Iterator[Problem]:
    """Judge the name of another object."""
    problem = names.dns_subdomain(name) if name else "required, but not given"
    if problem:
        yield Problem(path, problem)


def check_field_ref(
    reference: v1.ObjectFieldSelector, allowed: tuple[str, ...], path: Path
) -> Iterator[Problem]:
    """Judge ``metadata.name`` or ``metadata.labels['key']``."""
    if reference.api_version not in {"", "v1"}:
        yield Problem((*path, "apiVersion"), f"{quote(reference.api_version)} must be 'v1'")
    subscript = _SUBSCRIPT.fullmatch(reference.field_path)
    if subscript:
        key = subscript[2] if subscript[1].endswith("labels") else subscript[2].lower()
        problem = names.qualified_name(key)
    elif reference.field_path not in allowed:
        known = join((*allowed, "metadata.labels['KEY']", "metadata.annotations['KEY']"))
        problem = f"{quote(reference.field_path)} is not one of {known}"
    else:
        problem = None
    if problem:
        yield Problem((*path, "fieldPath"), problem)


def check_resource_ref(reference: v1.ResourceFieldSelector, path: Path) -> Iterator[Problem]:
    match = _RESOURCE.fullmatch(reference.resource)
    if not match:
        message = (
            f"{quote(reference.resource)} is not limits or requests of cpu, memory, "
            "ephemeral-storage or hugepages-SIZE, such as limits.cpu"
        )
        yield Problem((*path, "resource"), message)
        return
    if not reference.divisor or quantity.parse(reference.divisor).nano == 0:
        return
    allowed = {"1", "1m"} if match[2] == "cpu" else _DIVISORS
    if str(quantity.parse(reference.divisor)) not in allowed:
        known = "1 or 1m" if match[2] == "cpu" else "1, 1k, 1M, 1G, 1Ki, 1Mi, 1Gi and so on"
        yield Problem((*path, "divisor"), f"{quote(reference.divisor)} must be {known}")


def check_env_from(sources: tuple[v1.EnvFromSource, ...], path: Path) -> Iterator[Problem]:
    for index, source in enumerate(sources):
        place = (*path, index)
        problem = names.env_name(source.prefix)
        if problem:
            yield Problem((*place, "prefix"), problem)
        if (source.config_map_ref is None) == (source.secret_ref is None):
            yield Problem(place, "must have either configMapRef or secretRef")
        if source.config_map_ref:
            yield from check_reference(source.config_map_ref.name, (*place, "configMapRef", "name"))
        if source.secret_ref:
            yield from check_reference(source.secret_ref.name, (*place, "secretRef", "name"))
