"""ImageHistory. Source: Docker Engine API, ImageHistory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors
from runtimes.docker_legacy import complete
from runtimes.docker_legacy.call import Call, image_segment

if TYPE_CHECKING:
    from runtimes.core.docker.types import ImageHistory
    from runtimes.docker_legacy.engine import Engine


def history(engine: Engine, image: str) -> list[ImageHistory]:
    what = f"list the history of image '{image}'"
    call = Call(
        what=what,
        method="GET",
        path=f"/images/{image_segment(image, what)}/history",
        absent=errors.ImageNotFound,
    )
    steps: list[ImageHistory] = complete.several(engine.call(call), call, complete.IMAGE_HISTORY)
    return steps
