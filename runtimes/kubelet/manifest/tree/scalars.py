"""What plain scalars mean, as kubectl's parser reads them: YAML 1.1 but for its traps.

``22:22`` stays text (no sexagesimal numbers), as does ``2024-01-01`` (no timestamps); ``yes``,
``on`` and ``y`` are booleans, ``0644`` is octal, ``1e3`` is a number.

Source: goyaml.v2 resolve.go, as sigs.k8s.io/yaml uses it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from runtimes.kubelet.manifest.tree.nodes import Scalar

Value = None | bool | int | float | str

_WORDS: dict[str, Value] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(
        ("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"), True
    ),
    **dict.fromkeys(
        ("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"), False
    ),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), float("inf")),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), float("-inf")),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), float("nan")),
}
_NUMBER_STARTS = frozenset("+-.0123456789")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INTEGERS = (
    (re.compile(r"[-+]?(?:0|[1-9][0-9]*)"), 10),
    (re.compile(r"[-+]?0[oO]?[0-7]+"), 8),
    (re.compile(r"[-+]?0[xX][0-9a-fA-F]+"), 16),
    (re.compile(r"[-+]?0[bB][01]+"), 2),
)
_LONGEST_INTEGER = 100


def resolve(scalar: Scalar) -> Value:
    """Tell the value of a scalar: its tag decides, or else its quotes, or else its text."""
    if scalar.tag == "str" or (not scalar.plain and not scalar.tag):
        return scalar.text
    return resolve_plain(scalar.text)


def resolve_plain(text: str) -> Value:
    if text in _WORDS:
        return _WORDS[text]
    return _number(text.replace("_", ""), text) if text[0] in _NUMBER_STARTS else text


def _number(digits: str, text: str) -> Value:
    if len(digits) <= _LONGEST_INTEGER:
        for pattern, base in _INTEGERS:
            if pattern.fullmatch(digits):
                return int(digits.replace("o", "").replace("O", ""), base)
    return float(digits) if _FLOAT.fullmatch(digits) else text
