#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""report.html in Chromium, driven through chromedriver (W3C WebDriver): what it shows is what the run's CSV files say.

browser.py RUN HOSTILE: RUN is a run's folder, HOSTILE a page made of hostile strings. Prints what was looked at; the first thing
that is wrong ends it with status 1. HARNESS_TEST_SCREENSHOTS=DIR keeps pictures of the page there.
"""
import base64
import csv
import gzip
import http.client
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

PATIENCE_S = 60
ARGUMENTS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
             "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--window-size=1280,1000"]


class Wrong(Exception):
    pass


def check(true, text):
    if not true:
        raise Wrong(text)


class Browser:
    """chromedriver on a port of its own choice, and one session."""

    def __init__(self, scratch):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True)
        self.port = None
        for line in self.driver.stdout:
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                self.port = int(found.group(1))
                break
        check(self.port, "chromedriver did not start")
        self.session = None
        options = {"args": ARGUMENTS + [f"--user-data-dir={scratch}/profile"]}
        wanted = {"browserName": "chrome", "goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}}
        self.session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": wanted}})["sessionId"]

    def call(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        at = path if self.session is None else f"/session/{self.session}{path}"
        connection.request(method, at, None if body is None else json.dumps(body), {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())["value"]
        connection.close()
        if isinstance(answer, dict) and "error" in answer:
            raise Wrong(f"{method} {path}: {answer['error']}: {answer.get('message', '')[:500]}")
        return answer

    def close(self):
        try:
            if self.session is not None:
                self.call("DELETE", "")
        except (OSError, Wrong, http.client.HTTPException):
            pass
        self.driver.terminate()
        try:
            self.driver.wait(10)
        except subprocess.TimeoutExpired:
            self.driver.kill()
            self.driver.wait()

    def load(self, path):
        self.call("POST", "/url", {"url": pathlib.Path(path).resolve().as_uri()})

    def run(self, script, *arguments):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def cdp(self, command, **parameters):
        return self.call("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def wait(self, what, script, *arguments):
        until = time.monotonic() + PATIENCE_S
        while True:
            value = self.run(script, *arguments)
            if value:
                return value
            check(time.monotonic() < until, f"waited in vain for {what}")
            time.sleep(0.02)

    def find(self, selector):
        return self.call("POST", "/element", {"using": "css selector", "value": selector})

    def click(self, selector):
        element = next(iter(self.find(selector).values()))
        self.run("document.querySelector(arguments[0]).scrollIntoView({block: 'center', behavior: 'instant'});", selector)
        self.call("POST", f"/element/{element}/click", {})

    def move(self, x, y):
        pointer = {"type": "pointerMove", "duration": 0, "origin": "viewport", "x": round(x), "y": round(y)}
        self.call("POST", "/actions", {"actions": [{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": [pointer]}]})

    def press(self, *keys):
        steps = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.call("POST", "/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": steps}]})

    def complaints(self):
        return [entry for entry in self.call("POST", "/se/log", {"type": "browser"}) if entry["level"] in ("WARNING", "SEVERE")]

    def shot(self, name, whole=True):
        folder = os.environ.get("HARNESS_TEST_SCREENSHOTS")
        if folder:
            data = self.cdp("Page.captureScreenshot", captureBeyondViewport=whole)["data"]
            pathlib.Path(folder, name + ".png").write_bytes(base64.b64decode(data))


def rows_of(path):
    text = gzip.open(path, "rt", encoding="utf-8", newline="") if path.suffix == ".gz" else open(path, encoding="utf-8", newline="")
    with text:
        return list(csv.DictReader(text))


class Run:
    """The CSV files of a run's folder."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.tables = {}

    def table(self, name):
        if name not in self.tables:
            path = self.folder / name
            check(path.is_file(), f"{name}: a table cites it, but it is not there")
            self.tables[name] = rows_of(path)
        return self.tables[name]

    def row(self, name, key):
        wanted = dict(part.split("=", 1) for part in (key.split(";") if "check=" not in key else [key]))
        found = [row for row in self.table(name) if all(row.get(column) == value for column, value in wanted.items())]
        check(found, f"{name}: has no row {key}")
        return found[0]


def plain(text):
    return text.replace("\u202f", "")


def same(shown, unit, value):
    if unit == "percent":
        return shown.endswith("%") and abs(float(plain(shown)[:-1]) - float(value) * 100) <= 0.00501
    if unit == "seconds":
        return shown.endswith("s") and abs(float(plain(shown)[:-1]) - int(value) / 1e9) <= 0.000501
    return shown == value


