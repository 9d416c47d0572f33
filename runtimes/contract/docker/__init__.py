"""The profile `docker`: what every DockerInterface owes its callers.

    from runtimes.contract.docker import *

    @pytest.fixture(scope="session")
    def docker_subject() -> DockerSubject: ...

`import *` brings all its tests, and the fixtures that they use.
"""

from __future__ import annotations

import pytest

from runtimes.contract import suite

FIXTURES = ("contract_docker", "contract_docker_run")

pytest.register_assert_rewrite(
    *(f"{__name__}.{part}" for part in ("bench", "container", "image", "exec", "system"))
)


def __getattr__(name: str) -> object:
    from importlib import import_module

    if name in FIXTURES:
        found: object = getattr(import_module(f"{__name__}.fixtures"), name)
        return found
    if name == "__all__":
        return [*suite.tests_of(__name__), *FIXTURES]
    return suite.attribute(__name__, name)
