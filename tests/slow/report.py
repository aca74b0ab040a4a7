#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The page of scripts/report.py in a real browser without a network: every selector is set to each of its values by the
keyboard and mouse, and what the charts then show is the file's."""
import base64
import csv
import io
import itertools
import math
import os
import shutil
import time

import numpy
import xarray
from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from harness import BUILD, FULL, TMP, check, run, run_test, script, sweep, write_json
from resultfile import FEASIBLE


LEAST = "least_carbon_"


def browser():
    options = webdriver.ChromeOptions()
    for word in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                 "--window-size=1300,1800", "--host-resolver-rules=MAP * ~NOTFOUND", f"--user-data-dir={TMP}/profile"):
        options.add_argument(word)
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if shutil.which(name):
            options.binary_location = shutil.which(name)
            break
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    return webdriver.Chrome(service=Service(shutil.which("chromedriver")), options=options)


def close(a, b, tolerance=1e-6):
    if a is None or b is None or math.isnan(b) or (isinstance(a, float) and math.isnan(a)):
        return (a is None or math.isnan(a)) and (b is None or math.isnan(b))
    return math.isclose(a, b, rel_tol=tolerance)


Y = {
    "carbon_total": lambda p: p.carbon_total / 1000,
    "carbon_operation": lambda p: (p.carbon_operational + p.carbon_servers) / 1000,
    "carbon_embodied": lambda p: p.carbon_embodied / 1000,
    "embodied_inventory": lambda p: p.embodied_inventory / 1000,
    "embodied_share": lambda p: p.carbon_embodied / p.carbon_total,
    "energy": lambda p: (p.energy + p.energy_servers) / 1000,
    "devices": lambda p: p.devices,
    "device_hours": lambda p: p.devices * p.training_time / 3600,
    "mfu": lambda p: p.mfu,
    "training_days": lambda p: p.training_time / 86400,
    "carbon_per_compute": lambda p: p.carbon_total / p["compute"] * 1e21,
    "carbon_per_token": lambda p: p.carbon_total / p.tokens * 1e6,
}


def wait_for_page(driver):
    WebDriverWait(driver, 30).until(
        lambda d: d.find_element(By.TAG_NAME, "body").get_attribute("data-ready") == "yes")


