"""RemoveImage. Source: Docker Engine API, ImageDelete."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.docker_legacy import complete
from runtimes.docker_legacy.call import Call, image_segment

if TYPE_CHECKING:
    from runtimes.core.docker.types import ImageDelete
    from runtimes.docker_legacy.engine import Engine


def remove(engine: Engine, image: str, *, force: bool, prune: bool) -> list[ImageDelete]:
    what = f"remove image '{image}'"
    call = Call(
        what=what,
        method="DELETE",
        path=f"/images/{image_segment(image, what)}",
        params={"force": str(int(force)), "noprune": str(int(not prune))},
        absent=errors.ImageNotFound,
    )
    steps: list[ImageDelete] = complete.several(engine.call(call), call, {})
    return steps
