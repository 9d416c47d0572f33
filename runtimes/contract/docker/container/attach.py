"""AttachToContainer."""

from __future__ import annotations

import io
import os
import threading
from typing import TYPE_CHECKING

import pytest

from runtimes.contract.docker.bench import ABSENT
from runtimes.core import deadline, errors
from runtimes.core.docker.interface import StreamOptions

if TYPE_CHECKING:
    from runtimes.contract.docker.bench import DockerBench

OPEN = {"OpenStdin": True, "StdinOnce": True}


def test_attach_connects_input_and_output_until_the_end(contract_docker: DockerBench) -> None:
    container = contract_docker.start({"Cmd": ["sh", "-c", "cat; echo over"], **OPEN})  # type: ignore[typeddict-item]  # of TypedDict ContainerConfig
    output = io.BytesIO()

    contract_docker.docker.attach_to_container(
        container, StreamOptions(input=io.BytesIO(b"typed\n"), output=output)
    )

    assert output.getvalue() == b"typed\nover\n"
    assert contract_docker.finish(container)["ExitCode"] == 0


def test_attach_keeps_the_streams_apart(contract_docker: DockerBench) -> None:
    script = "cat > /dev/null; echo out; echo err >&2"
    container = contract_docker.start({"Cmd": ["sh", "-c", script], **OPEN})  # type: ignore[typeddict-item]  # of TypedDict ContainerConfig
    output, error = io.BytesIO(), io.BytesIO()

    contract_docker.docker.attach_to_container(
        container, StreamOptions(input=io.BytesIO(b""), output=output, error=error)
    )

    assert (output.getvalue(), error.getvalue()) == (b"out\n", b"err\n")


def test_attach_returns_when_the_container_ends_though_input_is_open(
    contract_docker: DockerBench,
) -> None:
    container = contract_docker.start(
        {"Cmd": ["sh", "-c", "trap 'exit 0' TERM; sleep 1000 & wait"], "OpenStdin": True}
    )
    reading, writing = os.pipe()
    contract_docker.cleanup(lambda: os.close(writing))
    stop = threading.Timer(0.5, contract_docker.docker.stop_container, args=(container, 5))
    with os.fdopen(reading, "rb") as source:
        stop.start()

        contract_docker.docker.attach_to_container(
            container, StreamOptions(input=source, output=io.BytesIO())
        )

    stop.join()
    assert not contract_docker.finish(container)["Running"]


def test_attach_ends_with_the_caller_s_deadline_and_the_container_goes_on(
    contract_docker: DockerBench,
) -> None:
    container = contract_docker.sleeper()

    with deadline.within(0.5), pytest.raises(errors.DeadlineExceeded):
        contract_docker.docker.attach_to_container(container, StreamOptions(output=io.BytesIO()))

    assert contract_docker.state(container)["Running"]


def test_attach_to_a_container_that_does_not_run_is_a_failed_precondition(
    contract_docker: DockerBench,
) -> None:
    container = contract_docker.create({"Cmd": ["true"]})

    with pytest.raises(errors.FailedPrecondition):
        contract_docker.docker.attach_to_container(container, StreamOptions(output=io.BytesIO()))


def test_attach_to_an_absent_container_is_not_found(contract_docker: DockerBench) -> None:
    with pytest.raises(errors.NotFound):
        contract_docker.docker.attach_to_container(ABSENT, StreamOptions(output=io.BytesIO()))
