"""Manifests as people break them: each file of broken/ beside what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtimes.core.errors import InvalidArgument
from runtimes.kubelet.manifest import InvalidManifest, load

BROKEN = sorted(
    path for path in Path(__file__).with_name("broken").iterdir() if path.suffix != ".expected"
)


@pytest.mark.parametrize("path", BROKEN, ids=lambda path: path.stem)
def test_a_broken_manifest_is_told_line_by_line(path: Path) -> None:
    with pytest.raises(InvalidManifest) as caught:
        load(path, validate="warn")

    told = [line.removeprefix(f"{path}:") for line in str(caught.value).splitlines()]
    assert told == path.with_suffix(".expected").read_text().splitlines()


def test_there_are_enough_of_them() -> None:
    assert len(BROKEN) >= 25


def test_a_mistake_says_where_it_is() -> None:
    text = "apiVersion: v1\nkind: Pod\nmetadata:\n  name: a\nspec:\n  containers:\n    - name: c\n"

    with pytest.raises(InvalidManifest) as caught:
        load(text, name="a.yaml")

    (mistake,) = caught.value.mistakes
    assert (mistake.file, mistake.document, mistake.line, mistake.column) == ("a.yaml", 1, 7, 7)
    assert mistake.path == "spec.containers[0].image"
    assert str(mistake) == "a.yaml:7:7: spec.containers[0].image: required, but not given"


def test_mistakes_of_later_documents_carry_their_number() -> None:
    with pytest.raises(InvalidManifest) as caught:
        load("kind: A\n---\n---\nkind: B\n")

    assert {mistake.document for mistake in caught.value.mistakes} == {1, 3}


def test_an_invalid_manifest_is_an_invalid_argument() -> None:
    with pytest.raises(InvalidArgument):
        load("kind: Pod")


def test_what_comes_before_broken_text_is_judged_too() -> None:
    with pytest.raises(InvalidManifest) as caught:
        load("kind: Service\napiVersion: v1\n---\na: b: c\n")

    assert [mistake.line for mistake in caught.value.mistakes] == [1, 4]
