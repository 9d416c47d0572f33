"""Attach: the URL."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from runtimes.contract.requires import requires
from runtimes.contract.streams import begin_attach, need_urls
from runtimes.core import errors
from runtimes.core.capability import Capability
from runtimes.core.cri.v1 import api_pb2 as cri

if TYPE_CHECKING:
    from runtimes.contract.bench import Bench


@requires(Capability.ATTACH)
def test_attach_gives_a_whole_url(contract: Bench) -> None:
    need_urls(contract.service)
    request = cri.AttachRequest(container_id=contract.sleeper(), stdout=True)

    url = urlsplit(contract.service.attach(request))

    assert url.scheme in ("http", "https")
    assert url.hostname
    assert url.port


@requires(Capability.ATTACH)
def test_attach_to_an_absent_container_is_not_found(contract: Bench) -> None:
    with pytest.raises(errors.NotFound):
        begin_attach(
            contract.service, cri.AttachRequest(container_id="no-such-container", stdout=True)
        )


@requires(Capability.ATTACH)
def test_attach_to_an_ended_container_is_a_failed_precondition(contract: Bench) -> None:
    ended = contract.finish(contract.config("true")).id

    with pytest.raises(errors.FailedPrecondition):
        begin_attach(contract.service, cri.AttachRequest(container_id=ended, stdout=True))
