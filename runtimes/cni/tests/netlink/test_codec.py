"""The framing: what is encoded is decoded, and what is cut short does no harm."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from runtimes.cni.netlink import codec, nftables
from runtimes.cni.netlink.codec import Message

KINDS = st.integers(0, 0x3FFF)
MESSAGES = st.builds(
    Message,
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFF),
    st.binary(max_size=60),
    st.integers(0, 0xFFFFFFFF),
)


@given(st.lists(MESSAGES))
def test_messages_come_back(messages: list[Message]) -> None:
    datagram = b"".join(map(codec.encode, messages))

    assert list(codec.decode(datagram)) == messages
    assert len(datagram) % 4 == 0


@given(st.lists(st.tuples(KINDS, st.binary(max_size=30))))
def test_attributes_come_back(pairs: list[tuple[int, bytes]]) -> None:
    encoded = b"".join(codec.attribute(kind, payload) for kind, payload in pairs)

    assert list(codec.attribute_pairs(encoded)) == pairs
    assert codec.attributes(encoded) == dict(pairs)


@given(KINDS, st.lists(st.tuples(KINDS, st.binary(max_size=30))))
def test_nested_attributes_come_back_without_their_flag(
    kind: int, pairs: list[tuple[int, bytes]]
) -> None:
    inner = [codec.attribute(inner_kind, payload) for inner_kind, payload in pairs]

    ((found, payload),) = codec.attribute_pairs(codec.nested(kind, *inner))

    assert found == kind
    assert list(codec.attribute_pairs(payload)) == pairs


@given(st.binary(max_size=200))
def test_any_bytes_are_decoded_without_an_error(noise: bytes) -> None:
    for message in codec.decode(noise):
        codec.attributes(message.body)
    codec.attributes(noise)
    nftables.read_rules(codec.decode(noise))


@given(st.lists(MESSAGES, min_size=1), st.data())
def test_a_cut_datagram_yields_the_messages_before_the_cut(
    messages: list[Message], data: st.DataObject
) -> None:
    datagram = b"".join(map(codec.encode, messages))
    cut = data.draw(st.integers(0, len(datagram)))

    found = list(codec.decode(datagram[:cut]))

    assert found == messages[: len(found)]


@given(st.integers(0, 0xFFFFFFFF), st.text(st.characters(exclude_characters="\0", codec="utf-8")))
def test_numbers_and_texts_come_back(number: int, text: str) -> None:
    assert codec.read_u32(codec.attributes(codec.u32(7, number))[7]) == number
    assert codec.read_text(codec.attributes(codec.text(7, text))[7]) == text


def test_numbers_have_the_byte_order_of_their_name() -> None:
    assert codec.be16(1, 0x1234).endswith(b"\x12\x34\0\0")
    assert codec.be32(1, -100).endswith(b"\xff\xff\xff\x9c")
    assert codec.be64(1, 1).endswith(b"\0" * 7 + b"\x01")
