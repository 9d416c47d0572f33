"""The page of fields is what the examples, the tests and the table of refusals make it."""

from __future__ import annotations

import re

import msgspec
import pytest

from runtimes.core.pod import v1
from runtimes.kubelet.tests.manifest.field_evidence import NO_EFFECT, PROVEN
from runtimes.kubelet.tests.manifest.field_matrix import PAGE, ROOT, fields, page, rows


def test_every_field_has_a_verdict() -> None:
    assert [row.field for row in rows() if row.verdict == "unknown"] == []


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text() == page(), "run: python -m runtimes.kubelet.tests.manifest.field_matrix"


@pytest.mark.parametrize("field", sorted(PROVEN))
def test_the_test_that_shows_a_field_speaks_of_it(field: str) -> None:
    struct, _, name = field.partition(".")
    attributes = {f.encode_name: f.name for f in msgspec.structs.fields(getattr(v1, struct))}

    text = (ROOT / PROVEN[field]).read_text()

    assert re.search(rf"\b({attributes[name]}|{name})\b", text)


def test_no_reason_is_given_for_a_field_that_isnt() -> None:
    known = fields()
    structs = {name.partition(".")[0] for name in known}

    for line in NO_EFFECT:
        assert line in known or line.removesuffix(".*") in structs or line.endswith("deletion*")
