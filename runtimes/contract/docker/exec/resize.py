"""ResizeExecTTY."""

from __future__ import annotations

import io
import threading
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.docker.bench import ABSENT
from runtimes.core import errors
from runtimes.core.docker.interface import StreamOptions

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench

SCRIPT = "n=0; while [ $n -lt 40 ]; do stty size; sleep 0.2; n=$((n+1)); done"


def test_resize_exec_tty_is_seen_inside(contract_docker: DockerBench) -> None:
    container = contract_docker.sleeper()
    exec_id = contract_docker.docker.create_exec(
        container, {"Cmd": ["sh", "-c", SCRIPT], "Tty": True, "AttachStdout": True}
    )
    output = io.BytesIO()
    streams = StreamOptions(raw_terminal=True, output=output)
    reader = threading.Thread(
        target=contract_docker.docker.start_exec, args=(exec_id, streams), daemon=True
    )
    reader.start()
    contract_docker.wait_for(lambda: bool(output.getvalue()), "the command to run")

    contract_docker.docker.resize_exec_tty(exec_id, 31, 97)

    contract_docker.wait_for(lambda: b"31 97" in output.getvalue(), "the new size")
    contract_docker.docker.stop_container(container, 2)
    reader.join(10)
    assert not reader.is_alive()


def test_resize_of_an_absent_exec_is_not_found(contract_docker: DockerBench) -> None:
    with pytest.raises(errors.NotFound):
        contract_docker.docker.resize_exec_tty(ABSENT, 10, 10)
