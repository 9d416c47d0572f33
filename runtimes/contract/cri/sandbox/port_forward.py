"""PortForward."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from runtimes.contract.requires import requires
from runtimes.contract.streams import begin_port_forward, need_urls
from runtimes.core import errors
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench


@requires(Capability.PORT_FORWARD)
def test_port_forward_gives_a_whole_url(contract: Bench) -> None:
    need_urls(contract.service)
    request = cri.PortForwardRequest(pod_sandbox_id=contract.sandbox.id, port=[80])

    url = urlsplit(contract.service.port_forward(request))

    assert url.scheme in ("http", "https")
    assert url.hostname
    assert url.port


@requires(Capability.PORT_FORWARD)
def test_port_forward_to_an_absent_sandbox_is_not_found(contract: Bench) -> None:
    with pytest.raises(errors.NotFound):
        begin_port_forward(contract.service, "no-such", 80)


@requires(Capability.PORT_FORWARD)
def test_port_forward_to_a_stopped_sandbox_is_a_failed_precondition(contract: Bench) -> None:
    contract.service.stop_pod_sandbox(contract.sandbox.id)

    with pytest.raises(errors.FailedPrecondition):
        begin_port_forward(contract.service, contract.sandbox.id, 80)
