"""Integer arithmetic of ``$(( ))``."""

from __future__ import annotations

import ast
import operator
from typing import TYPE_CHECKING

from runtimes.contract.fake.shell.lexer import SyntaxProblem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BINARY: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.floordiv,
    ast.Mod: operator.mod,
    ast.LShift: operator.lshift,
    ast.RShift: operator.rshift,
}
_COMPARE: dict[type[ast.cmpop], Callable[[int, int], bool]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}


def evaluate(source: str, variables: Mapping[str, str]) -> int:
    """Compute an expression over integers and variable names.

    Raises:
        SyntaxProblem: not such an expression, or a division by zero.
    """
    try:
        return _value(ast.parse(source.replace("$", "").strip(), mode="eval").body, variables)
    except (SyntaxError, ValueError, ZeroDivisionError) as error:
        raise SyntaxProblem(f"arithmetic: {source!r}: {error}") from error


def _value(node: ast.expr, variables: Mapping[str, str]) -> int:
    match node:
        case ast.Constant(value=int(number)):
            return int(number)
        case ast.Name(id=name):
            return int(variables.get(name) or 0)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -_value(operand, variables)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _BINARY:
            return _BINARY[type(op)](_value(left, variables), _value(right, variables))
        case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in _COMPARE:
            return int(_COMPARE[type(op)](_value(left, variables), _value(right, variables)))
        case _:
            raise ValueError("not supported")
