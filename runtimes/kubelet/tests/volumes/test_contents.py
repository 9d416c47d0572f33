"""Files that are made of ConfigMaps, Secrets and the pod itself."""

from __future__ import annotations

import base64

import pytest

from runtimes.core import errors
from runtimes.core.pod import v1
from runtimes.kubelet.config import KubeletConfig
from runtimes.kubelet.generate.downward import file_text
from runtimes.kubelet.generate.objects import Objects
from runtimes.kubelet.tests.builders import container, pod, with_meta
from runtimes.kubelet.volumes.contents import ContentInputs, File, files_of

META = v1.ObjectMeta(name="x", namespace="default")
RAW = base64.b64encode(b"\xff\x00").decode()
MAP = v1.ConfigMap(metadata=META, data={"a": "1", "b": "2"}, binary_data={"raw": RAW})
SECRET = v1.Secret(metadata=META, data={"key": RAW}, string_data={"word": "open"})
LIMITED = container(resources=v1.ResourceRequirements(limits={"cpu": "1500m", "memory": "64Mi"}))
POD = with_meta(pod(LIMITED), labels={"b": "2", "a": 'say "hi"\n'}, annotations={"note": "x"})


def files(volume: v1.Volume, *, absent: bool = False) -> dict[str, File]:
    key = ("default", "x")
    objects = Objects() if absent else Objects({key: MAP}, {key: SECRET})
    config = KubeletConfig(host_ip="192.0.2.7", memory_capacity_bytes=1 << 30)
    return files_of(volume, ContentInputs(POD, objects, config))


def config_map(**source: object) -> v1.Volume:
    return v1.Volume(name="v", config_map=v1.ConfigMapVolumeSource(name="x", **source))  # type: ignore[arg-type]  # its fields


def test_every_key_of_a_config_map_is_a_file() -> None:
    assert files(config_map()) == {
        "a": File(b"1", 0o644),
        "b": File(b"2", 0o644),
        "raw": File(b"\xff\x00", 0o644),
    }


def test_items_choose_keys_paths_and_modes() -> None:
    items = (v1.KeyToPath(key="a", path="etc/one", mode=0o400), v1.KeyToPath(key="b", path="two"))

    assert files(config_map(items=items, default_mode=0o600)) == {
        "etc/one": File(b"1", 0o400),
        "two": File(b"2", 0o600),
    }


def test_a_missing_key_is_named_unless_it_is_optional() -> None:
    items = (v1.KeyToPath(key="none", path="p"),)

    assert files(config_map(items=items, optional=True)) == {}
    with pytest.raises(errors.NotFound, match="references non-existent config key: none"):
        files(config_map(items=items))


def test_a_missing_object_is_named_unless_it_is_optional() -> None:
    secret = v1.Volume(name="v", secret=v1.SecretVolumeSource(secret_name="x"))

    assert files(config_map(optional=True), absent=True) == {}
    with pytest.raises(errors.NotFound, match='secret "x" not found'):
        files(secret, absent=True)


def test_a_secrets_files_are_its_bytes() -> None:
    secret = v1.SecretVolumeSource(secret_name="x", default_mode=0o400)

    assert files(v1.Volume(name="v", secret=secret)) == {
        "key": File(b"\xff\x00", 0o400),
        "word": File(b"open", 0o400),
    }


def test_a_pod_can_read_of_itself() -> None:
    def field(path: str) -> v1.DownwardAPIVolumeFile:
        return v1.DownwardAPIVolumeFile(
            path=path, field_ref=v1.ObjectFieldSelector(field_path=path)
        )

    def resource(path: str, resource: str, divisor: str) -> v1.DownwardAPIVolumeFile:
        selector = v1.ResourceFieldSelector(
            container_name="app", resource=resource, divisor=divisor
        )
        return v1.DownwardAPIVolumeFile(path=path, mode=0o440, resource_field_ref=selector)

    items = (
        field("metadata.name"),
        field("metadata.labels"),
        field("metadata.annotations['note']"),
        resource("cpu", "limits.cpu", "1"),
        resource("mebibytes", "limits.memory", "1Mi"),
    )
    made = files(v1.Volume(name="v", downward_api=v1.DownwardAPIVolumeSource(items=items)))

    assert {path: file.data.decode() for path, file in made.items()} == {
        "metadata.name": "web",
        "metadata.labels": 'a="say \\"hi\\"\\n"\nb="2"',
        "metadata.annotations['note']": "x",
        "cpu": "2",
        "mebibytes": "64",
    }
    assert made["cpu"].mode == 0o440


def test_annotations_are_quoted_as_go_quotes_them() -> None:
    odd = 'q"uo\\te\n\t\u00e9\u2028\x07\x1b\U000e0001'
    asked = with_meta(pod(), annotations={"z": "", "odd": odd})

    text = file_text(asked, "metadata.annotations", KubeletConfig(host_ip="192.0.2.7"))

    assert text == 'odd="q\\"uo\\\\te\\n\\t\u00e9\\u2028\\a\\x1b\\U000e0001"\nz=""'


def test_a_projected_volume_combines_its_sources() -> None:
    name = v1.DownwardAPIVolumeFile(
        path="name", field_ref=v1.ObjectFieldSelector(field_path="metadata.name")
    )
    sources = (
        v1.VolumeProjection(
            config_map=v1.ConfigMapProjection(name="x", items=(v1.KeyToPath(key="a", path="p"),))
        ),
        v1.VolumeProjection(secret=v1.SecretProjection(name="x")),
        v1.VolumeProjection(downward_api=v1.DownwardAPIProjection(items=(name,))),
        v1.VolumeProjection(config_map=v1.ConfigMapProjection(name="none", optional=True)),
    )
    projected = v1.ProjectedVolumeSource(sources=sources, default_mode=0o440)

    made = files(v1.Volume(name="v", projected=projected))

    assert sorted(made) == ["key", "name", "p", "word"]
    assert {file.mode for file in made.values()} == {0o440}


def test_a_service_account_token_is_refused_by_name() -> None:
    token = v1.ServiceAccountTokenProjection(path="token")
    source = v1.ProjectedVolumeSource(sources=(v1.VolumeProjection(service_account_token=token),))

    with pytest.raises(errors.Unimplemented, match="service account token"):
        files(v1.Volume(name="v", projected=source))
