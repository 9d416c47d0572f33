"""Every field of a v1 Pod, and what becomes of it here; written to docs/field-matrix.md.

A field is *refused* where every way to it is in `support.UNSUPPORTED`; *honoured* where an example
of examples/pods, which the tests run, sets it, or a test of `PROVEN` holds it; and has *no effect*
where `NO_EFFECT` says why. Write the page anew:

    python -m runtimes.kubelet.tests.manifest.field_matrix
"""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from runtimes.core.pod import v1
from runtimes.core.pod.workloads import Deployment, Job
from runtimes.kubelet.manifest import load
from runtimes.kubelet.manifest.decode.shapes import Kind, fields_of
from runtimes.kubelet.manifest.support import UNSUPPORTED
from runtimes.kubelet.tests.manifest.field_evidence import NO_EFFECT, PROVEN

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[4]
PAGE = ROOT / "docs/field-matrix.md"
EXAMPLES = ROOT / "examples/pods"
_SKIPPED = {"Pod.status", "Pod.apiVersion", "Pod.kind"}


@dataclass(frozen=True, slots=True)
class Row:
    field: str
    verdict: str
    why: str


def fields() -> dict[str, set[str]]:
    """Each field as ``Struct.field``, with the paths that lead to it from a Pod."""
    found: dict[str, set[str]] = {}
    for name, path in _walk(v1.Pod, ""):
        if name not in _SKIPPED:
            found.setdefault(name, set()).add(path)
    return found


def _walk(struct: type[v1.Struct], prefix: str) -> Iterator[tuple[str, str]]:
    for name, field in fields_of(struct).items():
        key = f"{struct.__name__}.{name}"
        many = field.shape.kind is Kind.LIST
        path = f"{prefix}{name}" + "[]" * many
        yield key, path
        inner = field.shape.of or field.shape
        if inner.kind is Kind.STRUCT and key not in _SKIPPED:
            yield from _walk(inner.struct, f"{path}.")


def refused_paths() -> tuple[str, ...]:
    """The table's lines that refuse a field whatever its value is."""
    return tuple(
        line.replace("CONTAINERS", name)
        for line in UNSUPPORTED
        if "=" not in line
        for name in (("containers", "initContainers") if "CONTAINERS" in line else ("",))
    )


def used_by_examples() -> dict[str, str]:
    """Fields that an example sets, with the first example that does."""
    used: dict[str, str] = {}
    for path in sorted(EXAMPLES.glob("*.yaml")):
        for one in load(path):
            obj = one.object
            if isinstance(obj, Deployment | Job):
                obj = v1.Pod(metadata=obj.spec.template.metadata, spec=obj.spec.template.spec)
            if isinstance(obj, v1.Pod):
                text = path.read_text()
                for name in _set_in(obj):
                    if f"{name.split('.')[1]}:" in text:
                        used.setdefault(name, path.stem)
    return used


def _set_in(value: object) -> Iterator[str]:
    if isinstance(value, v1.Struct):
        for field in msgspec.structs.fields(value):
            inner = getattr(value, field.name)
            if inner not in (None, "", (), {}):
                yield f"{type(value).__name__}.{field.encode_name}"
                yield from _set_in(inner)
    elif isinstance(value, tuple):
        for item in value:
            yield from _set_in(item)


def rows() -> list[Row]:
    used = used_by_examples()
    refused = refused_paths()
    return [_row(name, paths, used, refused) for name, paths in fields().items()]


def _row(name: str, paths: set[str], used: dict[str, str], refused: tuple[str, ...]) -> Row:
    if all(any(_below(path, line) for line in refused) for path in paths):
        return Row(name, "refused", "")
    no_effect = next((why for line, why in NO_EFFECT.items() if fnmatchcase(name, line)), "")
    if no_effect:
        return Row(name, "no effect", no_effect)
    if name in PROVEN:
        return Row(name, "honoured", PROVEN[name])
    if name in used:
        return Row(name, "honoured", f"examples/pods/{used[name]}.yaml")
    return Row(name, "unknown", "")


def _below(path: str, line: str) -> bool:
    plain, whole = path.replace("[]", ""), line.replace("[]", "")
    return plain == whole or plain.startswith(f"{whole}.")


def page() -> str:
    """The page's text."""
    found = rows()
    counts = {one: sum(row.verdict == one for row in found) for one in ("honoured", "refused")}
    lines = [
        "# Field matrix",
        "",
        "Every field of a v1 Pod (but for its status), and what becomes of it. *Honoured* names",
        "the example or the test that shows it; *refused* fields are refused by name under",
        "`--validate=strict`, the default, and left out under `warn` and `ignore`; the others have",
        "no effect where there is no API server. A test compares this page with what it writes.",
        "",
        (
            f"{len(found)} fields: {counts['honoured']} honoured, {counts['refused']} refused, "
            f"{len(found) - sum(counts.values())} without effect."
        ),
    ]
    struct = ""
    for row in sorted(found, key=lambda row: row.field.split(".")):
        if row.field.split(".")[0] != struct:
            struct = row.field.split(".")[0]
            lines += ["", f"## {struct}", "", "| field | | |", "| --- | --- | --- |"]
        shown = f"`{row.why}`" if "/" in row.why else row.why
        lines.append(f"| `{row.field.split('.')[1]}` | {row.verdict} | {shown} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page())
