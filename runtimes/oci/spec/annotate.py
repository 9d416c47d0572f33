"""What a spec says about itself, for people and tools that look at running containers.

The caller's annotations are not copied: OCI runtimes take orders from annotations (``run.oci.*``,
``org.systemd.property.*``), and whoever may write a pod's annotations must not give them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.oci.spec.request import SpecRequest

PREFIX = "io.kubernetes.cri"


def container(request: SpecRequest) -> dict[str, str]:
    metadata = request.sandbox_config.metadata
    return {
        f"{PREFIX}.container-type": "container",
        f"{PREFIX}.container-name": request.config.metadata.name,
        f"{PREFIX}.image-name": request.config.image.image,
        f"{PREFIX}.sandbox-id": request.sandbox.id,
        f"{PREFIX}.sandbox-name": metadata.name,
        f"{PREFIX}.sandbox-namespace": metadata.namespace,
        f"{PREFIX}.sandbox-uid": metadata.uid,
    }