CELLS = """
return [...document.querySelectorAll('[data-file] [data-column], [data-file][data-column]')].map((cell) => {
  const source = cell.closest('[data-file]');
  return [source.dataset.file, source.dataset.row, cell.dataset.column, cell.dataset.unit || '', cell.textContent];
});
"""


def test_tables(browser, run):
    cells = browser.run(CELLS)
    files = set()
    for file, key, column, unit, shown in cells:
        row = run.row(file, key)
        check(column in row, f"{file}: has no column {column}")
        check(same(shown, unit, row[column]), f"{file}: {key}: {column} is {row[column]}, the page shows {shown}")
        files.add(file.split("/")[-1])
    for file in ("phases.csv", "reasons.csv", "checks.csv"):
        check(file in files, f"no table cites {file}")
    print(f"{len(cells)} cells are what the CSV files say ({', '.join(sorted(files))})")


def view(browser, lab):
    """What the lab's chart shows, in ns, once it has been drawn."""
    browser.run("return 0")
    browser.call("POST", "/execute/async", {"script": "const done = arguments[0]; requestAnimationFrame(() => requestAnimationFrame(() => done(0)));", "args": []})
    shown = browser.run("const d = document.querySelector(`.chart[data-lab='${arguments[0]}']`).dataset; return [d.from, d.to, d.inView];", lab)
    return int(shown[0]), int(shown[1]), int(shown[2])


def near(one, other):
    return abs(one - other) <= 2


def test_click(browser, run, lab):
    phases = run.table(f"{lab}/phases.csv")
    before = view(browser, lab)
    for phase in phases[:2]:
        browser.click(f".chart[data-lab='{lab}'] button[data-zoom-to='{phase['phase']}']")
        start, end, _ = view(browser, lab)
        check(near(start, int(phase["start_ns"])) and near(end, int(phase["end_ns"])), f"{lab}: a click on {phase['phase']} shows {start} to {end}")
    browser.click(f".chart[data-lab='{lab}'] button[data-zoom-to='Boot']")
    check(view(browser, lab) == before, f"{lab}: a click on Boot does not show the boot again")
    # The same by the names in the tables, if they stand above the picture or below.
    browser.click(f"[data-zoom='{lab}'][data-from='{phases[1]['start_ns']}'] button")
    check(near(view(browser, lab)[0], int(phases[1]["start_ns"])), f"{lab}: a click on a name in a table does not zoom")
    print(f"{lab}: clicks zoom")


def test_drag(browser, lab):
    browser.click(f".chart[data-lab='{lab}'] button[data-zoom-to='Boot']")
    start, end, _ = view(browser, lab)
    box = graph_box(browser, lab)
    y = box["top"] + box["height"] / 3
    steps = [{"type": "pointerMove", "duration": 0, "origin": "viewport", "x": round(box["left"] + box["width"] * 0.4), "y": round(y)},
             {"type": "pointerDown", "button": 0},
             {"type": "pointerMove", "duration": 50, "origin": "viewport", "x": round(box["left"] + box["width"] * 0.6), "y": round(y)},
             {"type": "pointerUp", "button": 0}]
    browser.call("POST", "/actions", {"actions": [{"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": steps}]})
    narrow = view(browser, lab)
    check(narrow[0] > start and narrow[1] < end and narrow[1] - narrow[0] < (end - start) / 3, f"{lab}: dragging shows {narrow[0]} to {narrow[1]}")
    print(f"{lab}: dragging zooms")


def graph_box(browser, lab):
    return browser.run("const b = document.querySelector(`.chart[data-lab='${arguments[0]}'] .graph`); b.scrollIntoView({block: 'center', behavior: 'instant'});"
                       "return b.getBoundingClientRect().toJSON();", lab)


FIELDS = """
return Object.fromEntries([...document.querySelectorAll(`.chart[data-lab='${arguments[0]}'] .readout dd`)].map((d) => [d.dataset.field, d.dataset.value]));
"""


