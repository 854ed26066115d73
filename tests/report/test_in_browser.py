"""The page in Chromium, where that is installed."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from PIL import Image

from iclip.report.page import build_report
from iclip.report.render import to_html
from tests.support.class_files import VIDEO, detected, write_classes
from tests.support.run_folder import DETECTION, pretraining, write_run

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update",
         "--enable-logging=stderr")  # fmt: skip

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")


@pytest.fixture
def page(tmp_path: Path) -> Path:
    for seed in range(2):
        write_run(
            tmp_path / f"iCLIP/seed{seed}", pretraining(data="toy/"), {"seen/top1": 50.0 + seed}
        )
    frequencies = {"lvis/AP": 30.0, "lvis/APr": 20.0, "lvis/APc": 30.0, "lvis/APf": 35.0}
    write_run(tmp_path / "detection", DETECTION, frequencies)
    (tmp_path / "detection/pictures").mkdir()
    Image.new("RGB", (64, 48), "teal").save(tmp_path / "detection/pictures/scene.png")
    confusion = {"names": ["disc", "star"], "counts": [[3, 1], [2, 2]]}
    result = {"metric": "top-1", "value": 62.5, "images": 8, "confusion": confusion}
    (tmp_path / "detection/zeroshot.json").write_text(json.dumps({"results": {"toy": result}}))
    (tmp_path / "detection/per_class.json").write_text(json.dumps(detected(10)))
    name = "a class that somebody has given a very long name"
    for run, checkpoint in (("pre-trained", "a.pth"), ("from scratch", None)):
        values = {f"{name} {i}": 2.0 * i for i in range(40)}
        write_classes(tmp_path / "a folder with a rather long name" / run, values,
                      checkpoint=checkpoint)  # fmt: skip
    write_classes(
        tmp_path / "video", {"left": 75.0, "right": 50.0}, VIDEO, confusion=[[3, 1], [2, 2]]
    )
    out = tmp_path / "report.html"
    out.write_text(to_html(build_report([tmp_path])))
    return out


def browse(page: Path, profile: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [str(CHROMIUM), *QUIET, f"--user-data-dir={profile}", *options, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


def test_tables_plots_and_pictures_are_there_without_a_word_on_the_console(
    page: Path, tmp_path: Path
):
    shown = browse(page, tmp_path / "profile", "--dump-dom")
    assert "CONSOLE" not in shown.stderr
    dom = shown.stdout
    for section in ("paper", "section-c", "toy", "classes", "evaluations", "curves", "pictures"):
        assert f'<section id="{section}"' in dom
    assert dom.count("<table>") >= 8
    assert dom.count("<svg") == dom.count("<figcaption>") - dom.count("<img ") >= 9
    assert dom.count("<table>") == dom.count("<caption>") == dom.count("<thead>")
    assert dom.count("<img ") == dom.count(' alt="Predict') == 1


@pytest.mark.parametrize("width", [390, 1280])
def test_page_is_no_wider_than_the_screen(width: int, page: Path, tmp_path: Path):
    # In a frame, since a window of Chromium has a smallest width.
    frame = tmp_path / "frame.html"
    frame.write_text(
        f'<iframe id="f" width="{width}" height="800" src="{page.name}"></iframe><script>'
        "f.onload = () => { const root = f.contentDocument.documentElement;"
        "document.body.append(root.scrollWidth <= root.clientWidth ? 'it ' + 'fits' : 'too wide') }"
        "</script>"
    )
    dom = browse(frame, tmp_path / "p", "--allow-file-access-from-files", "--dump-dom").stdout
    assert "it fits" in dom


def test_screenshot_is_not_blank(page: Path, tmp_path: Path):
    shot = tmp_path / "shot.png"
    browse(page, tmp_path / "profile", f"--screenshot={shot}", "--window-size=900,1600")
    with Image.open(shot) as picture:
        colors = picture.convert("RGB").getcolors(1 << 24)
    assert len(colors) > 50
