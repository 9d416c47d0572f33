"""Names that appc takes, of names that Kubernetes takes."""

from __future__ import annotations

import re

import pytest

from runtimes.rkt_stub.names import ac_name


@pytest.mark.parametrize("name", ["main", "a", "side-car-2", "0"])
def test_a_name_that_appc_takes_stays(name: str) -> None:
    assert ac_name(name) == name


@pytest.mark.parametrize("name", ["FooBar", "a.b", "a_b", "-a-", "a--b", "ä", "..."])
def test_another_name_becomes_one(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", ac_name(name))


def test_names_that_look_alike_stay_apart() -> None:
    given = ["FooBar", "fooBar", "foobar", "foo-bar", "foo.bar", "foo_bar"]

    assert len({ac_name(name) for name in given}) == len(given)