def test_hover(browser, run, lab):
    exits = run.table(f"{lab}/exits.csv.gz")
    last = 0
    for zoom in ("Boot", run.table(f"{lab}/phases.csv")[1]["phase"]):
        browser.click(f".chart[data-lab='{lab}'] button[data-zoom-to='{zoom}']")
        start, end, _ = view(browser, lab)
        box = graph_box(browser, lab)
        last = 0
        for part in (0.15, 0.4, 0.65, 0.9):
            browser.move(box["left"] + box["width"] * part, box["top"] + box["height"] / 3)
            shown = browser.wait("the exit at the pointer", FIELDS, lab)
            row = exits[int(shown["seq"]) - 1]
            for field in ("seq", "t_ns", "reason", "name", "info1", "rip", "cycles"):
                check(shown[field] == row[field], f"{lab}/exits.csv.gz: seq {row['seq']}: {field} is {row[field]}, the page shows {shown[field]}")
            check(int(row["t_ns"]) > last, f"{lab}: exits at the pointer do not follow it")
            last = int(row["t_ns"])
        check(start <= last <= end, f"{lab}: the exit at the pointer is not in view")
    print(f"{lab}: the exits at the pointer are those of exits.csv.gz")


def test_keys(browser, run, lab):
    box = f"document.querySelector(`.chart[data-lab='{lab}'] .frame`)"
    browser.click(f".chart[data-lab='{lab}'] button[data-zoom-to='Boot']")
    browser.run(f"{box}.focus();")
    start, end, _ = before = view(browser, lab)
    browser.press("+")
    zoomed = view(browser, lab)
    check(near((zoomed[1] - zoomed[0]) * 2, end - start), f"{lab}: + does not halve what is in view")
    browser.press("\ue014")
    panned = view(browser, lab)
    check(panned[0] > zoomed[0] and near(panned[1] - panned[0], zoomed[1] - zoomed[0]), f"{lab}: the right arrow does not pan")
    browser.press("-")
    check(view(browser, lab)[1] - view(browser, lab)[0] > zoomed[1] - zoomed[0] + 2, f"{lab}: - does not zoom out")
    browser.press("\ue011")
    check(view(browser, lab) == before, f"{lab}: Home does not show the boot")
    browser.press(".")
    first = browser.run(FIELDS, lab)
    browser.press(".")
    check(int(browser.run(FIELDS, lab)["seq"]) == int(first["seq"]) + 1, f"{lab}: the full stop does not go to the next exit")
    print(f"{lab}: keys zoom, pan, and go from exit to exit")


def test_list(browser, run, lab):
    exits = run.table(f"{lab}/exits.csv.gz")
    for _ in range(40):
        browser.press("+")
        start, end, count = view(browser, lab)
        if count < 200:
            break
    check(0 < count < 200, f"{lab}: zooming in leaves {count} exits in view")
    shown = browser.run("return [...document.querySelectorAll(`.chart[data-lab='${arguments[0]}'] .list tbody tr`)].map((r) => r.cells[0].textContent);", lab)
    wanted = [row["seq"] for row in exits if start <= int(row["t_ns"]) < end]
    # What is in view is rounded to whole ns when it is told.
    check(abs(len(shown) - len(wanted)) <= 1 and len(shown) == count, f"{lab}: {len(wanted)} exits in view, {len(shown)} listed")
    check({plain(seq) for seq in shown} & set(wanted), f"{lab}: other exits are listed than are in view")
    print(f"{lab}: the {count} exits in view are listed")


def background(browser):
    return browser.run("return getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number);")


