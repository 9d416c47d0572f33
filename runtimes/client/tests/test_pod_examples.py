"""The manifests in examples/pods do what they say on the embedded backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runtimes.client.tests.pod_examples import EXAMPLES, Outcomes, embedded, promises, run_all

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runtimes.client import Runtime


@pytest.fixture(scope="module")
def oci(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Runtime, str]]:
    with embedded(tmp_path_factory.mktemp("oci")) as opened:
        yield opened


@pytest.fixture(scope="module")
def on_oci(oci: tuple[Runtime, str]) -> Outcomes:
    runtime, image = oci
    return run_all(runtime, EXAMPLES, image)


def test_there_are_enough_examples_and_each_says_what_to_expect() -> None:
    assert len(EXAMPLES) >= 60
    for path in EXAMPLES:
        expected = [one for one in promises(path.read_text()) if one.words == ("expect",)]
        assert len(expected) == 1, path


@pytest.mark.needs_oci
@pytest.mark.needs_root
@pytest.mark.timeout(600)  # The first waits for all.
@pytest.mark.parametrize("name", [path.stem for path in EXAMPLES])
def test_an_example_does_what_it_says_on_oci(on_oci: Outcomes, name: str) -> None:
    assert on_oci[name].result().broken == []


RELOAD = """
apiVersion: v1
kind: ConfigMap
metadata: {name: reload}
data: {word: old}
---
apiVersion: v1
kind: Pod
metadata: {name: reload}
spec:
  terminationGracePeriodSeconds: 0
  volumes: [{name: settings, configMap: {name: reload}}]
  containers:
  - name: app
    image: IMAGE
    command: [sleep, "600"]
    volumeMounts:
    - {name: settings, mountPath: /settings}
    - {name: settings, mountPath: /fixed, subPath: word}
"""


@pytest.mark.needs_oci
@pytest.mark.needs_root
def test_files_of_a_running_container_follow_their_config_map(oci: tuple[Runtime, str]) -> None:
    runtime, image = oci
    text = RELOAD.replace("IMAGE", image)
    (pod,) = runtime.apply_all(text)
    try:
        before = pod.exec(["cat", "/settings/word", "/fixed"]).stdout
        runtime.apply_all(text.split("---")[0].replace("old", "new"))
        after = pod.exec(["cat", "/settings/word", "/fixed"]).stdout
        restarts = [one.restart_count for one in pod.status().container_statuses]
    finally:
        pod.remove(force=True)

    assert (before, after, restarts) == (b"oldold", b"newold", [0])
