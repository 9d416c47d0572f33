"""An in-memory CRI service that passes the contract: for tests of everything above the CRI.

from runtimes.contract.fake.clock import ManualClock
from runtimes.contract.fake.service import FakeCri

with FakeCri(clock=ManualClock()) as service:
    service.fail_next("RunPodSandbox", errors.Unavailable("the engine is down"))
"""
