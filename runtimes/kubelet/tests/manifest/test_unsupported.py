"""What is understood but not carried out yet: refused by name, or told as a warning."""

from __future__ import annotations

from pathlib import Path

import pytest

from runtimes.core.pod import v1
from runtimes.kubelet.manifest import InvalidManifest, load, unsupported
from runtimes.kubelet.manifest.decode.shapes import Kind, fields_of
from runtimes.kubelet.manifest.support import UNSUPPORTED
from runtimes.kubelet.manifest.unsupported import CONTAINERS

TEXT = Path(__file__).with_name("not_carried_out_yet.yaml").read_text()
FIELDS = [
    "spec.os.name",
    "spec.volumes[0].awsElasticBlockStore",
    "spec.volumes[1].emptyDir.medium",
]


def test_fields_that_would_have_no_effect_are_refused() -> None:
    with pytest.raises(InvalidManifest) as caught:
        load(TEXT)

    assert [mistake.path for mistake in caught.value.mistakes] == FIELDS


def test_they_pass_with_a_warning_where_that_is_asked_for() -> None:
    (loaded,) = load(TEXT, name="a.yaml", validate="warn")

    assert sorted(str(warning).split(": ")[1] for warning in loaded.warnings) == FIELDS
    assert {warning.line for warning in loaded.warnings} == {7, 10, 14}


def test_they_are_told_of_a_pod_without_a_text() -> None:
    (loaded,) = load(TEXT, validate="warn")

    assert isinstance(loaded.object, v1.Pod)
    assert sorted(str(one).split(": ")[0] for one in unsupported(loaded.object)) == FIELDS


def test_a_mistake_of_form_is_never_just_a_warning() -> None:
    with pytest.raises(InvalidManifest):
        load(TEXT.replace("name: windows", "name: Windows"), validate="warn")


@pytest.mark.parametrize("line", UNSUPPORTED)
def test_each_line_of_the_table_names_a_field_that_exists(line: str) -> None:
    for name in CONTAINERS:
        struct: type[v1.Struct] = v1.Pod
        for step in line.partition("=")[0].replace("CONTAINERS", name).split("."):
            shape = fields_of(struct)[step.removesuffix("[]")].shape
            if step.endswith("[]"):
                assert shape.kind is Kind.LIST
                assert shape.of is not None
                shape = shape.of
            struct = shape.struct
