"""Whatever the text, `load` returns objects or raises InvalidManifest."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from tempfile import NamedTemporaryFile

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from runtimes.core.pod import v1
from runtimes.kubelet.manifest import InvalidManifest, load

SEEDS = [
    path.read_text()
    for folder in ("valid", "broken")
    for path in sorted(Path(__file__).with_name(folder).iterdir())
    if path.suffix != ".expected"
]
NAMES = sorted(
    {field.encode_name for kind in (v1.Pod, v1.PodSpec, v1.Container, v1.Volume, v1.EnvVarSource,
     v1.SecurityContext, v1.Probe, v1.ObjectMeta, v1.ContainerPort)
     for field in msgspec.structs.fields(kind)}
)  # fmt: skip
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8),
    st.sampled_from(["v1", "Pod", "Secret", "Always", "1Gi", "80", "-1", "/a", "a", "<<", ".."]),
)  # fmt: skip
TREES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(st.sampled_from(NAMES), st.text(max_size=4)), inner, max_size=6),
    ),
    max_leaves=30,
)
INDICATORS = st.text(
    alphabet="ab1 \n\t:-?[]{},#&*!|>'\"%@`<~.\\/=\u00e9\u2028\x85\x00\ufeff", max_size=60
)


def loads_or_refuses(text: str) -> None:
    for line in outcome(text):
        assert line.encode()


def outcome(text: str) -> list[str]:
    """What comes of a text: objects as JSON, or mistakes."""
    try:
        return [v1.to_json(one.object).decode() for one in load(text, validate="warn")]
    except InvalidManifest as error:
        return [str(mistake) for mistake in error.mistakes]


@given(st.text(alphabet=st.characters(exclude_categories=()), max_size=200))
def test_any_text(text: str) -> None:
    loads_or_refuses(text)


@given(INDICATORS)
def test_text_of_yaml_s_own_characters(text: str) -> None:
    loads_or_refuses(text)
    loads_or_refuses(f"apiVersion: v1\nkind: Pod\nmetadata: {text}\n")


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(SEEDS), st.data())
def test_manifests_with_something_cut_out_or_put_in(seed: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(seed)))
    end = data.draw(st.integers(start, min(len(seed), start + 40)))
    loads_or_refuses(seed[:start] + data.draw(INDICATORS) + seed[end:])


@settings(max_examples=300, deadline=None)
@given(TREES, TREES)
def test_objects_with_anything_in_their_fields(metadata: object, spec: object) -> None:
    whole = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    loads_or_refuses(json.dumps(whole))


@settings(max_examples=300, deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), TREES, max_size=8))
def test_containers_with_anything_in_their_fields(container: dict[str, object]) -> None:
    spec = {"containers": [{"name": "c", "image": "b", **container}], "volumes": [container]}
    whole = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}, "spec": spec}
    loads_or_refuses(json.dumps(whole))


@given(st.binary(max_size=200))
def test_any_file(data: bytes) -> None:
    with NamedTemporaryFile() as file, contextlib.suppress(InvalidManifest):
        file.write(data)
        file.flush()
        load(Path(file.name))
