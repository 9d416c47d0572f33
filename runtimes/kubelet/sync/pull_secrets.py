"""Which credentials to try for an image, in which order.

Each credential whose address covers the image is tried, the longest address first; one without
an address fits every image. Without any, the pull is anonymous, once.

Source: kubelet pkg/credentialprovider/keyring.go; images/image_manager.go, kuberuntime_image.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors, image_ref

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runtimes.core.pod.status import RegistryAuth

_DOCKER_HUB = {"index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"}


def matching(image: str, auths: Sequence[RegistryAuth]) -> list[RegistryAuth]:
    """Keep what covers `image`, the most specific first."""
    name = image_ref.parse(image).name
    fitting = [(_address(auth), auth) for auth in auths]
    covering = [(address, auth) for address, auth in fitting if _covers(address, name)]
    return [auth for _, auth in sorted(covering, key=lambda pair: -len(pair[0]))]


def pull_with(
    image: str, auths: Sequence[RegistryAuth], pull: Callable[[RegistryAuth | None], str]
) -> str:
    """Try each credential in turn and return the first success.

    Raises:
        Error: the last failure; its message tells all of them when there were several.
    """
    failures: list[errors.Error] = []
    attempts: list[RegistryAuth | None] = [*matching(image, auths)]
    for auth in attempts or [None]:
        try:
            return pull(auth)
        except errors.Error as error:
            failures.append(error)
    last = failures[-1]
    if len(failures) == 1:
        raise last
    told = "; ".join(str(failure) for failure in failures)
    raise type(last)(f"pull {image} with {len(failures)} credentials: {told}") from last


def _address(auth: RegistryAuth) -> str:
    """Host and path without scheme, API version and slashes."""
    address = auth.server_address.partition("://")[2] or auth.server_address
    address = address.rstrip("/").removesuffix("/v1").removesuffix("/v2").rstrip("/")
    host, slash, path = address.partition("/")
    return ("docker.io" if host in _DOCKER_HUB else host) + slash + path


def _covers(address: str, name: str) -> bool:
    if not address:
        return True
    host, _, path = address.partition("/")
    name_host, _, name_path = name.partition("/")
    if not _host_covers(host, name_host):
        return False
    return not path or name_path == path or name_path.startswith(f"{path}/")


def _host_covers(pattern: str, host: str) -> bool:
    """A ``*`` stands for a whole label of the host, as in ``*.example.org``."""
    wanted, given = pattern.split("."), host.split(".")
    return len(wanted) == len(given) and all(
        want in {"*", label} for want, label in zip(wanted, given, strict=True)
    )
