"""Signals by the names that the CRI and image authors use. Pure.

Source: CRI Signal; image-spec config.md StopSignal; signal(7) for the real-time range.
"""

from __future__ import annotations

import signal

from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

_RTMIN, _RTMAX = 34, 64


def number(name: str) -> int:
    """``SIGTERM``, ``TERM``, ``15``, ``SIGRTMIN+3``, ``SIGRTMINPLUS3`` -> the kernel's number.

    Raises:
        InvalidArgument: no such signal.
    """
    word = name.strip().upper().removeprefix("SIG").replace("PLUS", "+").replace("MINUS", "-")
    found = int(word) if word.isdecimal() else _named(word)
    if not 1 <= found <= _RTMAX:
        raise errors.InvalidArgument(f"stop signal '{name}': there is no such signal")
    return found


def _named(word: str) -> int:
    for base, value, sign in (("RTMIN", _RTMIN, "+"), ("RTMAX", _RTMAX, "-")):
        if word == base:
            return value
        offset = word.removeprefix(base + sign)
        if offset != word and offset.isdecimal():
            return value + int(sign + offset)
    known = signal.Signals.__members__.get(f"SIG{'CHLD' if word == 'CLD' else word}")
    return int(known) if known is not None else 0


def stop_signal(wanted: cri.Signal.ValueType, of_image: str) -> int:
    """The container's wish, else its image's, else SIGTERM.

    Raises:
        InvalidArgument: the image names no signal.
    """
    if wanted != cri.SIGNAL_RUNTIME_DEFAULT:
        return number(cri.Signal.Name(wanted).removeprefix("SIGNAL_"))
    return number(of_image) if of_image else int(signal.SIGTERM)
