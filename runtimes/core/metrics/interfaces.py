"""What went over a pod's network interfaces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from runtimes.core.metrics.family import COUNTER, Family, Sample

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


def _family(verb: str, what: str, help: str) -> Family:
    name = f"container_network_{verb}_{what}_total"
    return Family(name, help, COUNTER, ("interface",))


RX_BYTES = _family("receive", "bytes", "Bytes received.")
RX_PACKETS = _family("receive", "packets", "Packets received.")
RX_ERRORS = _family("receive", "errors", "Errors on receiving.")
RX_DROPPED = _family("receive", "packets_dropped", "Packets dropped on receiving.")
TX_BYTES = _family("transmit", "bytes", "Bytes sent.")
TX_PACKETS = _family("transmit", "packets", "Packets sent.")
TX_ERRORS = _family("transmit", "errors", "Errors on sending.")
TX_DROPPED = _family("transmit", "packets_dropped", "Packets dropped on sending.")
FAMILIES = (
    *(RX_BYTES, RX_PACKETS, RX_ERRORS, RX_DROPPED),
    *(TX_BYTES, TX_PACKETS, TX_ERRORS, TX_DROPPED),
)


class Counters(Protocol):
    """Those of one interface."""

    @property
    def name(self) -> str: ...
    @property
    def rx_bytes(self) -> int: ...
    @property
    def rx_packets(self) -> int: ...
    @property
    def rx_errors(self) -> int: ...
    @property
    def rx_dropped(self) -> int: ...
    @property
    def tx_bytes(self) -> int: ...
    @property
    def tx_packets(self) -> int: ...
    @property
    def tx_errors(self) -> int: ...
    @property
    def tx_dropped(self) -> int: ...


def samples(found: Iterable[Counters]) -> Iterator[Sample]:
    """Those of all interfaces. Pure."""
    for one in found:
        name = (one.name,)
        yield Sample(RX_BYTES, one.rx_bytes, name)
        yield Sample(RX_PACKETS, one.rx_packets, name)
        yield Sample(RX_ERRORS, one.rx_errors, name)
        yield Sample(RX_DROPPED, one.rx_dropped, name)
        yield Sample(TX_BYTES, one.tx_bytes, name)
        yield Sample(TX_PACKETS, one.tx_packets, name)
        yield Sample(TX_ERRORS, one.tx_errors, name)
        yield Sample(TX_DROPPED, one.tx_dropped, name)
