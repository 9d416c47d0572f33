"""The example of the README runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from runtimes.cni.tests.conftest import Host

README = Path(__file__).parent.parent / "README.md"


@pytest.mark.needs_root
def test_the_example_runs(host: Host, capsys: pytest.CaptureFixture[str]) -> None:
    if not README.exists():
        pytest.skip("the tests were copied away from the README")
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    code = example.replace("/run/", f"{host.directory}/")

    host.namespace.run(lambda: exec(code, {}))

    assert capsys.readouterr().out == "('10.86.0.2',) 10.86.0.1\n"
    assert not (host.directory / "example-pod").exists()
