"""From tests to a verdict, and the forms that a report has."""

from __future__ import annotations

import io
import json
from pathlib import Path
from unittest.mock import Mock
from xml.etree import ElementTree as ET

import msgspec
import pytest

from runtimes.contract.report import badge, html, jsonfile, junit, markdown, matrix
from runtimes.contract.report.conformance import page
from runtimes.contract.report.console import Console
from runtimes.contract.report.model import Host, Outcome, Record, Report, Result, Subject, Verdict
from runtimes.contract.report.summary import read_summaries, summarize, worse
from runtimes.contract.report.verdict import exit_code, result_of, sentence
from runtimes.contract.run.merge import merged, of_one_subject
from runtimes.contract.run.redact import HIDDEN, plain, records, scrubbed
from runtimes.contract.run.transcript import Transcript
from runtimes.contract.tests.contract_command import CHECKOUT
from runtimes.core import errors
from runtimes.core.cri.v1 import api_pb2 as cri

SCHEMA = Path(jsonfile.__file__).with_name("schema.json")


def a_test(verdict: Verdict, name: str = "one", level: str = "core") -> Outcome:
    return Outcome(
        id=f"cri.container.stop.{name}",
        profile="cri",
        level=level,
        verdict=verdict,
        ms=1.5,
        message="because <of> & so",
        details="\x1b[31mAssertionError\x1b[0m",
        passed=int(verdict is Verdict.PASS),
        calls=(Record("stop_container", '"id"', error="Internal: <no>", ms=None),),
    )


def a_report(*tests: Outcome, name: str = "mine") -> Report:
    return Report(
        subject=Subject(name, "cri", "runtimes-mine", "0.3", "an engine", ("exec.sync",)),
        host=Host("6.1", "x86_64", "3.11.7", root=True),
        began="2026-01-01T00:00:00+00:00",
        seconds=2.5,
        command="runtimes contract run -b mine",
        tests=tests,
    )


@pytest.mark.parametrize(
    ("tests", "result", "code"),
    [
        ([a_test(Verdict.PASS)], Result.CONFORMANT, 0),
        ([a_test(Verdict.PASS), a_test(Verdict.FAIL, level="extended")], Result.NOT_CONFORMANT, 1),
        ([a_test(Verdict.PASS), a_test(Verdict.UNDECLARED)], Result.NOT_CONFORMANT, 1),
        ([a_test(Verdict.PASS), a_test(Verdict.SKIPPED)], Result.PARTIAL, 3),
        ([a_test(Verdict.PASS), a_test(Verdict.KNOWN_FAILURE)], Result.PARTIAL, 3),
        (
            [a_test(Verdict.PASS), a_test(Verdict.KNOWN_FAILURE, level="extended")],
            Result.CONFORMANT,
            0,
        ),
        (
            [a_test(Verdict.PASS), a_test(Verdict.UNIMPLEMENTED, level="extended")],
            Result.CONFORMANT,
            0,
        ),
        ([a_test(Verdict.SKIPPED)], Result.NOTHING_RAN, 5),
        ([], Result.NOTHING_RAN, 5),
    ],
)
def test_the_verdict_follows_from_the_tests(
    tests: list[Outcome], result: Result, code: int
) -> None:
    assert result_of(tests) is result
    assert exit_code(a_report(*tests)) == code


def test_the_sentence_names_backend_verdict_shares_and_what_went_wrong() -> None:
    report = a_report(a_test(Verdict.PASS), a_test(Verdict.FAIL, "two"))

    assert sentence(report) == ("mine 0.3 is not conformant to contract 1.0: cri 1/2 - 1 failed.")


def test_a_report_comes_back_from_its_json_as_it_was(tmp_path: Path) -> None:
    report = a_report(a_test(Verdict.PASS), a_test(Verdict.FAIL, "two"))
    path = tmp_path / "report.json"

    path.write_text(jsonfile.dump(report))

    assert jsonfile.read(path) == report


def test_the_schema_in_the_package_is_that_of_the_report() -> None:
    assert SCHEMA.read_text() == jsonfile.schema()


