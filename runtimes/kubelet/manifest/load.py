"""Manifests to defaulted, judged objects; all that is wrong with them at once.

Bounded for hostile input: 10 MiB, nesting and aliases (`tree.compose`), one pass.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from runtimes.core.pod import v1
from runtimes.kubelet.manifest.errors import InvalidManifest, Mistake
from runtimes.kubelet.manifest.objects import Found, read_objects
from runtimes.kubelet.manifest.source import read_source
from runtimes.kubelet.manifest.tree.compose import compose
from runtimes.kubelet.manifest.tree.syntax import YamlSyntax

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from runtimes.core.pod.workloads import Deployment, Job

Validation = Literal["strict", "warn", "ignore"]


@dataclass(frozen=True, slots=True)
class Manifest:
    """One object, and where it stands.

    Attributes:
        line: of its document's or list item's first field.
        document: counted from 1 within the file.
        warnings: fields without effect, and those not carried out yet if `load` was told to warn.
    """

    object: v1.Pod | v1.ConfigMap | v1.Secret | Deployment | Job
    file: str
    line: int
    document: int
    warnings: tuple[Mistake, ...] = ()


def load(
    source: Path | str, *, name: str = "<stdin>", validate: Validation = "strict"
) -> list[Manifest]:
    """Read objects of the kinds of `objects.KINDS` from YAML or JSON: documents, items of Lists.

    Args:
        source: a file's path, or text.
        name: what to call text in messages.
        validate: ``warn`` lets fields pass that are not carried out yet, as warnings; ``ignore``
            says nothing of them. Whatever is wrong otherwise is refused all the same.

    Raises:
        InvalidManifest: something is wrong; `mistakes` has everything that is.
        NotFound, PermissionDenied, InvalidArgument: the file can't be read.
    """
    file, text = read_source(source, name)
    found = _read(file, text)
    mistakes = [mistake for one in found for mistake in one.mistakes]
    mistakes += _repeated(found)
    if validate == "strict":
        mistakes += [mistake for one in found for mistake in one.unsupported]
    if not found:
        mistakes.append(Mistake(file, 1, 1, 1, "", "there is no object in it"))
    if mistakes:
        raise InvalidManifest(mistakes)
    return [_manifest(one, validate) for one in found if one.object is not None]


def check(pod: v1.Pod, *, validate: Validation = "strict") -> v1.Pod:
    """Judge a pod that was built in Python, and fill in its defaults.

    Raises:
        InvalidManifest: something is wrong with it; its mistakes have no lines.
    """
    name = f"Pod '{pod.metadata.name}'"
    try:
        loaded = load(v1.to_json(pod).decode(), name=name, validate=validate)
    except InvalidManifest as error:
        raise InvalidManifest(replace(m, line=0, column=0) for m in error.mistakes) from error
    (judged,) = pods(loaded)
    return judged


def pods(manifests: Iterable[Manifest]) -> list[v1.Pod]:
    """Keep the pods."""
    return [one.object for one in manifests if isinstance(one.object, v1.Pod)]


def _read(file: str, text: str) -> list[Found]:
    found: list[Found] = []
    number = 1
    try:
        for document in compose(text):
            number = document.number
            found += read_objects(file, document)
    except YamlSyntax as error:
        mistake = Mistake(file, number, error.line, error.column, "", error.message)
        found.append(Found(file, number, error.line, mistakes=(mistake,)))
    return found


def _repeated(found: list[Found]) -> list[Mistake]:
    """Find objects that come twice; the second would undo the first."""
    first: dict[tuple[str, str, str], Found] = {}
    mistakes = []
    for one in found:
        if one.object is None or not one.object.metadata.name:
            continue
        metadata = one.object.metadata
        key = (one.object.kind, metadata.namespace, metadata.name)
        before = first.setdefault(key, one)
        if before is not one:
            message = f"{key[0]} '{key[1]}/{key[2]}' is given twice; first on line {before.line}"
            mistakes.append(
                Mistake(one.file, one.document, one.line, one.column, one.place, message)
            )
    return mistakes


def _manifest(found: Found, validate: Validation) -> Manifest:
    assert found.object is not None  # noqa: S101 - `load` raises before, if one is
    warnings = () if validate == "ignore" else (*found.unsupported, *found.ignored)
    return Manifest(found.object, found.file, found.line, found.document, warnings)
