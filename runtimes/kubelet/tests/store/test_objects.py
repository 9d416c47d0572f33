"""ConfigMaps and Secrets beside the pods that name them."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from runtimes.core import errors
from runtimes.core.pod import v1
from runtimes.kubelet.generate.references import Reference, references
from runtimes.kubelet.store.pods import PodStore
from runtimes.kubelet.store.record import Outcome
from runtimes.kubelet.tests.builders import container, pod, with_meta

if TYPE_CHECKING:
    from pathlib import Path

META = v1.ObjectMeta(name="x", namespace="default")
MAP = v1.ConfigMap(metadata=META, data={"a": "1"})
SECRET = v1.Secret(metadata=META, data={"a": "MQ=="})
FROM_MAP = v1.EnvFromSource(config_map_ref=v1.ConfigMapEnvSource(name="x"))


@pytest.fixture
def store(tmp_path: Path) -> PodStore:
    return PodStore(tmp_path, "oci")


def user(name: str) -> v1.Pod:
    secret = v1.Volume(name="s", secret=v1.SecretVolumeSource(secret_name="x"))
    asked = pod(container(env_from=(FROM_MAP,)), volumes=(secret,))
    return with_meta(asked, name=name, uid="")


def test_an_object_is_found_by_other_stores_of_the_root(store: PodStore, tmp_path: Path) -> None:
    outcomes = [store.apply_object(MAP), store.apply_object(SECRET), store.apply_object(MAP)]

    other = PodStore(tmp_path, "oci").objects
    assert outcomes == [Outcome.CREATED, Outcome.CREATED, Outcome.UNCHANGED]
    assert (other.config_map("default", "x"), other.secret("default", "x")) == (MAP, SECRET)
    assert PodStore(tmp_path, "docker").objects.config_map("default", "x") is None


def test_only_the_owner_can_read_a_record(store: PodStore, tmp_path: Path) -> None:
    store.apply_object(SECRET)

    (record,) = (tmp_path / "objects").iterdir()
    assert stat.S_IMODE(record.stat().st_mode) == 0o600
    assert stat.S_IMODE(record.parent.stat().st_mode) == 0o700


def test_an_immutable_object_cant_be_changed(store: PodStore) -> None:
    store.apply_object(v1.ConfigMap(metadata=META, immutable=True, data={"a": "1"}))

    with pytest.raises(errors.FailedPrecondition, match="it is immutable"):
        store.apply_object(MAP)


def test_a_broken_record_is_no_object(store: PodStore, tmp_path: Path) -> None:
    store.apply_object(MAP)
    (record,) = (tmp_path / "objects").iterdir()
    record.write_text("{")

    assert store.objects.config_map("default", "x") is None
    assert store.apply_object(MAP) is Outcome.CREATED


def test_objects_go_with_the_last_pod_that_names_them(store: PodStore) -> None:
    store.apply_object(MAP)
    store.apply_object(SECRET)
    first, second = (store.apply(user(name)).pod.metadata.uid for name in ("a", "b"))

    store.remove(first)
    assert store.objects.config_map("default", "x") == MAP
    store.remove(second)
    assert store.objects.config_map("default", "x") is None
    assert store.objects.secret("default", "x") is None


def test_an_object_that_no_pod_named_stays(store: PodStore) -> None:
    store.apply_object(MAP)
    uid = store.apply(with_meta(pod(), uid="")).pod.metadata.uid

    store.remove(uid)

    assert store.objects.config_map("default", "x") == MAP


def test_whoever_drives_a_pod_notices_a_changed_object(store: PodStore) -> None:
    uid = store.apply(user("a")).pod.metadata.uid
    before = store.version(uid)

    store.apply_object(MAP)
    changed = store.version(uid)
    store.apply_object(MAP)

    assert changed != before
    assert store.version(uid) == changed


def test_every_way_to_name_an_object_counts() -> None:
    variable = v1.EnvVar(
        name="A",
        value_from=v1.EnvVarSource(secret_key_ref=v1.SecretKeySelector(name="env", key="a")),
    )
    projected = v1.ProjectedVolumeSource(
        sources=(v1.VolumeProjection(config_map=v1.ConfigMapProjection(name="projected")),)
    )
    asked = pod(
        container(env=(variable,)),
        init=(container("init", env_from=(FROM_MAP,)),),
        volumes=(
            v1.Volume(name="p", projected=projected),
            v1.Volume(name="s", secret=v1.SecretVolumeSource(secret_name="volume")),
        ),
        image_pull_secrets=(v1.LocalObjectReference(name="pull"),),
    )

    assert references(asked) == {
        Reference("ConfigMap", "x"),
        Reference("ConfigMap", "projected"),
        Reference("Secret", "env"),
        Reference("Secret", "volume"),
        Reference("Secret", "pull"),
    }
