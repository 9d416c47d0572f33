"""Container hashes agree with kubelet's."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from runtimes.core.pod import v1
from runtimes.kubelet.actions.gojson import go_json
from runtimes.kubelet.actions.hash import container_hash, fnv1a, hash_json
from runtimes.kubelet.generate.notes import parse_hash

GOLDEN = v1.Container(
    name="test_container",
    image="foo/image:v1",
    args=("/bin/sh", "-c", "echo abc"),
    ports=(v1.ContainerPort(container_port=8001),),
)


def test_the_full_form_is_kubelets() -> None:
    assert container_hash(GOLDEN) == 0x3C42280F


def test_the_short_form_of_newer_kubelets_hashes_alike() -> None:
    assert hash_json(b'{"image":"foo/image:v1","name":"test_container"}') == 0x8E45CBD0


@pytest.mark.parametrize(
    ("data", "expected"), [(b"", 0x811C9DC5), (b"a", 0xE40C292C), (b"foobar", 0xBF9CF968)]
)
def test_fnv1a_has_its_published_values(data: bytes, expected: int) -> None:
    assert fnv1a(data) == expected


def test_go_escapes_what_html_would_read() -> None:
    container = v1.Container(name="a", args=("<b> & \u2028",))

    assert b'["\\u003cb\\u003e \\u0026 \\u2028"]' in go_json(container)


def test_go_orders_fields_as_its_structs_do_and_sorts_maps() -> None:
    container = v1.Container(
        tty=True,
        name="a",
        image="b",
        resources=v1.ResourceRequirements(limits={"memory": "1", "cpu": "2"}),
        env=(v1.EnvVar(value="2", name="B"),),
    )

    assert go_json(container) == (
        b'{"name":"a","image":"b","env":[{"name":"B","value":"2"}],'
        b'"resources":{"limits":{"cpu":"2","memory":"1"}},"tty":true}'
    )


def test_a_flag_that_go_holds_by_value_is_left_out_when_false() -> None:
    said = replace(GOLDEN, stdin=False, tty=False)

    assert container_hash(said) == container_hash(GOLDEN)


@pytest.mark.parametrize(
    "change",
    [
        {"image": "foo/image:v2"},
        {"args": ("/bin/sh", "-c", "echo abd")},
        {"env": (v1.EnvVar(name="A", value="b"),)},
        {"security_context": v1.SecurityContext(privileged=False)},
    ],
)
def test_every_part_of_a_definition_counts(change: dict[str, object]) -> None:
    assert container_hash(replace(GOLDEN, **change)) != 0x3C42280F


@pytest.mark.parametrize(("text", "value"), [("3c42280f", 0x3C42280F), ("", 0), ("xyz", 0)])
def test_a_broken_annotation_reads_as_no_hash(text: str, value: int) -> None:
    assert parse_hash(text) == value
