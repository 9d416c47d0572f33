"""Several callers of rktshim at a time, in one process and in two, keep out of each other's way."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri
from runtimes.rkt_stub.tests.subject import shim_subject

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.core.cri.services import CriService
    from runtimes.rkt_stub.tests.world import World

pytestmark = [pytest.mark.needs_root, pytest.mark.needs_oci, pytest.mark.needs_registry]
SANDBOX = cri.PodSandboxConfig(metadata=cri.PodSandboxMetadata(name="many", uid="many"))
CALLERS = 4


def config(world: World, code: int) -> cri.ContainerConfig:
    made = cri.ContainerConfig(command=["sh", "-c", f"exit {code}"])
    made.metadata.name, made.image.image = f"c{code}", world.image
    return made


@contextmanager
def pod_of(service: CriService) -> Iterator[str]:
    sandbox = service.run_pod_sandbox(SANDBOX)
    try:
        yield sandbox
    finally:
        service.remove_pod_sandbox(sandbox)


def lived(service: CriService, sandbox: str, wanted: cri.ContainerConfig) -> int:
    """The whole life of a container; its exit code."""
    container = service.create_container(sandbox, wanted, SANDBOX)
    assert service.container_status(container).status.state == cri.CONTAINER_CREATED
    service.start_container(container)
    end = time.monotonic() + 30
    while (seen := service.container_status(container).status).state != cri.CONTAINER_EXITED:
        assert time.monotonic() < end
        time.sleep(0.05)
    service.remove_container(container)
    return seen.exit_code


def test_lives_of_containers_and_lists_of_them_do_not_meet(usable_world: World) -> None:
    subject = shim_subject(usable_world)
    with subject.open() as one, subject.open() as other, pod_of(one) as sandbox:
        with ThreadPoolExecutor() as threads:
            codes = [
                threads.submit(lived, (one, other)[code % 2], sandbox, config(usable_world, code))
                for code in range(CALLERS)
            ]
            while not all(code.done() for code in codes):
                one.list_containers()

        assert [code.result() for code in codes] == list(range(CALLERS))
        assert one.list_containers(cri.ContainerFilter(pod_sandbox_id=sandbox)) == []


def test_of_several_that_create_one_container_one_does(usable_world: World) -> None:
    subject = shim_subject(usable_world)
    with subject.open() as one, subject.open() as other, pod_of(one) as sandbox:
        with ThreadPoolExecutor() as threads:
            made = [
                threads.submit(service.create_container, sandbox, config(usable_world, 0), SANDBOX)
                for service in (one, other)
            ]

        refused = [error for each in made if (error := each.exception()) is not None]
        assert [type(error) for error in refused] == [errors.AlreadyExists]
        assert len(one.list_containers(cri.ContainerFilter(pod_sandbox_id=sandbox))) == 1


def test_of_removing_a_pod_and_adding_to_it_either_comes_first(usable_world: World) -> None:
    subject = shim_subject(usable_world)
    with subject.open() as one, subject.open() as other, pod_of(one) as sandbox:
        with ThreadPoolExecutor() as threads:
            added = threads.submit(
                other.create_container, sandbox, config(usable_world, 0), SANDBOX
            )
            one.remove_pod_sandbox(sandbox)

        assert isinstance(added.exception(), errors.NotFound | errors.FailedPrecondition | None)
        assert one.list_containers(cri.ContainerFilter(pod_sandbox_id=sandbox)) == []
