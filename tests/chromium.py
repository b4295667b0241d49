"""A pytest plugin: where Chromium is, and what a run without it has to say.

`python -m tests.chromium` installs Debian's when it may (root, apt). Without it the tests marked `browser` are left out
and the run says so; RISTORO_BROWSER=required turns that, and a skipped browser test, into a failure.
"""

import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import sync_playwright

ARGUMENTS = ["--no-sandbox", "--disable-gpu"]
NAMES = ("chromium", "chromium-browser", "google-chrome")
LEFT_OUT = "LEFT OUT: the browser tests, because there is no Chromium here (Debian: apt-get install chromium)."


def find():
    """The path of Chromium, or None."""
    return os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)


class Chrome:
    """One Chromium for all tests of a process, in a thread of its own: that of the tests keeps the database."""

    def __init__(self):
        self.thread, self.playwright, self.browser = ThreadPoolExecutor(1), None, None

    def visit(self, site, story, *, cookies, **options):
        """Runs `story(page)` in a fresh context and returns what the page did that it should not: errors of scripts, of
        the console and requests to other hosts."""
        return self.thread.submit(self.run, site, story, cookies, options).result(timeout=120)

    def run(self, site, story, cookies, options):
        if self.browser is None or not self.browser.is_connected():
            self.playwright = self.playwright or sync_playwright().start()
            self.browser = self.playwright.chromium.launch(executable_path=find(), args=ARGUMENTS)
        context = self.browser.new_context(base_url=site, **options)
        try:
            context.add_cookies([{"name": name, "value": value, "url": site} for name, value in cookies.items()])
            page, trouble = context.new_page(), []
            page.on("console", lambda said: said.type == "error" and trouble.append(said.text))
            page.on("pageerror", lambda error: trouble.append(str(error)))
            page.on("request", lambda sent: sent.url.startswith((site, "data:", "blob:")) or trouble.append(sent.url))
            story(page)
            return trouble
        finally:
            context.close()

    def close(self):
        if self.playwright:
            self.thread.submit(self.playwright.stop).result(timeout=60)
        self.thread.shutdown()


@pytest.fixture(scope="session")
def chrome():
    shared = Chrome()
    yield shared
    shared.close()


def install():
    """Asks apt for Chromium if we are root; a machine that refuses is left as it is."""
    if find() or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", "chromium"]):
        if subprocess.run(["apt-get", "-q", *arguments], env=env, stdin=subprocess.DEVNULL, check=False).returncode:
            print(f"apt-get {arguments[0]} failed; going on without Chromium.", file=sys.stderr)
            return


def required():
    return os.environ.get("RISTORO_BROWSER") == "required"


def pytest_configure(config):
    if required() and not find():
        raise pytest.UsageError("RISTORO_BROWSER=required, but there is no Chromium.")


def pytest_collection_modifyitems(config, items):
    if find():
        return
    left_out = [item for item in items if item.get_closest_marker("browser")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """A browser test may not be skipped where the browser is required."""
    report = yield
    if report.skipped and required() and item.get_closest_marker("browser"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, but RISTORO_BROWSER=required"
    return report


def pytest_terminal_summary(terminalreporter):
    if not find():
        terminalreporter.section("not everything was tested", sep="!", red=True, bold=True)
        terminalreporter.line(LEFT_OUT, red=True, bold=True)


if __name__ == "__main__":
    install()
