"""The page of a reading kit in a headless Chromium: keys, touch, reload, saved answers. Skips where there is no browser."""

import csv
import time

import browser
import pytest
from kit_world import evaluation, key_of, make_kit

SIZES = ((1280, 800), (390, 844), (320, 568), (844, 390))


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    if browser.found() is None:
        pytest.skip(f"no browser: none of {', '.join(browser.NAMES)} is installed, or no bash")
    opened = browser.Browser(tmp_path_factory.mktemp("profile"))
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def kit(tmp_path_factory):
    return make_kit(tmp_path_factory.mktemp("kit"), each=2, repeats=4, break_every=5)


def begin(page, kit, reader):
    page.open(kit / "kit.html")
    page.call("Runtime.evaluate", expression="document.getElementById('reader').focus()")
    page.call("Input.insertText", text=reader)
    page.value("document.querySelector('#begin button').click()")
    page.until("!document.getElementById('reading').hidden && document.getElementById('picture').naturalWidth > 0")


def text(page, name):
    return page.value(f"document.getElementById('{name}').textContent")


def visible(page):
    return page.value("['start', 'reading', 'pause', 'end'].filter(id => !document.getElementById(id).hidden).join()")


def chosen(page):
    return page.value("[...document.querySelectorAll('#panel .choices [aria-pressed=true]')].map(b => b.value).join()")


def saved(page, folder, button):
    """The rows of the file that a button saves."""
    page.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(folder))
    page.value(f"document.getElementById('{button}').click()")
    end = time.monotonic() + 20
    while not (files := list(folder.glob("answers_*.csv"))):
        assert time.monotonic() < end, "nothing was saved"
        time.sleep(0.05)
    return files[0], list(csv.DictReader(files[0].read_text().splitlines()))


def test_keys_reload_and_saved_answers(chromium, kit, tmp_path):
    chromium.window(1280, 800)
    key = key_of(kit)
    total = len(key["items"])
    begin(chromium, kit, "Lynx7")
    given = []

    def answer(judgement, type_key):
        chromium.press(judgement)
        chromium.press(type_key)
        names = {"1": "red_blood_cell", "2": "eosinophil", "0": "none_of_these"}
        given.append(({"r": "real", "f": "fake"}[judgement], names[type_key]))

    for judgement, type_key in (("r", "1"), ("f", "2"), ("f", "0")):
        answer(judgement, type_key)
    assert text(chromium, "count") == f"4 of {total}"
    # One half of an answer is kept too, and does not go on.
    chromium.press("2")
    assert text(chromium, "count") == f"4 of {total}" and chosen(chromium) == "eosinophil"
    # Back to the second one, which shows its answer; another judgement replaces it, and the arrow goes on.
    chromium.press("b")
    chromium.press("ArrowLeft")
    assert text(chromium, "count") == f"2 of {total}" and chosen(chromium) == "fake,eosinophil"
    chromium.press("r")
    given[1] = ("real", "eosinophil")
    chromium.press("ArrowRight")
    assert text(chromium, "count") == f"3 of {total}"

    order = chromium.value("session.order")
    chromium.reload()
    assert visible(chromium) == "start" and f"Go on as lynx7 (3 of {total})" in text(chromium, "earlier")
    chromium.value("document.querySelector('#earlier button').click()")
    assert chromium.value("session.order") == order
    assert text(chromium, "count") == f"4 of {total}" and chosen(chromium) == "eosinophil"
    chromium.press("f")
    given.append(("fake", "eosinophil"))
    answer("r", "2")
    assert visible(chromium) == "pause"
    # No key answers anything in the break.
    chromium.press("r")
    chromium.value("document.getElementById('continue').click()")
    assert chosen(chromium) == ""
    while len(given) < total:
        answer("fr"[len(given) % 2], "12"[len(given) % 3 == 0])
        if visible(chromium) == "pause":
            chromium.value("document.getElementById('continue').click()")
    assert visible(chromium) == "end"

    path, rows = saved(chromium, tmp_path, "save-all")
    assert [(row["judgement"], row["type"]) for row in rows] == given
    assert [row["item"] for row in rows] == order and [row["shown"] for row in rows] == [str(n + 1) for n in range(total)]
    assert {(row["kit"], row["reader"]) for row in rows} == {(key["kit"], "lynx7")}
    assert all(row["milliseconds"].isdigit() for row in rows)
    assert chromium.value("document.getElementById('copy').value").splitlines() == path.read_text().splitlines()
    # What the page saves is what the scores read.
    assert evaluation("kit_score", "--key", kit / "key.json", "--answers", path, "--out", tmp_path / "kit_scores.tsv") == 0


def test_another_reader_has_another_order_and_repeats_come_late(chromium, kit):
    key = key_of(kit)
    orders = []
    for reader in ("ann", "bob"):
        begin(chromium, kit, reader)
        orders.append(chromium.value("session.order"))
    assert orders[0] != orders[1] and sorted(orders[0]) == sorted(orders[1]) == sorted(i["item"] for i in key["items"])
    for order in orders:
        assert all(order.index(i["item"]) - order.index(i["again"]) >= 4 for i in key["items"] if i["again"])


def test_touch(chromium, kit):
    chromium.window(390, 844, touch=True)
    begin(chromium, kit, "touch")
    chromium.tap("#judgements button:nth-child(2)")
    chromium.until("document.querySelector('#judgements button:nth-child(2)').ariaPressed === 'true'")
    chromium.tap("#types button:nth-child(1)")
    chromium.until("document.getElementById('count').textContent.startsWith('2 of')")
    assert chromium.value("Object.values(session.answers)[0].judgement") == "fake"


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_readable_at_any_size(chromium, kit, size):
    """Nothing lies outside the window or on the picture, which is no smaller than a cell needs."""
    chromium.window(*size, touch=size[0] < 1000)
    begin(chromium, kit, "size")
    assert chromium.value(
        "document.documentElement.scrollWidth <= innerWidth && document.documentElement.scrollHeight <= innerHeight"
    )
    assert chromium.value(
        "(([p, q]) => p.right <= q.left || p.bottom <= q.top)(['frame', 'panel'].map(i => document.getElementById(i)"
        ".getBoundingClientRect()))"
    )
    assert chromium.value("(r => Math.min(r.width, r.height) >= 140)(document.getElementById('picture').getBoundingClientRect())")


def test_labels_and_no_request(chromium, kit):
    chromium.events.clear()
    begin(chromium, kit, "labels")
    assert chromium.value("document.getElementById('picture').alt").startswith("Picture 1 of")
    unnamed = "[...document.querySelectorAll('button')].filter(b => !b.textContent.trim()).length"
    assert chromium.value(unnamed) == 0 and chromium.value("document.querySelector('label[for=reader]') !== null")
    chromium.value("1")
    asked = [e["params"]["request"]["url"] for e in chromium.events if e["method"] == "Network.requestWillBeSent"]
    assert asked and all(url.startswith(("file:", "data:")) for url in asked)
    wrong = [e for e in chromium.events if e["method"] == "Runtime.exceptionThrown" or e["method"] == "Log.entryAdded"]
    assert wrong == []
