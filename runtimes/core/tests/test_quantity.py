from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtimes.core import errors, quantity


@pytest.mark.parametrize(
    ("text", "milli"),
    [("250m", 250), ("1", 1000), ("0.1", 100), ("1.0001", 1001), ("100n", 1), ("-250m", -250)],
)
def test_milli_counts_thousandths_rounded_away_from_zero(text: str, milli: int) -> None:
    assert quantity.milli(text) == milli


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("1Ki", 1024),
        ("1Gi", 2**30),
        ("1.5Gi", 3 * 2**29),
        ("1e3", 1000),
        ("1E3", 1000),
        ("12e-3", 1),
        ("1E", 10**18),
        ("1Ei", 2**60),
        ("500M", 500_000_000),
        ("+5", 5),
        (".5k", 500),
        ("5.", 5),
        ("0", 0),
        ("100Ei", 2**63 - 1),
        ("1e999999999", 2**63 - 1),
    ],
)
def test_units_counts_bytes(text: str, units: int) -> None:
    assert quantity.units(text) == units


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("0.5", "500m"),
        ("1000m", "1"),
        ("1.5Gi", "1536Mi"),
        ("1024Mi", "1Gi"),
        ("0.5Ki", "512"),
        ("1.1Ki", "1126400m"),
        ("1000000", "1M"),
        ("1200e3", "1200e3"),
        ("12000e3", "12e6"),
        ("0.001e3", "1"),
        ("0Gi", "0"),
        ("-0.25", "-250m"),
        ("1e-10", "1e-9"),
        ("-2048", "-2048"),
        ("-2Ki", "-2Ki"),
    ],
)
def test_text_is_canonical(text: str, canonical: str) -> None:
    assert str(quantity.parse(text)) == canonical


@pytest.mark.parametrize(
    "text",
    ["", "m", "1 Gi", "1gi", "1kb", "1K", "--1", "1.2.3", "1e", "1e3Gi", ".", "٣", "1mi", "0x10"],
)
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(errors.InvalidArgument, match="quantity"):
        quantity.parse(text)


def test_amounts_compare_however_they_are_written() -> None:
    assert quantity.parse("1Ki") == quantity.parse("1024")
    assert quantity.parse("999m") < quantity.parse("1")
    assert hash(quantity.parse("1k")) == hash(quantity.parse("1e3"))


@given(st.integers(-(2**63), 2**63 - 1), st.sampled_from(quantity.Format))
def test_canonical_text_reads_back_exactly(nano: int, form: quantity.Format) -> None:
    amount = quantity.Quantity(nano, form)

    assert quantity.parse(str(amount)) == amount
    assert str(quantity.parse(str(amount))) == str(amount)