@pytest.mark.parametrize("text", ["", "{}", "[1]", '{"apiVersion": "other/v9"}'])
def test_what_is_no_report_is_refused_by_its_path(text: str, tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text(text)

    with pytest.raises(errors.InvalidArgument, match=r"other\.json"):
        jsonfile.read(path)


def test_a_report_of_another_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "newer.json"
    path.write_text(jsonfile.dump(msgspec.structs.replace(a_report(), api_version="x/v2")))

    with pytest.raises(errors.InvalidArgument, match="x/v2"):
        jsonfile.read(path)


def test_junit_counts_and_escapes() -> None:
    report = a_report(a_test(Verdict.PASS), a_test(Verdict.FAIL, "a"), a_test(Verdict.SKIPPED, "b"))

    suite = ET.fromstring(junit.dump(report)).find("testsuite")

    assert suite is not None
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    failure = suite.find(".//failure")
    assert failure is not None
    assert failure.get("message") == "fail: because <of> & so"


def test_the_page_shows_failures_with_their_calls_and_escapes_them() -> None:
    page = html.dump(a_report(a_test(Verdict.FAIL)))

    assert "because &lt;of&gt; &amp; so" in page
    assert "never returned" in page
    assert "Internal: &lt;no&gt;" in page


def test_markdown_and_badge_give_the_verdict() -> None:
    report = a_report(a_test(Verdict.PASS))

    assert "is conformant" in markdown.dump(report)
    assert json.loads(badge.dump(report))["message"] == "conformant: cri 1/1"


def test_a_matrix_has_a_column_for_each_backend() -> None:
    table = matrix.matrix(
        [a_report(a_test(Verdict.PASS)), a_report(a_test(Verdict.FAIL), name="other")]
    )

    assert "|  | mine | other |" in table
    assert "| cri | 1/1 | 0/1 |" in table
    assert "| `exec.sync` | yes | yes |" in table


def test_a_difference_names_what_changed_and_whether_it_is_worse() -> None:
    old = a_report(a_test(Verdict.PASS), a_test(Verdict.FAIL, "two"))
    new = a_report(a_test(Verdict.FAIL), a_test(Verdict.PASS, "two"))

    assert list(matrix.differences(old, new)) == [
        "cri.container.stop.one: pass -> fail",
        "cri.container.stop.two: fail -> pass",
    ]
    assert matrix.is_worse(old, new)
    assert not matrix.is_worse(old, old)


def test_a_test_that_ran_twice_is_as_bad_as_its_worst_run() -> None:
    (one,) = merged([a_test(Verdict.PASS), a_test(Verdict.FAIL)])

    assert (one.verdict, one.runs, one.passed) == (Verdict.FAIL, 2, 1)


def test_credentials_never_reach_a_report() -> None:
    auth = cri.AuthConfig(username="me", password="hunter2", registry_token="t0ken")
    config = cri.ContainerConfig(
        envs=[cri.KeyValue(key="DB_PASSWORD", value=b"hunter2"), cri.KeyValue(key="A", value=b"b")]
    )

    text = json.dumps([plain(auth), plain(config)])

    assert "me" in text
    assert "hunter2" not in text
    assert "t0ken" not in text
    assert HIDDEN in text


def test_a_run_goes_on_when_nobody_reads_what_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    console, failed = Console(out=out), a_test(Verdict.FAIL)
    console.progress(failed)
    assert failed.id in out.getvalue()

    monkeypatch.setattr(out, "write", Mock(side_effect=BrokenPipeError))
    console.progress(failed)
    console.end(a_report(failed))


def test_what_several_failures_say_alike_is_told_first() -> None:
    three = [a_test(Verdict.FAIL, name) for name in ("one", "two", "three")]
    page = html.dump(a_report(*three, a_test(Verdict.PASS, "four")))

    assert page.index("<b>3</b> because &lt;of&gt; &amp; so") < page.index("cri.container.stop.one")
    assert '<ul class="short">' not in html.dump(a_report(three[0]))


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("pull https://me:hunter2@reg.example/v2/", f"pull https://{HIDDEN}@reg.example/v2/"),
        ("Authorization: Bearer hunter2hunter2", f"Authorization: Bearer {HIDDEN}"),
        ('auth: "hunter2"', f'auth: "{HIDDEN}"'),
        (
            '{"username": "me", "password": "hunter2"}',
            f'{{"username": "me", "password": "{HIDDEN}"}}',
        ),
        (r'"{\"secret\": \"hunter2\"}"', rf'"{{\"secret\": \"{HIDDEN}\"}}"'),
        (
            "run -b x --option registry_token=hunter2 -v",
            f"run -b x --option registry_token={HIDDEN} -v",
        ),
        ("['DB_PASSWORD=hunter2', 'A=1']", f"['DB_PASSWORD={HIDDEN}', 'A=1']"),
        ("author: me; passed 3 of 4; the token ring", "author: me; passed 3 of 4; the token ring"),
    ],
)
def test_credentials_in_what_others_wrote_are_taken_out(text: str, clean: str) -> None:
    assert scrubbed(text) == clean


def test_a_transcript_has_arguments_as_they_were_then_and_errors() -> None:
    class Service:
        def stop_container(self, container_id: str, timeout: int) -> None:
            raise errors.NotFound(f"{container_id} {timeout}")

        def run_pod_sandbox(self, config: cri.PodSandboxConfig) -> str:
            return config.hostname

    transcript = Transcript()
    service = transcript.wrap(Service())
    config = cri.PodSandboxConfig(hostname="before")

    service.run_pod_sandbox(config)
    config.hostname = "after"
    with pytest.raises(errors.NotFound):
        service.stop_container("c", timeout=3)

    first, second = records(transcript.calls())
    assert (first.request, first.answer) == ('{"hostname": "before"}', '"before"')
    assert (second.request, second.error) == ('"c", timeout=3', "NotFound: c 3")


def test_the_documentation_shows_the_summary_that_is_kept() -> None:
    kept = CHECKOUT / "docs/conformance.json"

    assert (CHECKOUT / "docs/conformance.md").read_text() == page(read_summaries(kept))


def test_a_result_that_is_worse_or_gone_is_told() -> None:
    good = summarize(a_report(a_test(Verdict.PASS)))
    bad = summarize(a_report(a_test(Verdict.FAIL)))

    assert worse([good], [bad]) == ["mine: conformant -> not conformant"]
    assert worse([good], []) == ["mine: conformant -> absent"]
    assert worse([bad], [good]) == []


def test_what_one_part_of_a_session_skipped_another_may_have_run() -> None:
    one, other = a_report(a_test(Verdict.SKIPPED)), a_report(a_test(Verdict.PASS))

    (together,) = of_one_subject([one, other])

    assert [test.verdict for test in together.tests] == [Verdict.PASS]
