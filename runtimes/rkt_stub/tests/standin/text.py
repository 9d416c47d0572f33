"""JSON by the interpreter's own C code: importing `json` takes longer than most commands do."""

from __future__ import annotations

from _json import encode_basestring_ascii, make_encoder, make_scanner

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


class _Reading:
    """What the module `json` gives its scanner by default."""

    strict = True
    object_hook = object_pairs_hook = None
    parse_float, parse_int, parse_constant = float, int, float


_scan = make_scanner(_Reading)  # type: ignore[arg-type]  # it wants these attributes only
_chunks = make_encoder(None, repr, encode_basestring_ascii, None, ": ", ", ", False, False, False)


def loads(text: str) -> Any:
    """Read what `dumps` wrote: nothing stands before it."""
    return _scan(text, 0)[0]


def dumps(value: object) -> str:
    return "".join(_chunks(value, 0))
