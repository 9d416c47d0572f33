"""Exec: the URL; what a streaming server does with it is the profile `streaming`'s."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from runtimes.contract.requires import requires
from runtimes.contract.streams import begin_exec, need_urls
from runtimes.core import errors
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench


@requires(Capability.EXEC_STREAM)
def test_exec_gives_a_whole_url_each_time_another(contract: Bench) -> None:
    need_urls(contract.service)
    request = cri.ExecRequest(container_id=contract.sleeper(), cmd=["true"], stdout=True)

    first, second = (contract.service.exec(request) for _ in range(2))

    url = urlsplit(first)
    assert url.scheme in ("http", "https")
    assert url.hostname
    assert url.port
    assert first != second


@requires(Capability.EXEC_STREAM)
def test_exec_in_an_absent_container_is_not_found(contract: Bench) -> None:
    with pytest.raises(errors.NotFound):
        begin_exec(
            contract.service,
            cri.ExecRequest(container_id="no-such-container", cmd=["true"], stdout=True),
        )


@requires(Capability.EXEC_STREAM)
def test_exec_in_an_ended_container_is_a_failed_precondition(contract: Bench) -> None:
    ended = contract.finish(contract.config("true")).id

    with pytest.raises(errors.FailedPrecondition):
        begin_exec(contract.service, cri.ExecRequest(container_id=ended, cmd=["true"], stdout=True))


@requires(Capability.EXEC_STREAM)
@pytest.mark.parametrize(
    "streams", [{"tty": True, "stdout": True, "stderr": True}, {}], ids=["tty-stderr", "none"]
)
def test_exec_with_streams_that_contradict_is_an_invalid_argument(
    contract: Bench, streams: dict[str, bool]
) -> None:
    container = contract.sleeper()

    with pytest.raises(errors.InvalidArgument):
        begin_exec(
            contract.service, cri.ExecRequest(container_id=container, cmd=["true"], **streams)
        )