def test_colors(browser):
    browser.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "light"}])
    check(min(background(browser)) > 200, "light is not light")
    browser.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    check(max(background(browser)) < 80, "dark is not dark")
    browser.shot("dark")
    browser.click("#theme")
    check(min(background(browser)) > 200, "the button does not make it light")
    browser.click("#theme")
    check(max(background(browser)) < 80, "the button does not make it dark")
    browser.cdp("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "light"}])
    check(max(background(browser)) < 80, "what the button chose does not last")
    browser.click("#theme")
    print("light and dark, by the system and by the button")


FITTING = """
return [...document.querySelectorAll('.graph')].every((graph) => {
  const drawn = graph.querySelector('canvas').clientWidth;
  return drawn > 250 && drawn <= graph.clientWidth && drawn > graph.clientWidth - 20;
});
"""


def test_print(browser):
    browser.cdp("Emulation.setEmulatedMedia", media="print")
    shown = browser.run("const s = (q) => getComputedStyle(document.querySelector(q)).display;"
                        "return [s('.chart'), s('.chart + figure'), s('nav')];")
    # The window changes while the charts are hidden: there again, they fit.
    browser.cdp("Emulation.setDeviceMetricsOverride", width=800, height=1000, deviceScaleFactor=1, mobile=False)
    browser.cdp("Emulation.setEmulatedMedia", media="")
    browser.wait("charts as wide as the window", FITTING)
    browser.cdp("Emulation.clearDeviceMetricsOverride")
    check(shown == ["none", "block", "none"], f"printed: chart, picture, navigation are {shown}")
    folder = os.environ.get("HARNESS_TEST_SCREENSHOTS")
    data = base64.b64decode(browser.cdp("Page.printToPDF", preferCSSPageSize=True)["data"])
    check(data.startswith(b"%PDF"), "it cannot be printed")
    if folder:
        pathlib.Path(folder, "print.pdf").write_bytes(data)
    print("printed, the pictures stand in place of the charts")


def test_phone(browser):
    browser.cdp("Emulation.setDeviceMetricsOverride", width=360, height=780, deviceScaleFactor=2, mobile=True)
    wide = browser.run("return [document.documentElement.scrollWidth, innerWidth];")
    browser.wait("charts as wide as the window", FITTING)
    browser.shot("phone")
    browser.cdp("Emulation.clearDeviceMetricsOverride")
    check(wide == [360, 360], f"at 360 pixels the page is {wide[0]} wide in a window of {wide[1]}")
    print("360 pixels: nothing sticks out")


def visible(browser, root, selector):
    count = 0
    for node in browser.cdp("DOM.querySelectorAll", nodeId=root, selector=selector)["nodeIds"]:
        try:
            model = browser.cdp("DOM.getBoxModel", nodeId=node)["model"]
        except Wrong:
            continue
        count += 1 if model["width"] > 0 and model["height"] > 0 else 0
    return count


def test_without_script(browser, page):
    browser.cdp("Emulation.setScriptExecutionDisabled", value=True)
    browser.load(page)
    root = browser.cdp("DOM.getDocument", depth=0)["root"]["nodeId"]
    for selector, least in (("section table", 5), ("section svg", 5), ("noscript p", 1)):
        count = visible(browser, root, selector)
        check(count >= least, f"without JavaScript only {count} of {selector} are shown")
    check(visible(browser, root, ".chart, #theme, section button") == 0, "without JavaScript there are controls that do nothing")
    browser.shot("no-script")
    browser.cdp("Emulation.setScriptExecutionDisabled", value=False)
    print("without JavaScript: tables and pictures")


def test_hostile(browser, page):
    browser.load(page)
    browser.wait("the hostile page", "return document.documentElement.dataset.ready;")
    check(browser.run("return typeof window.__pwned;") == "undefined", "what a guest wrote was executed")
    check(browser.run("return document.querySelectorAll('img:not(.dygraph-rangesel-zoomhandle), iframe, object, embed, link, base').length;") == 0, "what a guest wrote became markup")
    check(browser.run("return document.body.textContent.includes('__pwned');"), "the hostile page has nothing hostile in it")
    charts = browser.run("return [...document.querySelectorAll('.chart')].map((c) => c.hidden);")
    check(charts == [False, False], "the hostile page has no charts")
    browser.shot("hostile")
    complaints = browser.complaints()
    check(not complaints, f"the hostile page: {complaints}")
    print("a hostile run's page executes nothing")


def test_page(browser, run, page):
    browser.load(page)
    ready = browser.wait("the page", "return document.documentElement.dataset.ready;")
    print(f"{page.stat().st_size} bytes, interactive after {ready} ms")
    browser.shot("light")
    test_tables(browser, run)
    labs = browser.run("return [...document.querySelectorAll('.chart:not([hidden])')].map((c) => c.dataset.lab);")
    check(labs, "there are no charts")
    check(browser.run("return [...document.querySelectorAll('figure.static')].every((f) => f.clientHeight === 0);"), "charts and pictures of the same are shown")
    for lab in labs:
        test_click(browser, run, lab)
        test_drag(browser, lab)
        test_hover(browser, run, lab)
        browser.shot(f"hover-{lab}", whole=False)
        test_keys(browser, run, lab)
        test_list(browser, run, lab)
        browser.shot(f"list-{lab}", whole=False)
        browser.press("\ue011")
    test_colors(browser)
    test_print(browser)
    test_phone(browser)
    complaints = browser.complaints()
    check(not complaints, f"the console has complaints: {complaints}")


def main():
    run, hostile = Run(sys.argv[1]), pathlib.Path(sys.argv[2])
    page = run.folder / "report.html"
    with tempfile.TemporaryDirectory() as scratch:
        browser = Browser(scratch)
        try:
            test_page(browser, run, page)
            test_without_script(browser, page)
            test_hostile(browser, hostile)
        except Wrong as wrong:
            print(f"FAIL: {wrong}", file=sys.stderr)
            return 1
        finally:
            browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