class Page:
    def __init__(self, driver, path, data):
        self.driver, self.data = driver, data
        least = {name: data[LEAST + name] for name in data.data_vars if LEAST + name in data}
        self.plans = {"": data, LEAST: data.assign(least)}
        driver.get(path.as_uri())
        wait_for_page(driver)

    def choose(self, name, value):
        Select(self.driver.find_element(By.ID, name)).select_by_value(value)

    def options(self, name):
        return [option.get_attribute("value") for option in Select(self.driver.find_element(By.ID, name)).options]

    def selectors(self):
        found = self.driver.find_elements(By.CSS_SELECTOR, "#controls select")
        return [element.get_attribute("id") for element in found]

    def run(self, script, *arguments):
        return self.driver.execute_script("return (function () {" + script + "}).apply(null, arguments)", *arguments)

    def state(self):
        return self.run("""const s = csReport.state;
            return {x: s.x, y: s.y, each: s.each, pick: s.pick, at: s.at, plan: csReport.shown.plan};""")

    def shown(self, chart):
        return self.run("""return csReport.charts[arguments[0]].data.datasets.map((set) =>
            set.data.map((p) => [p.x, Number.isNaN(p.y) ? null : p.y, p.point.at]));""", chart)

    def agrees(self, text):
        """Every point of the large chart and of the two beside it is the file's."""
        state = self.state()
        for chart, key in (("main-chart", state["y"]), ("mfu-chart", "mfu"), ("devices-chart", "devices")):
            wrong = 0
            for line in self.shown(chart):
                wrong += [x for x, _, _ in line] != sorted(x for x, _, _ in line)
                for x, y, at in line:
                    place = self.plans[state["plan"]].isel(**at)
                    wrong += not close(y, float(Y[key](place)))
                    wanted = float(place[state["x"][4:]] if state["x"].startswith("dim:") else place[state["x"]])
                    wrong += not close(x, wanted)
            check(wrong == 0, f"{text}: {wrong} points of {chart} are not the file's")

    def no_errors(self, text):
        log = [entry for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
        check(not log, f"{text}: {log}")


def selectors(page):
    """Each value of each selector; the others stay."""
    for name in page.selectors():
        before = page.options(name)
        current = Select(page.driver.find_element(By.ID, name)).first_selected_option.get_attribute("value")
        for value in before:
            page.choose(name, value)
            page.agrees(f"{name} = {value}")
            page.no_errors(f"{name} = {value}")
            state = page.state()
            if name.startswith("dim-") and value == "each":
                check(state["each"] == name[4:], f"{name}: one line for each")
            elif name.startswith("dim-"):
                check(state["pick"][name[4:]] == int(value), f"{name} = {value} is taken")
            if name == "plan":
                check(state["plan"] == value, f"the plan {value} is taken")
                words = page.driver.find_element(By.ID, "selected").text
                wanted = {"": "Plan: fewest devices", LEAST: "Plan: least carbon"}[value]
                check(wanted in words, f"the page says which plan it shows: {words}")
            if name == "x":
                page.choose(name, current)
        page.choose(name, current)


def pairs(page):
    """Two selectors at once."""
    names = [name for name in page.selectors() if name.startswith("dim-")]
    for one, other in itertools.combinations(names, 2):
        page.choose(one, page.options(one)[-1])
        page.choose(other, page.options(other)[-1])
        page.agrees(f"{one} and {other} at their last")
    page.choose("dim-hardware", "each")


def hover_and_click(page):
    driver = page.driver
    canvas = driver.find_element(By.ID, "main-chart")
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", canvas)
    spot = page.run("""const p = csReport.charts["main-chart"].getDatasetMeta(0).data[1]; return [p.x, p.y];""")
    size = canvas.size
    ActionChains(driver).move_to_element_with_offset(canvas, int(spot[0] - size["width"] / 2),
                                                     int(spot[1] - size["height"] / 2)).perform()
    time.sleep(0.3)
    tip = page.run("""const t = csReport.charts["main-chart"].tooltip;
        return {opacity: t.opacity, title: t.title, body: t.body.flatMap((b) => b.lines)};""")
    check(tip["opacity"] == 1 and any(line.startswith("plan t") for line in tip["body"]),
          f"hover shows the plan: {tip}")
    check(any(line.startswith("least carbon: ") for line in tip["body"]), f"hover shows the other plan: {tip}")
    check(any("runs: " in line for line in tip["body"]), f"hover shows the validation error: {tip}")
    colours_now = page.run("""return ["main-chart", "mfu-chart", "devices-chart"].map((id) =>
        csReport.charts[id].data.datasets.map((set) => set.borderColor === set.colour));""")
    lit = [sum(chart) for chart in colours_now]
    check(lit == [1, 1, 1], f"the line under the pointer stands out in every chart: {colours_now}")
    ActionChains(driver).click().perform()
    clicked = page.run('return csReport.charts["main-chart"].data.datasets[0].data[1].point.at.model;')
    check(page.state()["at"] == clicked, "a click on a point moves the bars there")
    box = page.run("""const l = csReport.charts["main-chart"].legend.legendHitBoxes[0];
        return [l.left + 5, l.top + 5];""")
    ActionChains(driver).move_to_element_with_offset(canvas, int(box[0] - size["width"] / 2),
                                                     int(box[1] - size["height"] / 2)).click().perform()
    time.sleep(0.2)
    visible = page.run('return csReport.charts["main-chart"].isDatasetVisible(0);')
    rows = page.run("return new Set(csReport.selection().map((p) => p.at.hardware)).size;")
    check(not visible and rows == page.data.sizes["hardware"] - 1, "a click in the legend hides a line, and its rows")
    ActionChains(driver).click().perform()
    check(page.run('return csReport.charts["main-chart"].isDatasetVisible(0);'), "... and another shows it again")


def tables(page):
    driver = page.driver
    for up in (True, False):
        heads = driver.find_elements(By.CSS_SELECTOR, "#points thead th")
        head = next(th for th in heads if th.text.startswith("Carbon"))
        driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", head)
        head.find_element(By.TAG_NAME, "button").click()
        order = page.run("""const head = [...document.querySelectorAll("#points thead th")];
            const i = head.findIndex((th) => th.textContent.startsWith("Carbon"));
            const rows = [...document.querySelectorAll("#points tbody tr")];
            return [head[i].getAttribute("aria-sort"), rows.map((r) => r.cells[i].textContent)];""")
        numbers = [float(cell.split()[0].replace(",", "")) for cell in order[1] if cell != "–"]
        check(order[0] == ("ascending" if up else "descending"), f"the head says {order[0]}")
        check(numbers == sorted(numbers, reverse=not up) and len(numbers) > 5, "rows are sorted by number")
        check("–" not in order[1][:len(numbers)], "rows without a plan come last")
    driver.find_element(By.ID, "csv-selection").click()
    driver.find_element(By.ID, "csv-all").click()
    for name in ("quick-selection.csv", "quick-us-east5.csv"):
        WebDriverWait(driver, 10).until(lambda _: (TMP / "downloads" / name).exists())
        lines = list(csv.DictReader(io.StringIO((TMP / "downloads" / name).read_text(), newline="")))
        wrong = 0
        for line in lines:
            place = page.data.sel(model=line["model"], hardware=line["hardware"], year=int(line["year"]),
                                  qat=line["qat"], region=line["region"])
            wrong += not close(float(line["carbon_total_kg"] or "nan"), float(place.carbon_total))
            wrong += not close(float(line["devices"] or "nan"), float(place.devices))
            wrong += not close(float(line["least_carbon_total_kg"] or "nan"), float(place.least_carbon_carbon_total))
            wrong += line["chosen_by"] != "fewest devices"
        check(wrong == 0 and lines, f"{name}: {wrong} cells are not the file's")
    every = page.data.status.size
    check(len(lines) == every, f"every point: {len(lines)} lines for {every}")


def linear(colour):
    channel = numpy.array([int(colour[i:i + 2], 16) for i in (1, 3, 5)]) / 255
    return numpy.where(channel <= 0.04045, channel / 12.92, ((channel + 0.055) / 1.055) ** 2.4)


def lab(rgb):
    xyz = numpy.array([[.4124, .3576, .1805], [.2126, .7152, .0722], [.0193, .1192, .9505]]) @ rgb / [.9505, 1, 1.089]
    f = numpy.where(xyz > 0.008856, numpy.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return numpy.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


# Machado, Oliveira and Fernandes 2009, severity 1.
VISION = {
    "full": numpy.eye(3),
    "protan": numpy.array([[.152286, 1.052583, -.204868], [.114503, .786281, .099216], [-.003882, -.048116, 1.051998]]),
    "deutan": numpy.array([[.367322, .860646, -.227968], [.280085, .672501, .047413], [-.011820, .042940, .968881]]),
    "tritan": numpy.array([[1.255528, -.076749, -.178779], [-.078411, .930809, .147602], [.004733, .691367, .303900]]),
}


def colours(page):
    looks = page.run("""return csReport.charts["main-chart"].data.datasets.map((d) =>
        [d.borderColor, JSON.stringify(d.borderDash), d.pointStyle]);""")
    check(len({tuple(one) for one in looks}) == len(looks), "no two lines look alike")
    for name, matrix in VISION.items():
        seen = {colour: lab(numpy.clip(matrix @ linear(colour), 0, 1)) for colour, _, _ in looks}
        for (a, x), (b, y) in itertools.combinations(seen.items(), 2):
            alike = numpy.linalg.norm(x - y) < 8
            marks = [{(dash, mark) for colour, dash, mark in looks if colour == one} for one in (a, b)]
            check(not alike or not marks[0] & marks[1], f"{a} and {b} look alike ({name}) and have the same mark")


def phone_and_print(page):
    driver = page.driver
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", {"width": 390, "height": 844, "deviceScaleFactor": 2,
                                                                 "mobile": True})
    driver.refresh()
    wait_for_page(driver)
    wide = page.run("return [document.documentElement.scrollWidth, innerWidth];")
    check(wide[0] <= 390, f"a phone need not scroll sideways: {wide}")
    small = page.run("""return [...document.querySelectorAll("p, td, th, select, button, label")].filter(
        (e) => e.offsetParent && parseFloat(getComputedStyle(e).fontSize) < 11.5).length;""")
    check(small == 0, f"{small} elements have letters too small to read")
    narrow = page.run("""return ["main-chart", "mfu-chart", "split-chart"].map(
        (id) => document.getElementById(id).clientWidth);""")
    check(min(narrow) >= 330, f"charts take the width of the phone: {narrow}")
    driver.save_screenshot(str(BUILD / "log/report-phone.png"))
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    driver.refresh()
    wait_for_page(driver)
    driver.save_screenshot(str(BUILD / "log/report.png"))
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    check(not driver.find_element(By.ID, "controls").is_displayed(), "selectors are not printed")
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    pdf = base64.b64decode(driver.execute_cdp_cmd("Page.printToPDF", {"printBackground": False})["data"])
    pages = pdf.count(b"/Type /Page\n") or pdf.count(b"/Type /Page ") or pdf.count(b"/Type/Page")
    check(len(pdf) > 20000 and 1 <= pages <= 12, f"the print has {pages} pages, {len(pdf)} bytes")


