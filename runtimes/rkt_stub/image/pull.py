"""PullImage: `rkt fetch docker://...`.

Source: CRI PullImage; rktlet, which passed no credentials on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.rkt_stub.images.pull import pull

if TYPE_CHECKING:
    from runtimes.core.cri.v1 import api_pb2 as cri
    from runtimes.rkt_stub.shim.engine import ShimEngine


def pull_image(engine: ShimEngine, image: cri.ImageSpec, auth: cri.AuthConfig | None) -> str:
    """Fetch it and return rkt's id of it.

    Raises:
        InvalidArgument: that is no reference.
        Unavailable: rkt couldn't; it doesn't say whether the registry lacks it.
        Unimplemented: tokens: rkt takes user and password.
    Source: CRI PullImage.
    """
    if auth is None:
        return pull(engine.rkt, image.image)
    if auth.identity_token or auth.registry_token:
        raise errors.Unimplemented(
            f"pull image '{image.image}' with a token: rkt takes user and password only"
        )
    return pull(engine.rkt, image.image, auth.username, auth.password)
