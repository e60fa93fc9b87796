"""One real Chromium for all browser tests of a process.

Traps: Playwright's sync API keeps a running event loop in its thread and refuses to start a second time
beside it, so two fixtures of narrower scope fail wherever chance puts both in one process. And Django refuses
the database beside a loop, also for all tests that come after.

Without Chromium these tests are skipped with a reason; with CI=true they fail instead.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"

CHROMIUM = os.environ.get("MUSTER_CHROMIUM", "/usr/bin/chromium")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    if not Path(CHROMIUM).exists():
        reason = f"There is no Chromium at {CHROMIUM}; MUSTER_CHROMIUM names another."
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
