"""A port as a handler names it: by number, or by the name that the container gave it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.core import errors

if TYPE_CHECKING:
    from runtimes.core.pod import v1


def port_number(port: int | str | None, container: v1.Container | v1.EphemeralContainer) -> int:
    """Look it up.

    Raises:
        InvalidArgument: the container has no port of that name, or it is none.
    """
    named = {one.name: one.container_port for one in container.ports if one.name}
    number = named.get(port) if isinstance(port, str) else port
    if number is None and isinstance(port, str) and port.isascii() and port.isdigit():
        number = int(port)
    if number is None or not 0 < number < 65536:
        known = ", ".join(named) or "none"
        raise errors.InvalidArgument(
            f"find port {port!r} of container {container.name}: its named ports are: {known}"
        )
    return number
