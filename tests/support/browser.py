"""Chromium without a window, driven over a pipe by its DevTools protocol; nothing to install."""

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")
QUIET = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync",
         "--disable-background-networking", "--disable-component-update", "--no-proxy-server",
         "--remote-debugging-pipe")  # fmt: skip


class Browser:
    """A page in Chromium.

    Args:
        commands: File descriptor that Chromium reads.
        answers: File descriptor that it writes.

    Attributes:
        asked: URLs that the page has asked for.
        console: What its scripts have written as warnings and errors.
    """

    def __init__(self, commands: int, answers: int) -> None:
        self._commands, self._answers = commands, answers
        self._buffer = b""
        self._count = 0
        self._session: str | None = None
        self.asked: list[str] = []
        self.console: list[str] = []
        page = self._call("Target.createTarget", url="about:blank")["targetId"]
        attached = self._call("Target.attachToTarget", targetId=page, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self._call(f"{domain}.enable")

    def open(self, url: str) -> None:
        """Begin to load a page."""
        self._call("Page.navigate", url=url)

    def show_at(self, width: int, height: int, media: str = "screen") -> None:
        """Lay the page out for a screen or sheet of some CSS pixels."""
        self._call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
            mobile=width < 500,
        )  # fmt: skip
        self._call("Emulation.setEmulatedMedia", media=media)

    def evaluate(self, script: str) -> Any:
        """Return the value of an expression of JavaScript in the page."""
        result = self._call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in result, result
        return result["result"].get("value")

    def click(self, selector: str, number: int = 0) -> None:
        """Click on the middle of an element, as a mouse does."""
        place = self.evaluate(
            f"(() => {{ const e = document.querySelectorAll({json.dumps(selector)})[{number}];"
            "e.scrollIntoView({block: 'center'}); const r = e.getBoundingClientRect();"
            "return [r.x + r.width / 2, r.y + r.height / 2] })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self._call(
                "Input.dispatchMouseEvent", type=kind, x=place[0], y=place[1], button="left",
                clickCount=1,
            )  # fmt: skip

    def wait_for(self, text: str, patience_s: float = 60) -> str:
        """Wait until the page shows a text; return all that it shows."""
        ends = time.monotonic() + patience_s
        while time.monotonic() < ends:
            shown = str(self.evaluate("document.body ? document.body.innerText : ''"))
            if text in shown:
                return shown
            time.sleep(0.1)
        raise AssertionError(f"{text!r} is not in:\n{shown}\n{self.console}")

    def _call(self, method: str, **parameters: Any) -> Any:
        self._count += 1
        message: dict[str, Any] = {"id": self._count, "method": method, "params": parameters}
        if self._session is not None:
            message["sessionId"] = self._session
        os.write(self._commands, json.dumps(message).encode() + b"\0")
        while True:
            answer = self._read()
            if answer.get("id") == self._count:
                assert "error" not in answer, answer
                return answer["result"]
            self._note(answer)

    def _read(self) -> Any:
        while b"\0" not in self._buffer:
            piece = os.read(self._answers, 1 << 16)
            assert piece, "Chromium has ended"
            self._buffer += piece
        answer, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(answer)

    def _note(self, event: Any) -> None:
        parameters = event.get("params", {})
        if event["method"] == "Network.requestWillBeSent":
            self.asked.append(parameters["request"]["url"])
        elif event["method"] == "Log.entryAdded":
            self.console.append(f"{parameters['entry']['level']}: {parameters['entry']['text']}")
        elif event["method"] == "Runtime.exceptionThrown":
            self.console.append(str(parameters["exceptionDetails"]))


@contextmanager
def browser(profile: Path) -> Iterator[Browser]:
    """Start Chromium with a profile of its own, and end it."""
    assert CHROMIUM is not None
    reads_commands, commands = os.pipe()
    answers, writes_answers = os.pipe()
    # The protocol wants the descriptors 3 and 4. A shell puts them there, whatever they are here.
    redirect = f'exec "$@" 3<&{reads_commands} 4>&{writes_answers}'
    process = subprocess.Popen(
        ["bash", "-c", redirect, "bash", CHROMIUM, *QUIET, f"--user-data-dir={profile}"],
        pass_fds=(reads_commands, writes_answers),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(reads_commands)
    os.close(writes_answers)
    try:
        yield Browser(commands, answers)
    finally:
        os.close(commands)  # Chromium ends with its pipe
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        os.close(answers)
