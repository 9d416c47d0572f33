"""ListContainers. Source: Docker Engine API, ContainerList."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.docker_legacy import complete
from runtimes.docker_legacy.call import Call, filters

if TYPE_CHECKING:
    from runtimes.core.docker.interface import ListOptions
    from runtimes.core.docker.types import ContainerSummary
    from runtimes.docker_legacy.engine import Engine


def list_all(engine: Engine, options: ListOptions) -> list[ContainerSummary]:
    params = {"all": "1"} if options.all else {}
    call = Call(
        what="list containers",
        method="GET",
        path="/containers/json",
        params={**params, **filters(options.filters)},
    )
    found: list[ContainerSummary] = complete.several(
        engine.call(call), call, complete.CONTAINER_SUMMARY
    )
    for container in found:
        container["State"] = complete.docker_word(container["State"])
    return sorted(found, key=lambda container: -container["Created"])
