"""The page in Chromium, where that is installed."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image

from iclip.report.page import build_report
from iclip.report.render import to_html
from tests.support.browser import CHROMIUM, Browser, browser
from tests.support.class_files import VIDEO, detected, write_classes
from tests.support.run_folder import DETECTION, pretraining, write_run

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    folder = tmp_path_factory.mktemp("runs")
    write_runs(folder)
    out = folder / "report.html"
    out.write_text(to_html(build_report([folder])))
    with browser(tmp_path_factory.mktemp("profile")) as opened:
        opened.open(out.as_uri())
        opened.wait_for("Provenance")
        yield opened


def write_runs(folder: Path) -> None:
    for seed in range(2):
        write_run(
            folder / f"iCLIP/seed{seed}", pretraining(data="toy/"), {"seen/top1": 50.0 + seed}
        )
    frequencies = {"lvis/AP": 30.0, "lvis/APr": 20.0, "lvis/APc": 30.0, "lvis/APf": 35.0}
    write_run(folder / "detection", DETECTION, frequencies)
    (folder / "detection/pictures").mkdir()
    for number in range(40):
        scene = folder / f"detection/pictures/scene_{number:02}.png"
        Image.new("RGB", (64, 48), (0, 128, 3 * number)).save(scene)
    confusion = {"names": ["disc", "star"], "counts": [[3, 1], [2, 2]]}
    result = {"metric": "top-1", "value": 62.5, "images": 8, "confusion": confusion}
    (folder / "detection/zeroshot.json").write_text(json.dumps({"results": {"toy": result}}))
    (folder / "detection/per_class.json").write_text(json.dumps(detected(10)))
    name = "a class that somebody has given a very long name"
    for run, checkpoint in (("pre-trained", "a.pth"), ("from scratch", None)):
        values = {f"{name} {i}": 2.0 * i for i in range(40)}
        write_classes(folder / "a folder with a rather long name" / run, values,
                      checkpoint=checkpoint)  # fmt: skip
    write_classes(
        folder / "video", {"left": 75.0, "right": 50.0}, VIDEO, confusion=[[3, 1], [2, 2]]
    )


def count(page: Browser, selector: str) -> int:
    return int(page.evaluate(f"document.querySelectorAll({json.dumps(selector)}).length"))


def test_tables_plots_and_pictures_are_there_without_a_word_on_the_console(page: Browser):
    for section in ("paper", "section-c", "toy", "classes", "evaluations", "curves", "pictures"):
        assert count(page, f"section#{section}") == 1
    assert count(page, "table") == count(page, "caption") == count(page, "thead") >= 8
    assert count(page, "svg") == count(page, "figcaption") - count(page, "img") >= 9
    assert count(page, "img") == count(page, 'img[alt^="Predict"]') > 1
    assert page.console == []
    assert [url for url in page.asked if not url.startswith(("file:", "data:"))] == []


def test_pictures_far_below_the_screen_are_there_for_the_printer(page: Browser):
    shown = "[...document.images].filter(image => image.complete && image.naturalWidth).length"
    assert page.evaluate(shown) == count(page, "img")


@pytest.mark.parametrize("width", [390, 1280])
def test_page_is_no_wider_than_the_screen(width: int, page: Browser):
    page.show_at(width, 800)
    root = "document.documentElement"
    assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth")
    # A title stays within the screen, however wide its table.
    titles = "[...document.querySelectorAll('caption span')]"
    assert page.evaluate(f"{titles}.every(e => e.getBoundingClientRect().right <= innerWidth)")


def test_nothing_is_cut_on_paper(page: Browser):
    page.show_at(794, 1123, media="print")  # A4 at 96 pixels per inch
    cut = "[...document.querySelectorAll('.scroll')].filter(e => e.scrollWidth > e.clientWidth)"
    assert page.evaluate(f"{cut}.map(e => e.ariaLabel)") == []


def test_lines_break_between_the_words_of_a_name(page: Browser):
    captions = page.evaluate("[...document.images].map(i => i.nextElementSibling.innerHTML)")
    assert captions[0] == "detection / scene_<wbr>00.png"
