"""The pytest plugin of the contract suite."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("runtimes.contract.cri", "runtimes.contract.pod")
