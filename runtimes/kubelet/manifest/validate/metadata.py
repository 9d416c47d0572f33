"""Names, labels and annotations of an object.

Source: apimachinery pkg/api/validation/objectmeta.go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from runtimes.kubelet.manifest.problem import Key, Path, Problem
from runtimes.kubelet.manifest.validate import names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runtimes.core.pod import v1

MAX_ANNOTATIONS = 256 * 1024


def check_metadata(metadata: v1.ObjectMeta, path: Path = ("metadata",)) -> Iterator[Problem]:
    yield from _name(metadata, path)
    problem = names.dns_label(metadata.namespace) if metadata.namespace else None
    if problem:
        yield Problem((*path, "namespace"), problem)
    for place, message in check_labels(metadata.labels, (*path, "labels")):
        of_key = names.qualified_name(str(place[-1]))
        yield Problem(place, message if of_key else f"{message}; an annotation may hold any text")
    yield from _annotations(metadata.annotations, (*path, "annotations"))


def check_labels(labels: Mapping[str, str], path: Path) -> Iterator[Problem]:
    for name, value in labels.items():
        for problem in (names.qualified_name(name), names.label_value(value)):
            if problem:
                yield Problem((*path, Key(name)), problem)


def _name(metadata: v1.ObjectMeta, path: Path) -> Iterator[Problem]:
    if metadata.name:
        problem = names.dns_subdomain(metadata.name)
        if problem:
            yield Problem((*path, "name"), problem)
    elif metadata.generate_name:
        yield Problem((*path, "generateName"), "needs an API server; give a 'name'")
    else:
        yield Problem((*path, "name"), "required, but not given")


def _annotations(annotations: Mapping[str, str], path: Path) -> Iterator[Problem]:
    for name in annotations:
        problem = names.qualified_name(name.lower())
        if problem:
            yield Problem((*path, Key(name)), problem)
    size = sum(len(key.encode()) + len(value.encode()) for key, value in annotations.items())
    if size > MAX_ANNOTATIONS:
        yield Problem(path, f"has {size} bytes in all, more than {MAX_ANNOTATIONS}")
