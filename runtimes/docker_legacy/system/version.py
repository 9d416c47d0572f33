"""Version. Source: Docker Engine API, SystemVersion."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.docker_legacy import complete
from runtimes.docker_legacy.wire.request import VERSION

if TYPE_CHECKING:
    from runtimes.core.docker.types import Version
    from runtimes.docker_legacy.engine import Engine


def version(engine: Engine) -> Version:
    """The Engine's answer, its API's version being the one that is spoken with it.

    Who decides by it what may be asked for must not go by what nobody says.
    """
    found: Version = complete.one(engine.call(VERSION), VERSION, complete.VERSION)
    found["ApiVersion"] = engine.api_version()
    return found
