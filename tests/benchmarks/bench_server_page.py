"""How soon the player's page can be used on a slow phone: `python -m tests.benchmarks.bench_server_page`.

As Lighthouse slows a phone down: processor 4 times, 150 ms to the server and back, 1.6 Mbit/s down, 0.75 up.
"""

import secrets
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from gamelabel.server.tokens import sign_launch
from tests.server.databases import new_url
from tests.server.processes import SERVICE, Process
from tests.server.worlds import GAME_KEY, Service

ROUNDS = 7
# when the first slide has been painted, in milliseconds since the page was asked for
SEEN = """new MutationObserver(() => {
  if (!window.seen && document.getElementById('slide-1')?.hidden === false) {
    window.seen = -1
    requestAnimationFrame(() => setTimeout(() => { window.seen = performance.now() }))
  }
}).observe(document, { subtree: true, childList: true, attributes: true })"""


def first_slide(browser: Browser, address: str, slow: bool) -> float:
    """Milliseconds until a newcomer can press the first button."""
    page = browser.new_context(viewport={"width": 360, "height": 640}).new_page()
    page.add_init_script(SEEN)
    tools = page.context.new_cdp_session(page)
    if slow:
        tools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        tools.send("Network.enable")
        lines = {"latency": 150, "downloadThroughput": 1.6e6 / 8, "uploadThroughput": 0.75e6 / 8, "offline": False}
        tools.send("Network.emulateNetworkConditions", lines)
    player = secrets.token_urlsafe()
    page.goto(f"{address}/play/chess#{sign_launch(GAME_KEY, 'chess', player, player, time.time())}")
    page.click("#slide-1 button")
    seen = page.evaluate("window.seen")
    page.wait_for_selector("#slide-2", state="visible")
    page.context.close()
    return seen


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        url = new_url("sqlite", Path(folder))
        Service(url).store.close()
        service = Process(SERVICE, url, str(Path(folder) / "keys.json"))
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        first_slide(browser, service.address, slow=False)  # the service's first page is the slowest
        rounds = [[first_slide(browser, service.address, slow) for slow in (True, False)] for _ in range(ROUNDS)]
        for name, times in zip(("slow phone", "as it is here"), zip(*rounds, strict=True), strict=True):
            print(f"{name}: the first button after {median(times):.0f} ms, {min(times):.0f} to {max(times):.0f}")
        browser.close()
        service.kill()
