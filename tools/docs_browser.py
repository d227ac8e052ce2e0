#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0
#
# docs_browser.py - the site of tools/docs_site.py in a browser: what does not fit, leads nowhere, is missing
#
# Where: on the build machine, after tools/setup --browser (Debian's chromium, and Selenium, which drives it).
# Usage: docs_browser.py SITE SHOTS [PAGE]...     SITE: the folder of html; SHOTS: where pictures of the pages go;
#                                                 PAGE: relative to SITE, e.g. house.html; else all of them
#
# Each page is opened at the width of a phone and of a desktop. A line on stdout for each fault; exit status 1 if any.
# The links that lead out of the site are not followed: nobody's network is needed.
import argparse
import base64
import functools
import glob
import http.server
import os
import sys
import threading
import urllib.error
import urllib.parse
import urllib.request

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

# name: width, height; is it a phone, which takes the page's word for how wide it is
SIZES = {"phone": (390, 844, True), "desktop": (1280, 900, False)}
TALLEST = 8000  # of a picture; a page of tables is far longer on a phone

# What the page says of itself. An element's edges count up to the first ancestor that scrolls; one that hides what
# sticks out of it makes it unreadable. The 1: edges are fractions of pixels.
LOOK = r"""
const wide = document.documentElement.clientWidth, faults = [];
// A theme may ask for a scale of 0.9; one that says nothing gets 980.
if (wide > 1.2 * arguments[0])
    faults.push(`laid out for a width of ${wide}`);
if (document.scrollingElement.scrollWidth > wide)
    faults.push(`overflow: ${document.scrollingElement.scrollWidth} wide`);
function name(e) {
    const text = e.textContent.trim().replace(/\s+/g, " ").slice(0, 40);
    return `<${[e.localName, ...e.classList].join(".")}> "${text}"`;
}
function box_of(node) {
    if (node.getBoundingClientRect)
        return node.getBoundingClientRect();
    const range = document.createRange();
    range.selectNode(node);
    return range.getBoundingClientRect();
}
function sticks_out(node) {
    const box = box_of(node);
    if (!box.width || !box.height || getComputedStyle(node.parentElement).visibility === "hidden")
        return false;
    for (let up = node.parentElement; up; up = up.parentElement) {
        const overflow = getComputedStyle(up).overflowX, edge = up.getBoundingClientRect();
        if (up === document.body || up === document.documentElement || overflow === "visible")
            continue;
        const outside = box.right > edge.right + 1 || box.left < edge.left - 1;
        if (overflow === "auto" || overflow === "scroll")
            return outside && box.left + up.scrollLeft < edge.left - 1;
        return outside;
    }
    return box.right > wide + 1 || box.left < -1;
}
const out = [];
const nodes = document.createTreeWalker(document.body, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
while (nodes.nextNode())
    if (sticks_out(nodes.currentNode))
        out.push(nodes.currentNode);
for (const node of out.filter(node => !out.includes(node.parentElement)).slice(0, 5))
    faults.push(`sticks out: ${name(node.localName ? node : node.parentElement)}`);
for (const i of document.images)
    if (!i.complete || !i.naturalWidth)
        faults.push(`no image: ${i.getAttribute("src")}`);
return {
    faults,
    height: document.documentElement.scrollHeight,
    links: [...document.querySelectorAll("a[href]")].map(a => [a.href, a.getAttribute("href")]),
    ids: [...document.querySelectorAll("[id], a[name]")].map(e => e.id || e.name),
};
"""


class Server(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format, *args):  # pylint: disable=redefined-builtin
        pass

    def do_GET(self):
        # The browser asks by itself.
        if self.path == "/favicon.ico":
            self.send_response(204)
            self.end_headers()
        else:
            super().do_GET()


class Servers(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        pass  # the browser has gone on to the next page


def serve(site):
    server = Servers(("127.0.0.1", 0), functools.partial(Server, directory=site))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/"


def browser(width, height, phone):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in ("headless=new", "disable-dev-shm-usage", "hide-scrollbars", f"window-size={width},{height}"):
        options.add_argument("--" + argument)
    # Its sandbox can't be root's.
    if os.geteuid() == 0:
        options.add_argument("--no-sandbox")
    if phone:
        metrics = {"width": width, "height": height, "pixelRatio": 1, "mobile": True}
        options.add_experimental_option("mobileEmulation", {"deviceMetrics": metrics})
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(service=Service("/usr/bin/chromedriver"), options=options)
    if not phone:
        # Without a window's frame.
        driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride",
                               {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False})
    return driver


def shoot(driver, width, height, file):
    clip = {"x": 0, "y": 0, "width": width, "height": min(height, TALLEST), "scale": 1}
    picture = driver.execute_cdp_cmd("Page.captureScreenshot", {"captureBeyondViewport": True, "clip": clip})
    os.makedirs(os.path.dirname(file), exist_ok=True)
    with open(file, "wb") as out:
        out.write(base64.b64decode(picture["data"]))


def look(base, shots, pages, size):
    """The pages at one size: page -> what LOOK returned; faults are printed."""
    width, height, phone = SIZES[size]
    driver = browser(width, height, phone)
    seen = {}
    try:
        for page in pages:
            driver.get(base + urllib.parse.quote(page))
            seen[page] = found = driver.execute_script(LOOK, width)
            found["faults"] += ["console: " + entry["message"] for entry in driver.get_log("browser")
                                if entry["level"] == "SEVERE"]
            shoot(driver, width, found["height"], f"{shots}/{size}/{os.path.splitext(page)[0]}.png")
    finally:
        driver.quit()
    return seen


def exists(url):
    try:
        with urllib.request.urlopen(url):
            return True
    except urllib.error.HTTPError:
        return False


def dead_links(base, seen):
    """(page, link) of those that lead nowhere in the site; anchors are those that the browser made of a page."""
    there = {}
    for page, found in seen.items():
        for url, link in found["links"]:
            where, _, anchor = url.partition("#")
            if not where.startswith(base):
                if urllib.parse.urlsplit(where).scheme == "file":
                    yield page, link
                continue
            if where not in there:
                there[where] = exists(where)
            target = os.path.normpath(urllib.parse.unquote(where[len(base):]) or "index.html")
            no_anchor = anchor and target in seen and urllib.parse.unquote(anchor) not in seen[target]["ids"]
            if not there[where] or no_anchor:
                yield page, link


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("site")
    parser.add_argument("shots")
    parser.add_argument("pages", nargs="*")
    args = parser.parse_args()
    pages = args.pages or sorted(os.path.relpath(file, args.site)
                                 for file in glob.glob(args.site + "/**/*.html", recursive=True))
    base = serve(args.site)
    faults = set()
    for size in SIZES:
        seen = look(base, args.shots, pages, size)
        faults |= {f"{page}: {size}: {fault}" for page, found in seen.items() for fault in found["faults"]}
        faults |= {f"{page}: dead link: {link}" for page, link in dead_links(base, seen)}
    print("".join(fault + "\n" for fault in sorted(faults)), end="")
    print(f"# {len(pages)} pages, {len(SIZES)} sizes, {len(faults)} faults", file=sys.stderr)
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
