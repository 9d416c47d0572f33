"""JSON to typed values, from any number of threads.

msgspec works out what a type looks like when it is first asked for, and two threads that do so at a
time crash the process. Here one does it, once.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, TypeVar, overload

import msgspec

if TYPE_CHECKING:
    from types import UnionType

Kind = TypeVar("Kind")
_decoders: dict[object, msgspec.json.Decoder[Any]] = {}
_making = threading.Lock()


@overload
def decode(data: bytes | str | msgspec.Raw, kind: type[Kind]) -> Kind: ...
@overload
def decode(data: bytes | str | msgspec.Raw, kind: UnionType) -> Any: ...  # noqa: ANN401 - one of many
def decode(data: bytes | str | msgspec.Raw, kind: object) -> object:
    """Read a value of that type, or of one of several that bear tags.

    Raises:
        msgspec.DecodeError: it is none.
    """
    decoder = _decoders.get(kind)
    if decoder is None:
        with _making:
            decoder = _decoders.setdefault(kind, msgspec.json.Decoder(kind))
    return decoder.decode(data)
