"""What can't be streamed is refused before anything starts."""

from __future__ import annotations

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.core.streaming.request import check_attach, check_exec

REFUSED = [
    {},
    {"tty": True},
    {"tty": True, "stdout": True, "stderr": True},
]
FINE = [{"stdin": True}, {"stdout": True, "stderr": True}, {"tty": True, "stdin": True}]


@pytest.mark.parametrize("streams", REFUSED)
def test_no_stream_and_a_tty_with_stderr_are_refused(streams: dict[str, bool]) -> None:
    with pytest.raises(errors.InvalidArgument, match="container 'c'"):
        check_exec(cri.ExecRequest(container_id="c", cmd=["x"], **streams))
    with pytest.raises(errors.InvalidArgument, match="container 'c'"):
        check_attach(cri.AttachRequest(container_id="c", **streams))


@pytest.mark.parametrize("streams", FINE)
def test_what_can_be_passes(streams: dict[str, bool]) -> None:
    check_exec(cri.ExecRequest(container_id="c", cmd=["x"], **streams))
    check_attach(cri.AttachRequest(container_id="c", **streams))


def test_a_command_is_needed() -> None:
    with pytest.raises(errors.InvalidArgument, match="command is empty"):
        check_exec(cri.ExecRequest(container_id="c", stdout=True))
