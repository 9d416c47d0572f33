"""ListImages. Source: Docker Engine API, ImageList."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.docker_legacy import complete
from runtimes.docker_legacy.call import Call, filters

if TYPE_CHECKING:
    from runtimes.core.docker.interface import ListOptions
    from runtimes.core.docker.types import ImageSummary
    from runtimes.docker_legacy.engine import Engine


def list_all(engine: Engine, options: ListOptions) -> list[ImageSummary]:
    params = {"all": "1"} if options.all else {}
    call = Call(
        what="list images",
        method="GET",
        path="/images/json",
        params={**params, **filters(options.filters)},
    )
    found: list[ImageSummary] = complete.several(engine.call(call), call, complete.IMAGE_SUMMARY)
    return found
