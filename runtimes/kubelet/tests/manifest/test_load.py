"""What is right loads, and means what kubectl would make of it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from runtimes.core import errors
from runtimes.core.pod import v1
from runtimes.kubelet.manifest import InvalidManifest, check, load, pods
from runtimes.kubelet.manifest.source import MAX_BYTES

VALID = Path(__file__).with_name("valid")
FILES = sorted(VALID.iterdir())
MINIMAL = (VALID / "minimal.yaml").read_text()


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_valid_manifest_survives_json(path: Path) -> None:
    loaded = load(path)

    for one in loaded:
        (again,) = load(v1.to_json(one.object).decode())
        assert again.object == one.object


def test_documents_keep_their_order_kinds_and_lines() -> None:
    loaded = load(VALID / "documents.yaml")

    assert [(one.object.kind, one.document, one.line) for one in loaded] == [
        ("ConfigMap", 2, 5),
        ("Secret", 3, 14),
        ("Pod", 4, 21),
    ]
    assert [pod.metadata.name for pod in pods(loaded)] == ["web"]


def test_an_empty_value_in_a_map_is_empty_text() -> None:
    config_map = load(VALID / "documents.yaml")[0].object

    assert isinstance(config_map, v1.ConfigMap)
    assert config_map.data == {"retries": "3", "empty": ""}


def test_string_data_of_a_secret_becomes_data() -> None:
    secret = load(VALID / "documents.yaml")[1].object

    assert isinstance(secret, v1.Secret)
    assert secret.data == {"password": "aHVudGVyMg==", "username": "bWU="}
    assert secret.string_data == {}


def test_lists_are_unpacked_however_deep() -> None:
    assert [pod.metadata.name for pod in pods(load(VALID / "list.yaml"))] == ["one", "two"]


def test_json_keeps_its_escapes() -> None:
    (pod,) = pods(load(VALID / "tabs.json"))

    assert pod.metadata.annotations["note"] == "\U0001f600 \\ud83d a/b é"
    assert pod.spec.containers[0].resources.limits == {"cpu": "1500m"}


def test_aliases_and_merge_keys_are_carried_out() -> None:
    (pod,) = pods(load(VALID / "anchors.yaml"))
    web, second, third = pod.spec.containers

    assert pod.metadata.annotations == {"app": "own"}
    assert (second.name, second.image) == ("second", "nginx:1.27")
    assert web.env == second.env == third.env


def test_plain_scalars_mean_what_kubectl_makes_of_them() -> None:
    (pod,) = pods(load(VALID / "scalars.yaml"))
    (container,) = pod.spec.containers

    assert pod.metadata.annotations["sexagesimal"] == "22:22"
    assert pod.metadata.annotations["date"] == "2024-01-01"
    assert pod.metadata.annotations["hexish"] == "0x"
    assert pod.spec.termination_grace_period_seconds == 10
    assert container.security_context == v1.SecurityContext(run_as_user=1000, run_as_group=15)
    assert (container.tty, container.stdin) == (True, False)
    assert container.resources.limits == {"cpu": "10", "memory": "1e9"}


def test_text_and_its_name_work_like_a_file(tmp_path: Path) -> None:
    path = tmp_path / "pod.yaml"
    path.write_bytes(b"\xef\xbb\xbf" + MINIMAL.encode())

    (from_file,), (from_text,) = load(path), load(MINIMAL, name="here")

    assert from_file.object == from_text.object
    assert (from_file.file, from_text.file) == (str(path), "here")


def test_a_pipe_is_read_to_its_end(tmp_path: Path) -> None:
    read_end, write_end = os.pipe()
    os.write(write_end, MINIMAL.encode())
    os.close(write_end)

    loaded = load(Path(f"/dev/fd/{read_end}"))
    os.close(read_end)

    assert len(loaded) == 1


def test_a_missing_file_is_not_found(tmp_path: Path) -> None:
    with pytest.raises(errors.NotFound, match=r"no-pod\.yaml.*no such file"):
        load(tmp_path / "no-pod.yaml")


def test_a_directory_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.InvalidArgument, match="directory"):
        load(tmp_path)


def test_bytes_that_are_not_text_are_pointed_at(tmp_path: Path) -> None:
    path = tmp_path / "pod.yaml"
    path.write_bytes(b"kind: Pod\nname: \xff\xfe")

    with pytest.raises(InvalidManifest) as caught:
        load(path)

    assert [(m.line, m.column) for m in caught.value.mistakes] == [(2, 7)]


@pytest.mark.parametrize("as_file", [True, False])
def test_more_than_ten_mebibytes_are_refused(tmp_path: Path, as_file: bool) -> None:
    text = "#" * MAX_BYTES + "\n"
    path = tmp_path / "large.yaml"
    path.write_text(text)

    with pytest.raises(InvalidManifest, match="has more than 10485760 bytes"):
        load(path if as_file else text)


@pytest.mark.parametrize(
    "text", ["[" * 200_000, "- " * 200_000, "{a: " * 200_000, "? " * 200_000, '{"a":' * 200_000]
)
def test_bottomless_nesting_is_refused(text: str) -> None:
    with pytest.raises(InvalidManifest, match=r"nested more than 100 levels deep"):
        load(text)


def test_an_alias_to_what_holds_it_is_refused() -> None:
    with pytest.raises(InvalidManifest, match="stands for a value that holds it"):
        load("a: &a [*a]")


def test_aliases_can_not_nest_without_end() -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [[[[*a{n - 1}]]]]" for n in range(1, 40))]

    with pytest.raises(InvalidManifest, match="aliases stand for more"):
        load("\n".join(lines))


@pytest.mark.parametrize("tag", ["!!python/object/apply:os.getcwd []", "!Ref x", "!!binary aGk="])
def test_tags_have_no_effect_but_an_error(tag: str) -> None:
    with pytest.raises(InvalidManifest, match=r"the tag .* means nothing here"):
        load(f"a: {tag}")


def test_a_pod_built_in_python_is_judged_and_defaulted() -> None:
    pod = v1.Pod(
        metadata=v1.ObjectMeta(name="a"),
        spec=v1.PodSpec(containers=(v1.Container(name="c", image="busybox"),)),
    )

    assert check(pod).spec.restart_policy == "Always"


def test_mistakes_of_a_pod_built_in_python_have_no_lines() -> None:
    pod = v1.Pod(
        metadata=v1.ObjectMeta(name="a"),
        spec=v1.PodSpec(restart_policy="never", containers=(v1.Container(name="c"),)),
    )

    with pytest.raises(InvalidManifest) as caught:
        check(pod)

    assert str(caught.value).splitlines() == [
        "Pod 'a': spec.containers[0].image: required, but not given",
        "Pod 'a': spec.restartPolicy: 'never' must be written 'Never'",
    ]
