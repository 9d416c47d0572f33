"""Docker's containers that are sandboxes or containers of pods."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors, labels
from runtimes.core.docker.interface import ListOptions

if TYPE_CHECKING:
    from runtimes.core.docker.interface import DockerInterface
    from runtimes.core.docker.types import ContainerInspect, ContainerSummary


class ContainerCache:
    """Lists and descriptions; thread-safe.

    Whoever changes something in the Engine says so by `changed`, and then reads what it wrote.
    """

    def __init__(self, docker: DockerInterface) -> None:
        self._docker = docker

    def sandboxes(self) -> list[ContainerSummary]:
        """All pause containers, newest first.

        Raises:
            Unavailable: the Engine doesn't answer.
        """
        return self._list(labels.DOCKER_TYPE_SANDBOX)

    def containers(self) -> list[ContainerSummary]:
        """All containers of pods, newest first.

        Raises:
            Unavailable: the Engine doesn't answer.
        """
        return self._list(labels.DOCKER_TYPE_CONTAINER)

    def inspect(self, container_id: str) -> ContainerInspect:
        """Describe one, by its full id.

        Raises:
            NotFound: the Engine has no such container.
            Unavailable: it doesn't answer.
        """
        return self._docker.inspect_container(container_id)

    def known(self, container_id: str) -> ContainerSummary | None:
        """What is known of one without asking the Engine; None when nothing is."""
        del container_id
        return None

    def changed(self, container_id: str) -> None:
        """Forget what is known of a container, as it was just changed."""

    def close(self) -> None:
        """Stop watching. Idempotent."""

    def _list(self, kind: str) -> list[ContainerSummary]:
        wanted = [f"{labels.DOCKER_TYPE}={kind}"]
        return self._docker.list_containers(ListOptions(all=True, filters={"label": wanted}))


def resolve(found: list[ContainerSummary], id_or_prefix: str, what: str) -> ContainerSummary:
    """Complete an id.

    Raises:
        NotFound: nothing starts like that.
        InvalidArgument: several do, or it is empty.
    """
    if not id_or_prefix:
        raise errors.InvalidArgument(f"find a {what}: its id is empty")
    matching = [one for one in found if one["Id"].startswith(id_or_prefix)]
    exact = [one for one in matching if one["Id"] == id_or_prefix]
    if len(exact or matching) == 1:
        return (exact or matching)[0]
    if not matching:
        raise errors.NotFound(f"{what} '{id_or_prefix}' does not exist")
    raise errors.InvalidArgument(
        f"{len(matching)} {what}s start with '{id_or_prefix}'; give more of the id"
    )
