"""Text to documents, in one pass over the parser's events.

Bounded where hostile text isn't: depth (libyaml's own composer overruns its stack), and what
aliases stand for (a few lines can stand for billions of values).

Merge keys (``<<``) are carried out here; keys given twice are kept for the decoder to tell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from runtimes.kubelet.manifest.tree.nodes import Document, Mapping, Node, Scalar, Sequence
from runtimes.kubelet.manifest.tree.syntax import YamlSyntax, explain

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_DEPTH = 100
MAX_ALIASED = 100_000
_CORE = "tag:yaml.org,2002:"
_SCALAR_TAGS = frozenset({"str", "int", "float", "bool", "null"})
_SURROGATES = re.compile(
    r"(?<!\\)((?:\\\\)*)\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})"
)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(slots=True)
class _Open:
    """A collection that isn't closed yet."""

    node: Sequence | Mapping
    anchor: str | None
    key: Scalar | None = None
    size: int = 1
    height: int = 1


@dataclass(slots=True)
class _Anchored:
    node: Node
    size: int
    height: int


def compose(text: str) -> Iterator[Document]:
    """Yield the documents of a stream that hold something.

    Raises:
        YamlSyntax: the text breaks off here; what came before is whole.
    """
    text = _join_surrogates(text)
    builder = _Builder()
    number = 0
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if isinstance(event, yaml.DocumentStartEvent):
                builder, number = _Builder(), number + 1
            elif isinstance(event, yaml.DocumentEndEvent):
                if builder.root is not None and not _is_empty(builder.root):
                    yield Document(number, builder.root)
            else:
                builder.take(event)
    except yaml.YAMLError as error:
        raise explain(error, text) from error
    except UnicodeEncodeError as error:
        raise YamlSyntax(1, 1, f"the text is not valid Unicode: {error.reason}") from error


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.plain and node.text in {"", "~", "null"}


def _join_surrogates(text: str) -> str:
    r"""Write JSON's ``\ud83d\ude00`` as YAML's ``\U0001f600``: libyaml knows no pairs."""
    if "\\u" not in text or text.lstrip()[:1] not in {"{", "["}:
        return text
    return _SURROGATES.sub(_join, text)


def _join(match: re.Match[str]) -> str:
    high, low = int(match[2], 16), int(match[3], 16)
    return f"{match[1]}\\U{0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00):08x}"


class _Builder:
    """Builds one document."""

    def __init__(self) -> None:
        self.root: Node | None = None
        self._open: list[_Open] = []
        self._anchors: dict[str, _Anchored | None] = {}
        self._aliased = 0

    def take(self, event: yaml.Event) -> None:
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._start(event, Mapping(*_place(event)), f"{_CORE}map")
        elif isinstance(event, yaml.SequenceStartEvent):
            self._start(event, Sequence(*_place(event)), f"{_CORE}seq")
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end()
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        tag = _short_tag(event)
        node = Scalar(*_place(event), event.value, tag, plain=not event.style)
        if event.anchor:
            self._anchors[event.anchor] = _Anchored(node, 1, 0)
        self._attach(_Anchored(node, 1, 0))

    def _start(self, event: yaml.CollectionStartEvent, node: Sequence | Mapping, tag: str) -> None:
        if event.tag not in {None, "!", tag}:
            raise _unknown_tag(event)
        if len(self._open) >= MAX_DEPTH:
            raise YamlSyntax(*_place(event), f"nested more than {MAX_DEPTH} levels deep")
        if event.anchor:
            self._anchors[event.anchor] = None
        self._open.append(_Open(node, event.anchor))

    def _end(self) -> None:
        done = self._open.pop()
        if isinstance(done.node, Mapping):
            _merge(done.node)
        whole = _Anchored(done.node, done.size, done.height)
        if done.anchor:
            self._anchors[done.anchor] = whole
        self._attach(whole)

    def _alias(self, event: yaml.AliasEvent) -> None:
        place = _place(event)
        if event.anchor not in self._anchors:
            raise YamlSyntax(*place, f"alias '*{event.anchor}' stands for nothing above it")
        target = self._anchors[event.anchor]
        if target is None:
            raise YamlSyntax(*place, f"alias '*{event.anchor}' stands for a value that holds it")
        self._aliased += target.size
        if self._aliased > MAX_ALIASED or len(self._open) + target.height > MAX_DEPTH:
            raise YamlSyntax(*place, f"aliases stand for more than {MAX_ALIASED} values")
        self._attach(target)

    def _attach(self, child: _Anchored) -> None:
        if not self._open:
            self.root = child.node
            return
        parent = self._open[-1]
        parent.size += child.size
        parent.height = max(parent.height, child.height + 1)
        if isinstance(parent.node, Sequence):
            parent.node.items.append(child.node)
        elif parent.key is None:
            parent.key = _key(child.node)
        else:
            parent.node.entries.append((parent.key, child.node))
            parent.key = None


def _place(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark else (1, 1)


def _short_tag(event: yaml.ScalarEvent) -> str:
    if event.tag is None:
        return ""
    short = event.tag.removeprefix(_CORE)
    if event.tag == "!":
        return "str"
    if short not in _SCALAR_TAGS:
        raise _unknown_tag(event)
    return str(short)


def _unknown_tag(event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> YamlSyntax:
    return YamlSyntax(*_place(event), f"the tag '{event.tag}' means nothing here; remove it")


def _key(node: Node) -> Scalar:
    if isinstance(node, Scalar):
        return node
    kind = "mapping" if isinstance(node, Mapping) else "list"
    raise YamlSyntax(
        node.line,
        node.column,
        f"a {kind} can't be a key; quote text that begins with '{{' or '[', "
        "and render templates before use",
    )


def _merge(mapping: Mapping) -> None:
    """Carry out ``<<``: what it names is added where the mapping has no such key itself."""
    merges = [value for key, value in mapping.entries if key.plain and key.text == "<<"]
    if not merges:
        return
    own = [(key, value) for key, value in mapping.entries if not (key.plain and key.text == "<<")]
    present = {key.text for key, _ in own}
    for source in merges:
        for part in source.items if isinstance(source, Sequence) else [source]:
            if not isinstance(part, Mapping):
                raise YamlSyntax(part.line, part.column, "'<<' merges a mapping, nothing else")
            own += [entry for entry in part.entries if entry[0].text not in present]
            present.update(key.text for key, _ in part.entries)
    mapping.entries = own
