"""Fetch an image, with credentials in a folder that lives no longer than the fetch.

Source: kubelet 1.4 pkg/kubelet/rkt/image.go (writeDockerAuthConfig).
"""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from runtimes.core import errors, image_ref
from runtimes.rkt_stub.program.fetch import fetch, fetched

if TYPE_CHECKING:
    from runtimes.rkt_stub.program.rkt import Answer, Rkt

DOCKER_HUB = "registry-1.docker.io"


def pull(rkt: Rkt, reference: str, username: str = "", password: str = "") -> str:
    """Fetch it and return rkt's id of it.

    Raises:
        InvalidArgument: that is no reference.
        Unavailable: rkt couldn't; whether the registry lacks it or can't be reached, rkt's exit
            code doesn't tell.

    It is asked for in full: an rkt that was built by a newer Go takes a short name for a host, and
    its tag for a port.
    """
    name = image_ref.normalise(reference)
    answer = _fetch(rkt, name, username, password)
    if not answer.ok:
        raise errors.Unavailable(f"pull image '{name}': rkt refused: {answer.complaint}")
    return fetched(answer)


def _fetch(rkt: Rkt, name: str, username: str, password: str) -> Answer:
    if not username:
        return fetch(rkt, name)
    with tempfile.TemporaryDirectory(prefix="rkt-auth-") as folder:
        file = Path(folder, "auth.d", "pull.json")
        file.parent.mkdir()
        file.write_text(json.dumps(credentials(name, username, password)))
        return fetch(rkt, name, Path(folder))


def credentials(name: str, username: str, password: str) -> dict[str, object]:
    """A file of ``auth.d``."""
    host = image_ref.parse(name).registry
    return {
        "rktKind": "dockerAuth",
        "rktVersion": "v1",
        "registries": [DOCKER_HUB if host == image_ref.DEFAULT_REGISTRY else host],
        "credentials": {"user": username, "password": password},
    }
