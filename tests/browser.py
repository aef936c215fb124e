"""A headless Chromium for the tests that look at pages: offline, and noting everything that goes wrong."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

#: Whether nothing changes for as long as the page's own timers wait at most. Timers and frames are counted in the page,
#: so that a busy machine delays both alike.
_SETTLED = """async () => {
    const frame = () => new Promise(requestAnimationFrame);
    let changes = 1;
    const observer = new MutationObserver(() => { changes += 1; });
    observer.observe(document, { subtree: true, childList: true, attributes: true, characterData: true });
    await frame().then(frame);
    while (changes) {
        changes = 0;
        await new Promise((resolve) => setTimeout(resolve, 250));
        await frame().then(frame);
    }
    observer.disconnect();
}"""

_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def chromium() -> str | None:
    """Return the path of an installed Chromium or Chrome, None if there is none."""
    names = ("/usr/bin/chromium", "chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


@pytest.fixture(scope="module")
def open_page():
    """Give a function that opens an HTML file and returns the page; its `troubles` should stay empty.

    `open_page(html, width=1400, height=900, scheme="light", touch=False)`

    One page shows one file after the other: a new one takes more time than what most tests do in it.
    """
    executable = chromium()
    if executable is None:
        pytest.skip("no Chromium on this machine")
    api = pytest.importorskip("playwright.sync_api", reason="no Playwright to drive Chromium with")
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=_FLAGS)

        pages = {}

        def new_page(width, height, scheme, touch):
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme=scheme,
                has_touch=touch,
                is_mobile=touch,
            )
            context.set_offline(True)
            page = context.new_page()
            page.set_default_timeout(60_000)
            page.on("console", lambda m: m.type == "error" and page.troubles.append(f"console: {m.text}"))
            page.on("pageerror", lambda error: page.troubles.append(f"error: {error}"))
            page.on("requestfailed", lambda request: page.troubles.append(f"failed: {request.url[:200]}"))
            page.on("dialog", lambda dialog: (page.troubles.append(f"dialog: {dialog.message}"), dialog.dismiss()))
            return page

        def open_one(html: Path, width=1400, height=900, scheme="light", touch=False):
            how = width, height, scheme, touch
            page = pages[how] = pages.get(how) or new_page(*how)
            page.goto("about:blank")  # so that a file that is shown already is read again
            page.troubles = []
            page.goto(Path(html).resolve().as_uri())
            return page

        yield open_one
        browser.close()


def settle(page) -> None:
    """Wait until the page has drawn all that it is going to draw, however busy the machine is."""
    page.evaluate(_SETTLED)


def boxes_of(locator) -> list[dict[str, float]]:
    """Where the elements are, in pixels."""
    return [element.bounding_box() for element in locator.all()]


def overlapping(boxes: list[dict[str, float]]) -> list[tuple[int, int]]:
    """The pairs of boxes that cover each other by more than a pixel."""

    def apart(one, other):
        return (
            one["x"] + one["width"] <= other["x"] + 1
            or other["x"] + other["width"] <= one["x"] + 1
            or one["y"] + one["height"] <= other["y"] + 1
            or other["y"] + other["height"] <= one["y"] + 1
        )

    return [(i, j) for i in range(len(boxes)) for j in range(i) if not apart(boxes[i], boxes[j])]
