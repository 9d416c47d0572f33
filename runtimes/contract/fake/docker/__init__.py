"""An in-memory DockerInterface that passes the profile: for tests of everything above Docker.

from runtimes.contract.fake.clock import ManualClock
from runtimes.contract.fake.docker.service import FakeDocker

with FakeDocker(clock=ManualClock()) as docker:
    docker.fail_next("CreateContainer", errors.Unavailable("the Engine is down"))
"""
