"""The page in a real browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from runtimes.core.pod import v1
from runtimes.kubelet.events import Event, EventReason
from runtimes.kubelet.tests.bench import script
from runtimes.kubelet.tests.builders import pod

if TYPE_CHECKING:
    from runtimes.kubelet.tests.api.browser import Page
    from runtimes.kubelet.tests.api.conftest import Api

HOSTILE = "<img src=x onerror=document.title='owned'>"
ROWS = "[...document.querySelectorAll('#rows tr')].map((row) => row.innerText)"


def _named(name: str, text: str, policy: str = "Always") -> v1.Pod:
    made = pod(script(text), policy=policy)
    return replace(made, metadata=replace(made.metadata, name=name))


@pytest.fixture
def shown(api: Api, page: Page) -> Page:
    """The page of an API with two pods; whatever it complains of fails the test."""
    api.run(_named("good", f'echo "{HOSTILE}"; while true; do echo again; sleep 1; done'))
    api.run(_named("bad", "exit 3", policy="Never"))
    page.complaints.clear()
    page.resize(1440, 900)
    page.open(f"{api.url}/")
    page.until("document.querySelectorAll('#rows tr').length === 2")
    return page


def test_pods_are_shown_with_their_states_and_graphs(shown: Page) -> None:
    bad, good = shown[ROWS]

    assert bad.split()[:3] == ["bad", "default", "Error"]
    assert good.split()[:4] == ["good", "default", "Running", "1/1"]
    shown.until("document.querySelectorAll('#totals svg').length === 2")
    shown.until("document.querySelector('#totals path.stroke[d^=M]') !== null")
    assert shown["document.querySelector('#link').innerText"] == "live"
    assert shown.complaints == []


def test_a_pod_is_opened_with_the_keyboard_and_its_log_is_live(shown: Page, api: Api) -> None:
    made = next(one for one in api.bench.store.list() if one.metadata.name == "good")
    api.bench.store.journal.record(
        Event(
            pod_uid=made.metadata.uid, reason=EventReason.UNHEALTHY, message=HOSTILE, warning=True
        )
    )
    shown["[...document.querySelectorAll('#rows a')].at(-1).focus()"]
    shown.press("Enter", "\r")

    shown.until("document.querySelector('#detail pre')?.innerText.includes('again')")
    count = "document.querySelector('#detail pre').innerText.split('again').length"
    before = shown[count]
    shown.until(f"{count} > {before}")
    shown.until("document.querySelector('#events')?.innerText.includes('Unhealthy')")
    assert shown["document.activeElement.innerText"] == "Close"
    assert HOSTILE in shown["document.querySelector('#detail pre').innerText"]
    assert HOSTILE in shown["document.querySelector('#events').innerText"]
    assert shown["document.querySelectorAll('img[src=x]').length"] == 0
    assert "owned" not in shown["document.title"]

    shown.press("Escape")
    shown.until("document.querySelector('#detail').hidden")
    assert shown.complaints == []


def test_a_container_that_joins_is_offered_and_the_chosen_one_stays(shown: Page, api: Api) -> None:
    offered = "[...document.querySelectorAll('#detail option')].map((one) => one.value).join()"
    shown["location.hash = 'default/good'"]
    shown.until(f"{offered} === 'app'")
    made = next(one for one in api.bench.store.list() if one.metadata.name == "good")

    api.bench.store.add_ephemeral(
        made.metadata.uid, v1.EphemeralContainer(name="look", image="busybox")
    )

    shown.until(f"{offered}.includes('look')")
    assert shown["document.querySelector('#detail select').value"] == "app"
    assert shown.complaints == []


def test_a_log_that_never_ends_fills_no_memory(shown: Page) -> None:
    shown["import('./logs.js').then((one) => (globalThis.Logs = one.Logs))"]
    shown.until("typeof Logs === 'function'")
    shown["globalThis.log = new Logs(document.createElement('pre'))"]
    shown["log.append('first\\n'), log.append('x'.repeat(3 << 20)), log.append('y'.repeat(9))"]
    assert shown["log.view.textContent.length"] == 1 << 20
    assert shown["log.view.textContent.endsWith('xy' + 'y'.repeat(8))"]

    shown["for (let n = 0; n < 100; n++) log.append('z'.repeat(65535) + '\\n')"]

    assert shown["log.view.textContent.length"] == 1 << 20
    assert shown["log.view.childNodes.length"] == 16


@pytest.mark.parametrize("name", ["%", "nobody"])
def test_a_name_that_no_pod_has_opens_nothing(shown: Page, name: str) -> None:
    shown["document.querySelector('#link').className = 'waiting'"]
    shown[f"location.hash = '{name}'"]

    shown.until("document.querySelector('#link').className === 'good'")
    assert shown["document.querySelector('#detail').hidden"]
    shown["location.hash = ''"]
    assert shown.complaints == []


def test_pods_are_filtered_and_an_empty_list_says_so(shown: Page) -> None:
    shown.press("/", "/")
    assert shown["document.activeElement.id"] == "filter"
    for letter in "error":
        shown.press(letter, letter)
    shown.until("document.querySelectorAll('#rows tr').length === 1")
    assert shown["document.querySelector('#pods-title').innerText"] == "Pods (1 of 2)"

    shown.press("x", "x")

    shown.until("document.querySelector('#nothing').innerText === 'No pod is like that.'")
    assert shown["document.querySelector('#table').hidden"]


def test_light_and_dark_follow_the_system_and_nothing_sticks_out(shown: Page) -> None:
    ground = "getComputedStyle(document.body).backgroundColor"
    shown.resize(1440, 900, dark=True)
    dark = shown[ground]
    shown.resize(390, 800)

    assert shown[ground] != dark
    assert shown["document.documentElement.scrollWidth"] <= 390


def test_an_agent_that_has_gone_is_told(shown: Page, api: Api) -> None:
    api.close()

    shown.until("document.querySelector('#link').className === 'bad'")
    assert "no answer" in shown["document.querySelector('#link').innerText"]
    assert len(shown[ROWS]) == 2
