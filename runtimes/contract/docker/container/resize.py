"""ResizeContainerTTY."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.contract.docker.bench import ABSENT
from runtimes.core import errors
from runtimes.core.docker.interface import LogsOptions, StreamOptions

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench


def test_resize_container_tty_is_seen_inside(contract_docker: DockerBench) -> None:
    import io

    script = "trap 'exit 0' TERM; while true; do stty size; sleep 0.2; done"
    container = contract_docker.start({"Cmd": ["sh", "-c", script], "Tty": True})

    contract_docker.docker.resize_container_tty(container, 31, 97)

    def log() -> bytes:
        output = io.BytesIO()
        streams = StreamOptions(raw_terminal=True, output=output)
        contract_docker.docker.logs(container, LogsOptions(), streams)
        return output.getvalue()

    contract_docker.wait_for(lambda: b"31 97" in log(), "the new size")


def test_resize_of_an_absent_container_is_not_found(contract_docker: DockerBench) -> None:
    with pytest.raises(errors.NotFound):
        contract_docker.docker.resize_container_tty(ABSENT, 10, 10)
