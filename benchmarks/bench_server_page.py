"""Time until the player's page can be used on a slow phone, measured and estimated.

    python -m benchmarks.bench_server_page

The phone is that of Lighthouse: a processor 4 times slower, 150 ms for a round trip, 1.6 Mbit/s
down and 0.75 up. Wall time depends on other load of the machine. The estimate, which is
Lighthouse's default, is computed from the number of round trips, the bytes, and 4 times the
processor time of the page's main thread.
"""

import secrets
import shutil
import tempfile
import time
from pathlib import Path
from statistics import median

from playwright.sync_api import Browser, sync_playwright

from benchmarks.timing import make_parser
from gamelabel.service.launch_tokens import sign_launch
from tests.service.databases import new_url
from tests.service.harness import GAME_KEY, Service
from tests.service.processes import SERVICE, Process

ROUNDS = 5
SLOWER, ROUND_TRIP_MS, BYTES_PER_MS = 4, 150, 1.6e6 / 8 / 1e3
ROUND_TRIPS = 4  # for TCP, TLS 1.3, the page, and the files that it loads
BYTES = """performance.getEntries().filter(e => e.transferSize && !e.name.includes('/v1/'))
  .reduce((sum, e) => sum + e.transferSize, 0)"""
# When the first slide has been painted, in milliseconds since the request for the page.
FIRST_PAINT = """new MutationObserver(() => {
  if (!window.painted && document.getElementById('slide-1')?.hidden === false) {
    window.painted = -1
    requestAnimationFrame(() => setTimeout(() => { window.painted = performance.now() }))
  }
}).observe(document, { subtree: true, childList: true, attributes: true })"""


def first_slide(browser: Browser, address: str, slow: bool) -> tuple[float, float]:
    """Return the milliseconds until the first button can be pressed, measured and estimated."""
    page = browser.new_context(viewport={"width": 360, "height": 640}).new_page()
    page.set_default_timeout(120_000)  # for busy machines
    page.add_init_script(FIRST_PAINT)
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
    while (painted := page.evaluate("window.painted")) < 0:
        pass
    metrics = {
        entry["name"]: entry["value"] for entry in tools.send("Performance.getMetrics")["metrics"]
    }
    sent = page.evaluate(BYTES) / BYTES_PER_MS
    page.click("#slide-1 button")
    page.wait_for_selector("#slide-2", state="visible")
    page.context.close()
    return painted, ROUND_TRIPS * ROUND_TRIP_MS + sent + SLOWER * 1e3 * metrics["ThreadTime"]


if __name__ == "__main__":
    make_parser(__doc__).parse_args()
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
            "slow phone, measured": [slow[0] for slow, _ in rounds],
            "slow phone, estimated": [fast[1] for _, fast in rounds],
            "this machine, measured": [fast[0] for _, fast in rounds],
        }.items():
            print(
                f"{name}: first button after {median(times):.0f} ms, "
                f"{min(times):.0f} to {max(times):.0f}"
            )
        browser.close()
        service.kill()
