"""Nodes to v1 structs: every mistake of form in one pass, and as much of the object as is right.

What is wrong counts as absent, so that the rest can be judged too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.kubelet.manifest.decode import scalar
from runtimes.kubelet.manifest.decode.shapes import Field, Kind, Shape, fields_of
from runtimes.kubelet.manifest.decode.words import describe, join, nearest
from runtimes.kubelet.manifest.problem import Key, Path, Problem
from runtimes.kubelet.manifest.tree.nodes import Mapping, Node, Scalar, Sequence
from runtimes.kubelet.manifest.tree.scalars import resolve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from runtimes.core.pod import v1
    from runtimes.kubelet.manifest.decode.report import Report

_READERS: dict[Kind, Callable[[Node, Shape], object]] = {
    Kind.TEXT: scalar.read_text,
    Kind.QUANTITY: scalar.read_quantity,
    Kind.TIME: scalar.read_time,
    Kind.BASE64: scalar.read_base64,
    Kind.INTEGER: scalar.read_integer,
    Kind.BOOLEAN: scalar.read_boolean,
    Kind.INTEGER_OR_TEXT: scalar.read_integer_or_text,
}
_SHOWN_FIELDS = 3


class _Absent:
    pass


_ABSENT = _Absent()


def _stand_in(shape: Shape) -> object:
    """What takes a wrong item's place, so that those behind it keep their indexes."""
    if shape.kind is Kind.STRUCT:
        return shape.struct()
    return 0 if shape.kind is Kind.INTEGER else ""


def is_null(node: Node) -> bool:
    return isinstance(node, Scalar) and resolve(node) is None


def _is_word(node: Node) -> bool:
    return isinstance(node, Scalar) and not is_null(node)


class Decoder:
    """Decodes values of one document, and tells its mistakes to `report`."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._around: list[type[v1.Struct]] = []

    def struct(self, node: Mapping, struct: type[v1.StructT], path: Path) -> v1.StructT:
        """Decode a mapping; fields that are wrong keep their defaults."""
        fields = fields_of(struct)
        values: dict[str, object] = {}
        self._around.append(struct)
        for name, value in self._entries(node, path):
            field = fields.get(name)
            if field is None:
                self._unknown(name, node, struct, path)
                continue
            decoded = self._field(value, field, path)
            if not isinstance(decoded, _Absent):
                values[field.attribute] = decoded
        self._around.pop()
        self._missing(node, struct, path)
        return struct(**values)

    def value(self, node: Node, shape: Shape, path: Path) -> object:
        """Decode any value; `_ABSENT` for one that is wrong, which is told."""
        if shape.kind is Kind.STRUCT:
            return self._nested(node, shape.struct, path)
        if shape.kind is Kind.LIST:
            return self._list(node, shape, path)
        if shape.kind is Kind.MAP:
            return self._map(node, shape, path)
        if shape.kind is Kind.ANYTHING:
            return self._anything(node, path)
        try:
            return _READERS[shape.kind](node, shape)
        except scalar.Unfit as error:
            self._report.add(path, str(error))
            return _ABSENT

    def _field(self, node: Node, field: Field, path: Path) -> object:
        if not is_null(node):
            return self.value(node, field.shape, (*path, field.name))
        if field.shape.kind is Kind.STRUCT and not field.required:
            needed = [f.name for f in fields_of(field.shape.struct).values() if f.required]
            if needed:
                self._report.add(
                    (*path, field.name),
                    f"there is nothing in it; give {join(needed)}, or remove the line",
                    node,
                )
        return _ABSENT

    def _entries(
        self, node: Mapping, path: Path, name_of: Callable[[str], str] = str
    ) -> Iterator[tuple[str, Node]]:
        """Yield what is given once, and the first of what is given twice."""
        first: dict[str, Scalar] = {}
        for key, value in node.entries:
            before = first.setdefault(key.text, key)
            if before is key:
                yield key.text, value
            else:
                where = f"first on line {before.line}"
                self._report.add((*path, name_of(key.text)), f"given twice; {where}", key)

    def _nested(self, node: Node, struct: type[v1.Struct], path: Path) -> object:
        if isinstance(node, Mapping):
            return self.struct(node, struct, path)
        names = list(fields_of(struct))
        required = [f.name for f in fields_of(struct).values() if f.required]
        shown = ", ".join((required or names)[:_SHOWN_FIELDS])
        self._report.add(path, f"expected a mapping with {shown}, but {describe(node)}")
        return _ABSENT

    def _list(self, node: Node, shape: Shape, path: Path) -> object:
        if not isinstance(node, Sequence) or shape.of is None:
            hint = "; begin each item with '- '" if isinstance(node, Mapping) else ""
            hint = '; write a list, as in ["a", "b"]' if _is_word(node) else hint
            self._report.add(path, f"expected a list, but {describe(node)}{hint}")
            return _ABSENT
        items = [
            self.value(item, shape.of, (*path, index)) for index, item in enumerate(node.items)
        ]
        stand_in = _stand_in(shape.of)
        return tuple(stand_in if isinstance(item, _Absent) else item for item in items)

    def _map(self, node: Node, shape: Shape, path: Path) -> object:
        if not isinstance(node, Mapping) or shape.of is None:
            self._report.add(path, f"expected a mapping, but {describe(node)}")
            return _ABSENT
        result: dict[str, object] = {}
        for name, value in self._entries(node, path, Key):
            if is_null(value) and shape.of.kind is Kind.TEXT:
                result[name] = ""
                continue
            decoded = self.value(value, shape.of, (*path, Key(name)))
            if not isinstance(decoded, _Absent):
                result[name] = decoded
        return result

    def _anything(self, node: Node, path: Path) -> object:
        if isinstance(node, Scalar):
            return resolve(node)
        if isinstance(node, Sequence):
            return [self._anything(item, (*path, i)) for i, item in enumerate(node.items)]
        return {
            name: self._anything(value, (*path, Key(name)))
            for name, value in self._entries(node, path, Key)
        }

    def _unknown(self, name: str, node: Mapping, struct: type[v1.Struct], path: Path) -> None:
        key = next(key for key, _ in node.entries if key.text == name)
        elsewhere = self._elsewhere(name, struct)
        meant = None if elsewhere else nearest(name, fields_of(struct))
        hint = elsewhere or (f"; did you mean '{meant}'?" if meant else f" of {struct.__name__}")
        self._report.add((*path, name), f"unknown field{hint}", key)
        if meant and node.get(meant) is None:
            self._report.expect((*path, meant))

    def _elsewhere(self, name: str, struct: type[v1.Struct]) -> str:
        """Tell where a field of that name belongs, which a wrong indentation put here."""
        for outer in reversed(self._around[:-1]):
            if name in fields_of(outer):
                return f" of {struct.__name__}; it belongs to {outer.__name__}: indent it less"
        inside = [f.name for f in fields_of(struct).values() if name in _inner_fields(f)]
        if 0 < len(inside) <= _SHOWN_FIELDS:
            return f" of {struct.__name__}; it belongs in {join(inside)}: indent it more"
        return ""

    def _missing(self, node: Mapping, struct: type[v1.Struct], path: Path) -> None:
        given = {key.text for key, value in node.entries if not is_null(value)}
        for field in fields_of(struct).values():
            if field.required and field.name not in given:
                problem = Problem((field.name,), "required, but not given")
                self._report.add_new(path, [problem])


def _inner_fields(field: Field) -> dict[str, Field]:
    inner = field.shape.of or field.shape
    return fields_of(inner.struct) if inner.kind is Kind.STRUCT else {}
