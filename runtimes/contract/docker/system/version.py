"""Version."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench


def test_version_tells_those_of_engine_and_api(contract_docker: DockerBench) -> None:
    version = contract_docker.docker.version()

    assert version["Version"]
    assert re.fullmatch(r"\d+\.\d+", version["ApiVersion"])
    assert version["Os"] == "linux"