def full_page(driver):
    """The main job's sweep, that of `make sweep` where it is there: of a size that opens quickly, its points the
    file's."""
    results = BUILD / "full.h5"
    if not results.exists():
        results = sweep("full", FULL, ranks=os.cpu_count())
    run(*script("report.py", results, "--output", "full.html"))
    size = (TMP / "full.html").stat().st_size
    check(size < 15e6, f"the page of the full sweep has {size / 1e6:.1f} MB")
    names = ("status", "carbon_total", "carbon_operational", "carbon_servers", "carbon_embodied", "devices", "mfu",
             "training_time", "energy", "energy_servers", "memory_per_device", "embodied_inventory", "tokens",
             "compute", "parameters_total")
    names += tuple(LEAST + name for name in names[:12])
    with xarray.open_dataset(results) as data:
        data = data[list(names)].load()
        begun = time.monotonic()
        page = Page(driver, TMP / "full.html", data)
        print(f"full sweep: {data.carbon_total.size} points, {size / 1e6:.1f} MB, "
              f"{time.monotonic() - begun:.1f} s to open")
        random = numpy.random.default_rng(7)
        places = [{name: int(random.integers(size)) for name, size in data.carbon_total.sizes.items()}
                  for _ in range(400)]
        for prefix in ("", LEAST):
            found = page.run("return arguments[0].map((at) => csReport.point(at, arguments[1]));", places, prefix)
            wrong = 0
            for at, point in zip(places, found):
                place = page.plans[prefix].isel(**at)
                wrong += point["feasible"] != (int(place.status) == FEASIBLE)
                for name in names[1:11]:
                    wrong += not close(point.get(name), float(place[name]))
            check(wrong == 0, f"{wrong} values of the full page are not the file's: {prefix}")
        for name in (name for name in page.selectors() if name.startswith("dim-")):
            page.choose(name, page.options(name)[-1])
            page.agrees(f"the full page, {name} at its last")
        page.no_errors("the full page")


def main():
    errors = write_json("errors.json", {"families": {"H100": {"cases": 7, "mape": 0.031}}})
    run(*script("report.py", sweep("quick"), "--output", "quick.html", "--errors", errors))
    driver = browser()
    try:
        driver.execute_cdp_cmd("Browser.setDownloadBehavior",
                               {"behavior": "allow", "downloadPath": str(TMP / "downloads")})
        with xarray.open_dataset(TMP / "quick.h5") as data:
            page = Page(driver, TMP / "quick.html", data.load())
            page.no_errors("loading")
            page.agrees("at the start")
            check(page.state()["pick"]["region"] == list(data.region.values).index("us-east5"),
                  "us-east5 first, where it is")
            hover_and_click(page)
            tables(page)
            colours(page)
            selectors(page)
            pairs(page)
            phone_and_print(page)
            page.no_errors("at the end")
        full_page(driver)
    finally:
        driver.quit()


if __name__ == "__main__":
    run_test(main)
