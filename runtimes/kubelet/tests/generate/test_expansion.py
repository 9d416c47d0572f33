"""``$(VAR)`` as Kubernetes expands it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtimes.kubelet.generate.expansion import expand, missing

VARIABLES = {"A": "a", "B": "$(A)", "EMPTY": "", "A.b-c": "odd"}

CASES = [
    ("$(A)", "a"),
    ("x$(A)y$(A)z", "xayaz"),
    ("$(B)", "$(A)"),
    ("$(EMPTY)", ""),
    ("$(MISSING)", "$(MISSING)"),
    ("$$(A)", "$(A)"),
    ("$$$(A)", "$a"),
    ("$$$$(A)", "$$(A)"),
    ("$A", "$A"),
    ("$", "$"),
    ("$$", "$"),
    ("$(A", "$(A"),
    ("$(A.b-c)", "odd"),
    ("$()", "$()"),
    ("a$(A)$", "aa$"),
    ("$($(A))", "$($(A))"),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_references_expand_once(text: str, expected: str) -> None:
    assert expand(text, VARIABLES) == expected


@given(st.text(alphabet="ab$()A ", max_size=30).filter(lambda text: "$" not in text))
def test_text_without_dollar_stays(text: str) -> None:
    assert expand(text, VARIABLES) == text


def test_what_stays_unexpanded_is_named() -> None:
    assert missing("$(A) $(X) $$(Y)", VARIABLES) == ("X",)
