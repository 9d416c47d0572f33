"""The pump between descriptors, when the other side is quicker than it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import pytest

from runtimes.oci.stream.pump import Pump
from runtimes.oci.stream.targets import Pipe

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def threads_take_turns() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("threads_take_turns")
def test_a_target_that_is_gone_already_only_ends_the_flow() -> None:
    pump = Pump()

    for _ in range(300):
        source, feeder = os.pipe()
        reader, writer = os.pipe()
        os.close(reader)
        pump.add(source, Pipe(writer))
        os.close(feeder)
