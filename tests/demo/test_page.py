"""The page in Chromium, served from the demo's environment, where these two are installed."""

import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image

from tests.support.browser import CHROMIUM, Browser, browser
from tests.support.source_imports import REPO

PYTHON = Path(sys.prefix) / "demo" / "bin" / "python"
pytestmark = pytest.mark.skipif(
    not PYTHON.exists(), reason="the demo's environment is not there: tools/demo_environment.sh"
)


@dataclass
class Served:
    """A page that is served by another process.

    Attributes:
        process: The server.
        lines: What it printed.
    """

    process: subprocess.Popen[str]
    lines: list[str] = field(default_factory=list)

    def told(self, word: str, patience_s: float = 120) -> str:
        """Wait for the line that begins with a word; return the rest of it."""
        ends = time.monotonic() + patience_s
        while time.monotonic() < ends and self.process.poll() is None:
            for line in [*self.lines]:
                if line.startswith(word):
                    return line.removeprefix(word).strip()
            time.sleep(0.05)
        raise AssertionError(f"no {word} in: {''.join(self.lines)}")


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("images")
    three_cups = Image.new("RGB", (90, 60), "teal")
    for x in range(3):
        three_cups.putpixel((x, 0), (255, 0, 0))
    three_cups.save(folder / "three cups.png")
    Image.new("RGB", (60, 60), "gold").save(folder / "gold.png")
    Image.new("RGB", (60, 60), "black").save(folder / "night.png")
    return [folder / f"{name}.png" for name in ("three cups", "gold", "night")]


@pytest.fixture(scope="module")
def served(images: list[Path]) -> Iterator[Served]:
    command = [str(PYTHON), "-m", "tests.support.demo_page", "detection", *map(str, images)]
    process = subprocess.Popen(
        command, cwd=REPO, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    found = Served(process)
    assert process.stdout is not None
    reader = threading.Thread(target=lambda: found.lines.extend(process.stdout or ()), daemon=True)
    reader.start()
    yield found
    process.kill()
    process.wait()


@pytest.fixture(scope="module")
def opened(served: Served, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """The page after its first answer."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not installed")
    url = served.told("READY")
    with browser(tmp_path_factory.mktemp("profile")) as page:
        page.open(url)
        page.wait_for("0.875")
        yield page


def test_first_example_is_predicted_on_at_once(opened: Browser) -> None:
    shown = opened.wait_for("0.875")
    assert "iCLIP: detection" in shown and "2 classes: cup, dog" in shown
    assert shown.count("0.875") == 3, "a row per cup"


def test_similar_images_leave_out_the_image_itself(opened: Browser) -> None:
    shown = opened.wait_for("gold.png 0.50")
    assert "three cups.png 0.50" not in shown


def test_another_example_gets_an_answer_of_its_own(opened: Browser) -> None:
    opened.click("#examples button", 1)
    shown = opened.wait_for("three cups.png 0.50")
    assert "0.875" not in shown


def test_error_is_shown_in_words_and_takes_the_answer_before_away(opened: Browser) -> None:
    opened.click("#examples button", 2)
    shown = opened.wait_for("Problem")
    told = opened.evaluate("document.querySelector('[data-testid=textbox]').value")
    assert told == "night.png: an image without light"
    assert "three cups.png 0.50" not in shown


def test_page_asks_this_machine_only(opened: Browser, served: Served) -> None:
    hosts = {urlsplit(url).hostname for url in opened.asked if url.startswith(("http", "ws"))}
    assert hosts == {"127.0.0.1"}, opened.asked
    assert not [line for line in served.lines if line.startswith("ASKED")]


def fetch(url: str, **headers: str) -> int:
    """The status of an answer."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(urllib.request.Request(url, headers=headers), timeout=30) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_other_host_names_are_refused(served: Served) -> None:
    url = served.told("READY")
    assert fetch(url) == 200
    assert fetch(url, Host="attacker.example") == 400


def test_files_that_are_not_examples_are_not_served(served: Served, images: list[Path]) -> None:
    url = served.told("READY") + "/gradio_api/file="
    assert fetch(url + str(images[0]).replace(" ", "%20")) == 200
    secret = images[0].with_name("secret.png")
    shutil.copy(images[0], secret)
    assert fetch(url + str(secret)) == 403
    assert fetch(url + "/etc/passwd") == 403


def test_uploads_are_gone_after_the_end(served: Served) -> None:
    uploads = Path(served.told("UPLOADS"))
    assert uploads.is_dir()
    served.process.send_signal(signal.SIGTERM)
    assert served.process.wait(timeout=60) == 0
    assert not uploads.exists()
