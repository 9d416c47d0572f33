from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from runtimes import client
from runtimes.client import connect
from runtimes.contract.fake.backend import FakeBackend
from runtimes.core import errors
from runtimes.core.backend import Kind
from runtimes.core.configure import Config
from runtimes.kubelet.generic.runtime import GenericRuntime
from runtimes.kubelet.opening import kubelet_config

if TYPE_CHECKING:
    from runtimes.core.pod.runtime import PodRuntime
    from runtimes.kubelet.config import KubeletConfig


def test_a_cri_backend_gets_kubelets_runtime(node: KubeletConfig) -> None:
    with connect("fake", config=Config(), kubelet=node) as runtime:
        assert isinstance(runtime.backend_runtime, GenericRuntime)
        assert runtime.opened.why == "asked for"


def test_a_pod_backend_is_used_as_it_is(node: KubeletConfig) -> None:
    class PodBackend(FakeBackend):
        __slots__ = ()

        def open(self, options: object = None) -> PodRuntime:  # type: ignore[override]  # another kind
            return GenericRuntime(super().open(options), name="own")

    with connect(PodBackend(kind=Kind.POD), config=Config(), kubelet=node) as runtime:
        assert runtime.backend_runtime.name == "own"


def test_the_configuration_file_chooses_and_sets(
    tmp_path: Path, node: KubeletConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RUNTIMES_BACKEND", raising=False)
    path = tmp_path / "config.toml"
    state = tmp_path / "state.json"
    path.write_text(f'backend = "fake"\n[backends.fake]\nstate = "{state}"\n')

    with connect(config=path, kubelet=node) as runtime:
        runtime.pull("busybox")
        assert runtime.opened.config_path == path

    assert state.exists()


def test_options_given_in_code_win_over_the_file(tmp_path: Path, node: KubeletConfig) -> None:
    config = Config(backends={"fake": {"state": str(tmp_path / "file.json")}})

    with connect("fake", config=config, kubelet=node, state=tmp_path / "code.json") as runtime:
        runtime.pull("busybox")

    assert (tmp_path / "code.json").exists()
    assert not (tmp_path / "file.json").exists()


def test_an_unknown_option_is_refused(node: KubeletConfig) -> None:
    with pytest.raises(errors.InvalidArgument, match=r"'colour'.*known are state"):
        connect("fake", config=Config(), kubelet=node, colour="red")


def test_an_unknown_backend_is_refused(node: KubeletConfig) -> None:
    with pytest.raises(errors.BackendUnavailable, match="nothing-like-it"):
        connect("nothing-like-it", config=Config(), kubelet=node)


def test_one_variable_moves_all_folders_of_the_node() -> None:
    config = kubelet_config({"cluster_domain": "x"}, environ={"RUNTIMES_KUBELET_ROOT": "/r"})

    assert (config.root, config.log_root) == (Path("/r"), Path("/r/logs"))
    assert config.cluster_domain == "x"


def test_a_root_of_ones_own_has_its_own_logs() -> None:
    config = kubelet_config({"root": "/r"}, environ={})
    apart = kubelet_config({"root": "/r", "log_root": "/l"}, environ={})

    assert config.log_root == Path("/r/logs")
    assert apart.log_root == Path("/l")


def test_an_unknown_setting_of_the_node_is_refused() -> None:
    with pytest.raises(errors.InvalidArgument, match="rooot"):
        kubelet_config({"rooot": "x"}, environ={})


def test_every_public_name_can_be_imported() -> None:
    assert all(getattr(client, name) for name in client.__all__)
    with pytest.raises(AttributeError):
        client.nothing  # noqa: B018 - asked for to see it refused
