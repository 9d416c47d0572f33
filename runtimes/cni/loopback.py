"""The loopback interface of a pod: there from the start, but down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.cni.netlink import route
from runtimes.cni.netlink.connection import ROUTE, Connection
from runtimes.core import netns

if TYPE_CHECKING:
    from pathlib import Path


def bring_up(namespace: Path) -> None:
    """Bring it up; the kernel then gives it 127.0.0.1 and ::1.

    Raises:
        NotFound: the namespace is gone.
        OSError: the kernel refused.
    """
    with netns.enter(namespace, lambda: Connection(ROUTE)) as connection:
        connection.request(route.set_up(route.LOOPBACK_INDEX))
