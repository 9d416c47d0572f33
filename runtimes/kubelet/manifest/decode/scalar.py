"""Scalars to the values of fields; what doesn't fit is told, and counts as absent."""

from __future__ import annotations

import base64
import binascii
import re
from typing import TYPE_CHECKING

from runtimes.core import quantity
from runtimes.core.errors import InvalidArgument
from runtimes.kubelet.manifest.decode.words import describe, join, nearest, quote
from runtimes.kubelet.manifest.tree.nodes import Node, Scalar
from runtimes.kubelet.manifest.tree.scalars import Value, resolve, resolve_plain

if TYPE_CHECKING:
    from runtimes.kubelet.manifest.decode.shapes import Shape

_TIME = re.compile(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?"
    r"([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)",
    re.ASCII,
)


class Unfit(Exception):
    """A value that a field can't hold; the message says why."""


def read_text(node: Node, shape: Shape) -> str:
    value = _resolved(node)
    if not isinstance(value, str):
        raise Unfit(_expected("a string", node))
    if shape.choices and value and value not in shape.choices:
        raise Unfit(_not_a_choice(value, shape.choices))
    return value


def read_integer(node: Node, shape: Shape) -> int:
    value = _resolved(node)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise Unfit(_expected("a whole number", node))
    if not shape.low <= value <= shape.high:
        raise Unfit(f"{quote(str(value))} is not between {shape.low} and {shape.high}")
    return value


def read_boolean(node: Node, _shape: Shape) -> bool:
    value = _resolved(node)
    if not isinstance(value, bool):
        raise Unfit(_expected("true or false", node))
    return value


def read_integer_or_text(node: Node, shape: Shape) -> int | str:
    value = _resolved(node)
    return value if isinstance(value, str) else read_integer(node, shape)


def read_quantity(node: Node, _shape: Shape) -> str:
    """Read an amount, written as a string or as a number: ``500m``, ``0.5``, ``2``."""
    value = _resolved(node)
    if not isinstance(node, Scalar) or isinstance(value, bool) or value is None:
        raise Unfit(_expected("a quantity such as 500m or 64Mi", node))
    text = value.strip() if isinstance(value, str) else _number(value, node)
    try:
        quantity.parse(text)
    except InvalidArgument as error:
        raise Unfit(
            f"{quote(text)} is not a quantity: a number, then one of m, k, M, G, T, P, E, "
            "Ki, Mi, Gi, Ti, Pi, Ei or nothing"
        ) from error
    return text


def read_time(node: Node, shape: Shape) -> str:
    text = read_text(node, shape)
    if text and not _TIME.fullmatch(text):
        raise Unfit(f"{quote(text)} is not a time such as 2006-01-02T15:04:05Z")
    return text


def read_base64(node: Node, shape: Shape) -> str:
    text = read_text(node, shape)
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Unfit(
            f"{quote(text)} is not base64; plain text belongs in a Secret's stringData, "
            "a ConfigMap's data"
        ) from error
    return text


def _number(value: float, node: Scalar) -> str:
    """Write a number in decimal, as exactly as it was written."""
    return str(value) if isinstance(value, int) else node.text.replace("_", "")


def _resolved(node: Node) -> Value:
    return resolve(node) if isinstance(node, Scalar) else None


def _expected(what: str, node: Node) -> str:
    return f"expected {what}, but {describe(node)}{_remedy(what, node)}"


def _remedy(what: str, node: Node) -> str:
    if not isinstance(node, Scalar):
        return ""
    value = resolve(node)
    if what == "a string" and value is not None:
        return f'; write "{node.text}"'
    if isinstance(value, str) and value and not isinstance(resolve_plain(value), str):
        return "; remove the quotes"
    return ""


def _not_a_choice(value: str, choices: tuple[str, ...]) -> str:
    meant = nearest(value, choices)
    if meant and meant.lower() == value.lower():
        return f"{quote(value)} must be written '{meant}'"
    hint = f"; did you mean '{meant}'?" if meant else ""
    return f"{quote(value)} is not one of {join(choices)}{hint}"
