"""Amounts as Kubernetes writes them: ``250m``, ``1.5Gi``, ``1e3``; exact to a billionth.

Finer amounts are rounded away from zero, as asking for something should never give nothing, and
larger ones than 2**63-1 are that.

Source: apimachinery pkg/api/resource/quantity.go, suffix.go.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from functools import total_ordering

from runtimes.core import errors

_NANO = 10**9
_LIMIT = (2**63 - 1) * _NANO
_TEXT = re.compile(r"([+-]?)(\d+(?:\.\d*)?|\.\d+)(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)", re.A)
_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"": 0, "Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_DECIMAL_NAMES = {exponent: name for name, exponent in _DECIMAL.items()}
_BINARY_NAMES = {exponent: name for name, exponent in _BINARY.items()}
_LARGEST_EXPONENT = 100


class Format(Enum):
    """How an amount was written, and will be."""

    DECIMAL = "decimal"  # 1k
    BINARY = "binary"  # 1Ki
    EXPONENT = "exponent"  # 1e3


@total_ordering
@dataclass(frozen=True, slots=True)
class Quantity:
    """An amount; equal ones are equal however they were written.

    Attributes:
        nano: billionths.
    """

    nano: int
    format: Format = field(default=Format.DECIMAL, compare=False)

    @property
    def milli(self) -> int:
        """Thousandths, rounded away from zero: a CPU's millicores."""
        return _divide_away(self.nano, 10**6)

    @property
    def value(self) -> int:
        """Whole units, rounded away from zero: bytes, pieces."""
        return _divide_away(self.nano, _NANO)

    def __lt__(self, other: Quantity) -> bool:
        return self.nano < other.nano

    def __str__(self) -> str:
        """Write it canonically: no fraction, the largest suffix that keeps it exact."""
        whole, rest = divmod(self.nano, _NANO)
        if self.format is Format.BINARY and rest == 0 and abs(whole) >= 1024:
            return _binary_text(whole)
        return _decimal_text(self.nano, exponent_form=self.format is Format.EXPONENT)


def parse(text: str) -> Quantity:
    """Read an amount.

    Raises:
        InvalidArgument: it isn't one.
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        raise errors.InvalidArgument(
            f"read quantity '{text}': expected a number, perhaps with a suffix n u m k M G T P E "
            "Ki Mi Gi Ti Pi Ei, or with an exponent as in 1e3"
        )
    sign, number, exponent, suffix = match.groups()
    scale, form = _scale(exponent, suffix or "")
    nano = min(_ceil(Fraction(number.rstrip(".")) * scale * _NANO), _LIMIT)
    return Quantity(-nano if sign == "-" else nano, form)


def milli(text: str) -> int:
    """Read an amount in thousandths: ``250m`` is 250, ``1`` is 1000.

    Raises:
        InvalidArgument: it isn't one.
    """
    return parse(text).milli


def units(text: str) -> int:
    """Read an amount in whole units: ``1Ki`` is 1024.

    Raises:
        InvalidArgument: it isn't one.
    """
    return parse(text).value


def _scale(exponent: str | None, suffix: str) -> tuple[Fraction, Format]:
    if exponent:
        bounded = max(-_LARGEST_EXPONENT, min(int(exponent[1:]), _LARGEST_EXPONENT))
        return Fraction(10) ** bounded, Format.EXPONENT
    if suffix.endswith("i"):
        return Fraction(1024 ** _BINARY[suffix]), Format.BINARY
    return Fraction(10) ** _DECIMAL[suffix], Format.DECIMAL


def _ceil(amount: Fraction) -> int:
    return -(-amount.numerator // amount.denominator)


def _divide_away(amount: int, by: int) -> int:
    magnitude = -(-abs(amount) // by)
    return magnitude if amount >= 0 else -magnitude


def _binary_text(whole: int) -> str:
    exponent = 0
    while whole % 1024 == 0 and exponent < 6:
        whole //= 1024
        exponent += 1
    return f"{whole}{_BINARY_NAMES[exponent]}"


def _decimal_text(nano: int, *, exponent_form: bool) -> str:
    if nano == 0:
        return "0"
    mantissa, exponent = nano, -9
    while mantissa % 1000 == 0 and exponent < 18:
        mantissa //= 1000
        exponent += 3
    if not exponent_form:
        return f"{mantissa}{_DECIMAL_NAMES[exponent]}"
    return f"{mantissa}e{exponent}" if exponent else str(mantissa)
