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
FAINT = """(() => {
  const context = new OffscreenCanvas(1, 1).getContext("2d");
  const light = (colour) => {
    context.fillStyle = colour;
    context.fillRect(0, 0, 1, 1);
    const linear = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map((one) => one / 255)
      .map((one) => (one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const ground = (node) => {
    const own = getComputedStyle(node).backgroundColor;
    return own === "rgba(0, 0, 0, 0)" ? ground(node.parentElement) : own;
  };
  const has_text = (one) => [...one.childNodes].some((child) => child.data?.trim());
  const texts = [...document.body.querySelectorAll("*")].filter(has_text);
  return texts.filter((one) => one.checkVisibility()).filter((one) => {
    const [high, low] = [light(getComputedStyle(one).color), light(ground(one))].sort().reverse();
    return (high + 0.05) / (low + 0.05) < 4.5;
  }).map((one) => one.outerHTML);
})()"""  # texts whose contrast is less than WCAG's AA asks for
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

    shown[r"log.append('\x1b[31ma\x1b[32mb'.repeat(1 << 14))"]

    assert shown["log.view.childNodes.length"] == 1 << 14


def test_colours_of_a_terminal_are_shown_and_its_other_control_is_not(shown: Page) -> None:
    shown["import('./ansi.js').then((one) => (globalThis.Ansi = one.Ansi))"]
    shown.until("typeof Ansi === 'function'")
    shown[
        "globalThis.read = (...all) => ((ansi) => all.flatMap((one) => ansi.read(one)))(new Ansi())"
    ]
    shown["globalThis.told = (...all) => read(...all).map((one) => one.outerHTML ?? one).join('')"]

    assert shown[r"told('a\x1b[1;31mb\x1b[0mc')"] == 'a<span class="bold ink1">b</span>c'
    assert shown[r"told('\x1b[3', '1mb', '\x1b', '[mc')"] == '<span class="ink1">b</span>c'
    assert shown[r"read('\x1b[38;5;208mb\x1b[48;2;1;2;300mc')[1].style.cssText"] == (
        "color: rgb(255, 135, 0); background: rgb(1, 2, 255);"
    )
    assert shown[r"told('\x1b]0;title\x07a\x1b[2Kb\x08c\x1b[999;x\x1b(Bd')"] == "abcd"
    assert shown[r"told('1 %\r2 %\r', '\nend')"] == "1 %\n2 %\nend"
    assert shown[r"told('\x1b[', ...Array(100).fill('1'), 'm')"] == f"[{'1' * 100}m"
    assert shown[r"told('\x1b[31m<b>')"] == '<span class="ink1">&lt;b&gt;</span>'


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


def test_what_is_counted_is_shown_alone_at_a_click(shown: Page) -> None:
    shown.until("document.querySelector('#totals button.bad')?.value === 'Error'")
    shown["document.querySelector('#totals button.bad').click()"]

    assert [one.split()[0] for one in shown[ROWS]] == ["bad"]
    shown["document.querySelector('#totals button.bad').click()"]
    assert len(shown[ROWS]) == 2


def test_light_and_dark_follow_the_system_and_are_read_easily(shown: Page) -> None:
    shown["location.hash = 'default/bad'"]
    shown.until("document.querySelector('#detail pre')?.innerText.includes('it has ended')")
    ground = "getComputedStyle(document.body).backgroundColor"
    grounds = set()
    for dark in (True, False):
        shown.resize(1440, 900, dark=dark)
        grounds.add(shown[ground])
        assert shown[FAINT] == []

    assert len(grounds) == 2


@pytest.mark.parametrize("width", [390, 900, 1280])
def test_nothing_sticks_out_and_a_chosen_pod_is_at_hand(shown: Page, width: int) -> None:
    shown.resize(width, 800)
    status = "document.querySelector('#rows .badge').getBoundingClientRect().right"

    assert 0 < shown[status] < width
    shown["location.hash = 'default/good'"]
    shown.until("!document.querySelector('#detail').hidden")

    assert shown["document.querySelector('#detail').getBoundingClientRect().top"] < 400
    assert shown["document.documentElement.scrollWidth"] <= width
    assert shown["document.activeElement.innerText"] == "Close"
    shown.press("Escape")
    shown.until("document.querySelector('#detail').hidden")
    assert shown["document.activeElement.innerText"] == "good"


def test_an_agent_that_has_gone_is_told(shown: Page, api: Api) -> None:
    log = "document.querySelector('#detail pre').innerText"
    shown["location.hash = 'default/good'"]
    shown.until(f"document.querySelector('#detail pre') && {log}.includes('again')")
    api.close()

    shown.until("document.querySelector('#link').className === 'bad'")
    assert "no answer for" in shown["document.querySelector('#link').innerText"]
    assert "old" in shown["document.body.className"]
    shown.until(f"{log}.includes('the agent doesn\\'t answer')")
    assert "again" in shown[log]
    assert len(shown[ROWS]) == 2
