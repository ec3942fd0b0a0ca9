"""How soon the player's page can be used on a slow phone: `python -m benchmarks.bench_server_page`.

As Lighthouse slows a phone down: processor 4 times, 150 ms to the server and back, 1.6 Mbit/s down, 0.75 up. Twice:
by the clock, which other work on this machine holds up too; and reckoned as Lighthouse does by default, from the
round trips that must follow one another, the bytes, and 4 times the processor time of the page's main thread.
"""

import secrets
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from gamelabel.service.launch_tokens import sign_launch
from tests.service.databases import new_url
from tests.service.harness import GAME_KEY, Service
from tests.service.processes import SERVICE, Process

ROUNDS = 5
SLOWER, ROUND_TRIP_MS, BYTES_PER_MS = 4, 150, 1.6e6 / 8 / 1e3
ROUND_TRIPS = 4  # to connect, to agree on TLS 1.3, for the page, and for all that it names
BYTES = """performance.getEntries().filter(e => e.transferSize && !e.name.includes('/v1/'))
  .reduce((sum, e) => sum + e.transferSize, 0)"""
# when the first slide has been painted, in milliseconds since the page was asked for
SEEN = """new MutationObserver(() => {
  if (!window.seen && document.getElementById('slide-1')?.hidden === false) {
    window.seen = -1
    requestAnimationFrame(() => setTimeout(() => { window.seen = performance.now() }))
  }
}).observe(document, { subtree: true, childList: true, attributes: true })"""


def first_slide(browser: Browser, address: str, slow: bool) -> tuple[float, float]:
    """Milliseconds until a newcomer can press the first button, by the clock and reckoned for the slow phone."""
    page = browser.new_context(viewport={"width": 360, "height": 640}).new_page()
    page.set_default_timeout(120_000)  # a busy machine is slow to begin
    page.add_init_script(SEEN)
    tools = page.context.new_cdp_session(page)
    tools.send("Performance.enable")
    if slow:
        tools.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
        tools.send("Network.enable")
        lines = {
            "latency": ROUND_TRIP_MS,
            "downloadThroughput": 1e3 * BYTES_PER_MS,
            "uploadThroughput": 0.75e6 / 8,
        }
        lines["offline"] = False
        tools.send("Network.emulateNetworkConditions", lines)
    player = secrets.token_urlsafe()
    page.goto(f"{address}/play/chess#{sign_launch(GAME_KEY, 'chess', player, player, time.time())}")
    page.wait_for_selector("#slide-1", state="visible")
    while (seen := page.evaluate("window.seen")) < 0:
        pass
    metrics = {one["name"]: one["value"] for one in tools.send("Performance.getMetrics")["metrics"]}
    sent = page.evaluate(BYTES) / BYTES_PER_MS
    page.click("#slide-1 button")
    page.wait_for_selector("#slide-2", state="visible")
    page.context.close()
    return seen, ROUND_TRIPS * ROUND_TRIP_MS + sent + SLOWER * 1e3 * metrics["ThreadTime"]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        url = new_url("sqlite", Path(folder))
        Service(url).store.close()
        service = Process(SERVICE, url, str(Path(folder) / "keys.json"))
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        first_slide(browser, service.address, slow=False)  # the service's first page is the slowest
        rounds = [
            [first_slide(browser, service.address, slow) for slow in (True, False)]
            for _ in range(ROUNDS)
        ]
        for name, times in {
            "slow phone, by the clock": [slow[0] for slow, _ in rounds],
            "slow phone, reckoned": [quick[1] for _, quick in rounds],
            "as it is here, by the clock": [quick[0] for _, quick in rounds],
        }.items():
            print(
                f"{name}: the first button after {median(times):.0f} ms, {min(times):.0f} to {max(times):.0f}"
            )
        browser.close()
        service.kill()
