"""Registry credentials of a pod's imagePullSecrets.

Source: kubernetes pkg/credentialprovider/config.go; pkg/kubelet (getPullSecretsForPod).
"""

from __future__ import annotations

import base64
import binascii
import json
import logging
from typing import TYPE_CHECKING

from runtimes.core.pod.status import RegistryAuth
from runtimes.kubelet.generate.objects import secret_data

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.pod import v1
    from runtimes.kubelet.generate.objects import ObjectSource

log = logging.getLogger(__name__)
_FILES = {
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
    "kubernetes.io/dockercfg": ".dockercfg",
}


def pull_credentials(pod: v1.Pod, objects: ObjectSource) -> tuple[RegistryAuth, ...]:
    """Read them in the pod's order; what is missing or makes no sense is logged and left out."""
    found: list[RegistryAuth] = []
    namespace = pod.metadata.namespace
    for reference in pod.spec.image_pull_secrets:
        secret = objects.secret(namespace, reference.name)
        if secret is None:
            log.warning(
                "pod %s/%s: its imagePullSecret '%s' isn't there; images are pulled without it",
                namespace, pod.metadata.name, reference.name,
            )  # fmt: skip
            continue
        found += _credentials(secret)
    return tuple(found)


def _credentials(secret: v1.Secret) -> Iterator[RegistryAuth]:
    name = secret.metadata.name
    file = _FILES.get(secret.type)
    if file is None:
        log.warning("Secret '%s' of type %s holds no registry credentials", name, secret.type)
        return
    try:
        config = json.loads(secret_data(secret).get(file, ""))
        entries = config["auths"] if file == ".dockerconfigjson" else config
        for address, entry in entries.items():
            yield _credential(address, entry)
    except (ValueError, KeyError, TypeError, AttributeError, binascii.Error) as error:
        log.warning("Secret '%s': its %s makes no sense: %s", name, file, error)


def _credential(address: str, entry: dict[str, str]) -> RegistryAuth:
    username, password = entry.get("username", ""), entry.get("password", "")
    if entry.get("auth"):
        username, _, password = base64.b64decode(entry["auth"]).decode().partition(":")
    return RegistryAuth(
        username=username,
        password=password,
        identity_token=entry.get("identitytoken", ""),
        registry_token=entry.get("registrytoken", ""),
        server_address=address,
    )
