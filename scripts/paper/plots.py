# SPDX-License-Identifier: BSD-3-Clause
"""One function for each figure of the paper, and for the claims of its first version. Each takes what it draws and
gives back the matplotlib figure and the fitted power laws that stand in its legend."""
import textwrap

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402
import numpy as np  # noqa: E402

from . import fits  # noqa: E402
from .sweeps import ONE_TRILLION, choice, ideal, line, point  # noqa: E402

# Okabe and Ito's colours, which the colour-blind can tell apart; markers say the same again.
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000"]
MARKERS = "osD^vPX"
GENERATIONS = ["V100", "A100", "H100", "B100", "TPUv4", "TPUv5p"]
TONNES = 1e-3

plt.rcParams.update({"figure.figsize": (6.4, 4.4), "figure.dpi": 150, "font.size": 9, "axes.grid": True,
                     "axes.axisbelow": True, "grid.alpha": 0.3, "legend.fontsize": 7.5, "lines.markersize": 3.5,
                     "svg.hashsalt": "cs_sweep"})

NOTES = {
    "paper": "preset 'paper': whole devices charged to the run, chips and HBM only, no servers, PUE 1.1, static share "
             ".70",
    "measured": "preset 'measured': declared or measured devices, hosts and buildings, amortised over 5 years at 85% "
                "use, servers, network and idle time counted, PUE 1.15",
}


# How the tensor ranks share an expert, as search.expert_tensor says it.
EXPERTS = {"one": "experts whole on a device", "tensor": "experts split over the tensor ranks",
           "both": "experts whole or split over the tensor ranks, whichever is better"}


def caption(figure, data, preset, more="", below=0.02):
    """What was assumed, under the figure."""
    width = int(17 * figure.get_size_inches()[0])
    words = NOTES[preset]
    if "search_expert_tensor" not in data.dims and np.issubdtype(data.model.dtype, np.integer):
        words += "; " + EXPERTS[choice(data, "search", "expert_tensor", "one")]
    figure.text(0.5, -below, textwrap.fill(words + more, width), ha="center", va="top", fontsize=6.5, color="0.35")


def finish(figure, axes, title, data, preset, more=""):
    axes.set_title(title, fontsize=10)
    caption(figure, data, preset, more)
    return figure


def shared_legend(figure, axes, columns):
    """One legend for all panels, above them."""
    handles, labels = axes.get_legend_handles_labels()
    figure.legend(handles, labels, loc="upper center", bbox_to_anchor=(0.5, 0.955), ncols=columns, frameon=False)
    figure.subplots_adjust(top=0.84 if len(labels) <= columns else 0.80)


def save(figure, path, formats):
    """PATH.png, PATH.svg: what is drawn and a margin, measured once for both."""
    figure.draw_without_rendering()
    box = figure.get_tightbbox().padded(0.1)
    for kind in formats:
        figure.savefig(f"{path}.{kind}", dpi=160, bbox_inches=box, metadata={"Date": None} if kind == "svg" else None)
    plt.close(figure)


def branches(data, **labels):
    """Masks of the dense and the mixture models: the loss jumps between them, so that each has a line and a fit."""
    experts = line(data, "experts", **labels)
    return [("dense", experts <= 1), ("MoE", experts > 1)]


def curve(axes, data, carbon, label, index, results, note=None, **labels):
    """Loss against carbon of one series, mixture models joined and fitted, dense ones beside."""
    loss = line(data, "loss", **labels)
    colour, marker = COLOURS[index % len(COLOURS)], MARKERS[index % len(MARKERS)]
    law = None
    for name, mask in branches(data, **labels):
        good = mask & np.isfinite(carbon)
        if not good.any():
            continue
        fit = fits.power_law(carbon[good], loss[good])
        inverse = fits.power_law(loss[good], carbon[good])
        results.append(dict(series=label, branch=name, loss_against_carbon=fit, carbon_against_loss=inverse))
        if name == "MoE" and fit is not None:
            law = fit
            ends = np.array([carbon[good].min(), carbon[good].max()])
            axes.plot(ends * TONNES, fit["factor"] * ends ** fit["exponent"], ":", color=colour, linewidth=0.8)
        axes.plot(carbon[good] * TONNES, loss[good], marker, color=colour, linestyle="-" if name == "MoE" else "--",
                  linewidth=1, label=None, markerfacecolor=colour if name == "MoE" else "none")
    text = label if law is None else f"{label}: L ∝ C$^{{{law['exponent']:.4f}}}$ ± {law['half_width']:.4f}"
    axes.plot([], [], marker + "-", color=colour, label=text + (note or ""))


# A file of both plans holds the second under the first's names behind this.
LEAST = "least_carbon_"
FEWEST_LABEL, LEAST_LABEL = "fewest devices (the paper's objective)", "least carbon"
PLANS_NOTE = "; of two plans the fits and the paper's numbers are of the fewest devices"


def plans_of(data):
    """(words, prefix of the variables) of the plans that a file holds."""
    both = [(FEWEST_LABEL, ""), (LEAST_LABEL, LEAST)]
    return both if LEAST + "carbon_total" in data else both[:1]


def plans_note(data):
    return PLANS_NOTE if len(plans_of(data)) > 1 else ""


def carbon_curve(axes, data, label, index, results, **labels):
    """The curve of the plans with the fewest devices, and beside it, crossed, that of the least-carbon ones."""
    curve(axes, data, line(data, "carbon_total", **labels), label, index, results, **labels)
    if len(plans_of(data)) > 1:
        carbon, loss = line(data, LEAST + "carbon_total", **labels), line(data, "loss", **labels)
        for _, mask in branches(data, **labels):
            axes.plot(carbon[mask] * TONNES, loss[mask], "x", linestyle="-.", linewidth=0.7, markersize=3,
                      color=COLOURS[index % len(COLOURS)])


def carbon_legend(axes, data):
    """The legend, with a word for each kind of plan where there are two."""
    if len(plans_of(data)) > 1:
        axes.plot([], [], "o-", color="0.35", label=FEWEST_LABEL)
        axes.plot([], [], "x", linestyle="-.", linewidth=0.7, color="0.35", label=LEAST_LABEL)
    axes.legend()


def loss_axes(figure):
    axes = figure.subplots()
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("carbon of the training (t CO$_2$e)")
    axes.set_ylabel("loss (nats per token)")
    axes.yaxis.set_major_locator(matplotlib.ticker.FixedLocator(np.arange(1.0, 6.01, 0.2)))
    axes.yaxis.set_major_formatter(matplotlib.ticker.FormatStrFormatter("%.1f"))
    axes.yaxis.set_minor_locator(matplotlib.ticker.NullLocator())
    return axes


DENSE_NOTE = "; hollow: dense; dotted: power laws fitted to MoE"


SERIES = {"label": "label", "ours": "ours (the plan that ran)", "searched": "ours (plan searched, see below)",
          "reg": "reg", "llmc": "LLMC"}


def bars(validation, searched, keys):
    """Bars of device-hours, and a gap with a word for the run that nobody published."""
    runs = validation["baselines"]
    figure = plt.figure(figsize=(7.2, 4.4))
    axes = figure.subplots()
    width = 0.84 / len(keys)
    for k, key in enumerate(keys):
        values = [(searched if key == "searched" else run).get(run["id"] if key == "searched" else key) for run in runs]
        values = np.array([np.nan if value is None else value / 1e6 for value in values], dtype=float)
        at = np.arange(len(runs)) + (k + 0.5) * width
        axes.bar(at, values, width, label=SERIES[key], color=COLOURS[list(SERIES).index(key)])
        for x, value in zip(at, values):
            if np.isfinite(value):
                axes.annotate(f"{value:.{3 if value >= 1.0 else 2}g}", (x, value), ha="center", va="bottom",
                              fontsize=5.5)
    for i, run in enumerate(runs):
        if run["label"] is None:
            axes.annotate("hours, shape and\ntokens unpublished", (i + 0.42, 0.35), ha="center", fontsize=6.5,
                          color="0.35")
    axes.set_yscale("log")
    axes.set_xlim(-0.1, len(runs) - 0.06)
    axes.set_ylim(0.25, 300.0)
    axes.yaxis.set_major_formatter(matplotlib.ticker.FormatStrFormatter("%g"))
    axes.grid(False, axis="x")
    axes.set_xticks(np.arange(len(runs)) + 0.42, [short(run["id"]) for run in runs])
    axes.set_ylabel("device-hours (million)")
    axes.legend(loc="upper right", ncols=2)
    return axes, figure


def short(name):
    return {"frontier-bloom-176b-hours": "BLOOM\n384 A100",
            "frontier-llama-3-1-405b-hours": "Llama-3.1-405B\n16,384 H100",
            "frontier-deepseek-v3-hours": "DeepSeek-V3\n2,048 H800",
            "frontier-palm-540b-hours": "PaLM\n6,144 TPUv4",
            "paper-moe-32b-a11b": "MoE 32B (11B)\n8 H100"}.get(name, name)


HOURS = "; device-hours do not depend on the preset"
# All runs are in one sweep, so the space is one: what DeepSeek-V3 ran with is open to the others too.
SEARCHED = ("; searched: newest kernels, 1F1B and DeepSeek's DualPipe open to every run, 64 expert ranks for mixtures")


def draw_1(data, validation, searched, preset):
    axes, figure = bars(validation, searched, ("label", "ours", "searched", "reg", "llmc"))
    return finish(figure, axes, "Figure 1: device-hours by regressions over past runs, beside ours", data, preset,
                  HOURS + SEARCHED), []


def draw_3a(data, validation, searched, preset):
    axes, figure = bars(validation, searched, ("label", "ours", "searched", "reg", "llmc"))
    fit = validation.get("baseline_fit", {})
    text = "; R² on hours: " + ", ".join(
        f"{name} {100 * fit[key]['r2_hours']:.1f}%" for key, name in (("ours", "ours"), ("reg", "reg"),
                                                                      ("llmc", "LLMC"))
        if fit.get(key, {}).get("r2_hours") is not None)
    return finish(figure, axes, "Figure 3(a): device-hours of published runs", data, preset,
                  HOURS + text + SEARCHED), []


def draw_3b(data, rows, preset):
    """BLOOM: energy and embodied carbon; rows are (label, MWh, t)."""
    figure = plt.figure(figsize=(7.2, 4.2))
    panels = figure.subplots(1, 2)
    for axes, column, label in zip(panels, (1, 2), ("energy of the devices (MWh)", "embodied carbon (t CO$_2$e)")):
        shown = [row for row in rows if row[column] is not None]
        for i, row in enumerate(shown):
            axes.bar(i, row[column], color=COLOURS[rows.index(row)])
            axes.annotate(f"{row[column]:.4g}", (i, row[column]), ha="center", va="bottom", fontsize=6.5)
        axes.set_xticks(range(len(shown)), [row[0] for row in shown], fontsize=6.5)
        axes.set_ylabel(label)
        axes.grid(False, axis="x")
        axes.margins(y=0.1)
    figure.suptitle("Figure 3(b): BLOOM on 384 A100", fontsize=10)
    figure.tight_layout()
    caption(figure, data, preset, "; here PUE 1; hours turned to energy by Eq 3 at the utilisation that they mean, "
            "the label's own energy is 400 W all the time")
    return figure, []


def draw_4a(data, preset):
    figure, results = plt.figure(), []
    axes = loss_axes(figure)
    region = str(data.region.values[0])
    without = line(data, "carbon_total") - line(data, "carbon_embodied")
    curve(axes, data, ideal(data, "B100", region), "ideal", 0, results)
    curve(axes, data, without, "no embodied", 1, results)
    carbon_curve(axes, data, "practical", 2, results)
    carbon_legend(axes, data)
    title = "Figure 4(a): loss against carbon on B100, " + region
    return finish(figure, axes, title, data, preset, DENSE_NOTE + plans_note(data)), results


def draw_4b(data, preset):
    figure, results = plt.figure(), []
    axes = loss_axes(figure)
    for i, device in enumerate(data.hardware.values):
        carbon_curve(axes, data, str(device), i, results, hardware=device)
    carbon_legend(axes, data)
    return finish(figure, axes, "Figure 4(b): generations of GPUs and TPUs", data, preset,
                  DENSE_NOTE + plans_note(data)), results


def stacked(axes, data, labels, parts_of):
    """Operational and embodied carbon, a bar for each label and kind of plan; parts_of(label, prefix) gives both."""
    plans = plans_of(data)
    width = 0.8 / len(plans)
    for k, (words, prefix) in enumerate(plans):
        parts = np.array([parts_of(label, prefix) for label in labels], dtype=float)
        at = np.arange(len(labels)) + width * (k - (len(plans) - 1) / 2)
        beside = f", {words}" if len(plans) > 1 else ""
        style = {"width": width, "hatch": "//" if k else None, "edgecolor": "white", "linewidth": 0.3}
        axes.bar(at, parts[:, 0], color=COLOURS[0], label="operational" + beside, **style)
        axes.bar(at, parts[:, 1], bottom=parts[:, 0], color=COLOURS[1],
                 label="embodied" + (" (%)" if beside else "") + beside, **style)
        for x, (low, up) in zip(at, parts):
            if np.isfinite(low + up):
                share = f"{100.0 * up / (low + up):.1f}%"
                axes.annotate(share if beside else share + "\nembodied", (x, low + up), ha="center", va="bottom",
                              fontsize=6.5)
    axes.set_xticks(range(len(labels)), [str(label) for label in labels])
    axes.margins(y=0.15)
    axes.legend()


def parts(data, prefix, **labels):
    """kg: operational and embodied carbon of one point."""
    embodied = point(data, prefix + "carbon_embodied", **labels)
    return np.array([point(data, prefix + "carbon_total", **labels) - embodied, embodied])


def draw_5(data, preset, per_device):
    figure = plt.figure()
    axes = figure.subplots()

    def of_device(device, prefix):
        labels = dict(hardware=device, model=ONE_TRILLION)
        scale = 1.0 / point(data, prefix + "devices", **labels) if per_device else TONNES
        return parts(data, prefix, **labels) * scale

    stacked(axes, data, data.hardware.values, of_device)
    axes.set_ylabel("carbon per device (kg CO$_2$e)" if per_device else "carbon (t CO$_2$e)")
    title = "Figure 5(a): carbon per device, 1T model" if per_device else "Figure 5(b): carbon of a 1T model"
    return finish(figure, axes, title, data, preset, plans_note(data)), []


def draw_6a(data, preset):
    figure, results = plt.figure(), []
    axes = loss_axes(figure)
    for i, (label, year, growth) in enumerate((("B100", 0, 0.0), ("5Y", 5, 0.0), ("10Y", 10, 0.0), ("5Y-EUV", 5, 0.1),
                                               ("10Y-EUV", 10, 0.1))):
        carbon_curve(axes, data, label, i, results, year=year, cpa_growth_per_year=growth)
    carbon_legend(axes, data)
    return finish(figure, axes, "Figure 6(a): hardware technology scaling", data, preset,
                  DENSE_NOTE + plans_note(data)), results


def draw_6b(data, preset):
    figure, results = plt.figure(), []
    axes = loss_axes(figure)
    for i, level in enumerate(data.qat.values):
        label = "B100 (16 bits)" if level == "off" else f"QAT {level}"
        carbon_curve(axes, data, label, i, results, qat=level)
    carbon_legend(axes, data)
    return finish(figure, axes, "Figure 6(b): quantisation-aware training on B100", data, preset,
                  DENSE_NOTE + plans_note(data) + "; no loss of accuracy by QAT, as in the paper"), results


def draw_7a(data, preset):
    figure, results = plt.figure(), []
    axes = loss_axes(figure)
    for i, region in enumerate(data.region.values):
        intensity = point(data, "carbon_intensity", region=region)
        carbon_curve(axes, data, f"{region} ({intensity:g} g/kWh)", i, results, region=region)
    carbon_legend(axes, data)
    return finish(figure, axes, "Figure 7(a): carbon intensity, B100", data, preset,
                  DENSE_NOTE + plans_note(data)), results


def draw_7b(data, preset):
    figure = plt.figure(figsize=(4.2, 4.0))
    axes = figure.subplots()
    stacked(axes, data, data.region.values,
            lambda region, prefix: parts(data, prefix, region=region, model=ONE_TRILLION) * TONNES)
    axes.set_ylabel("carbon (t CO$_2$e)")
    return finish(figure, axes, "Figure 7(b): 1T model on B100", data, preset, plans_note(data)), []


KINDS = (("MoE", 0.0), ("dense", 1e30))


def draw_v1_exponent(data, preset):
    """Exponent of carbon against loss, ideal and practical, of every device: MoE and dense families apart."""
    figure, results = plt.figure(figsize=(7.6, 4.2)), []
    panels = figure.subplots(1, 2, sharey=True)
    region = str(data.region.values[0])
    for axes, (kind, threshold) in zip(panels, KINDS):
        family = data.sel(dense_below_parameters=threshold)
        loss = line(family, "loss")
        for i, device in enumerate(family.hardware.values):
            carbon = line(family, "carbon_total", hardware=device)
            perfect = np.where(np.isfinite(carbon), ideal(family, device, region), np.nan)
            running = carbon - line(family, "carbon_embodied", hardware=device)
            fitted = [fits.power_law(loss, values) for values in (perfect, running, carbon)]
            if None in fitted:
                continue
            results.append(dict(zip(("series", "branch", "ideal", "no_embodied", "practical"),
                                    [str(device), kind] + fitted)))
            for k, (fit, label) in enumerate(zip(fitted, ("ideal", "no embodied", "practical"))):
                axes.errorbar([i + 0.2 * (k - 1)], [-fit["exponent"]], [fit["half_width"]], fmt=MARKERS[k],
                              color=COLOURS[k], capsize=3, label=label if i == 0 else None)
        axes.set_xticks(range(family.sizes["hardware"]), [str(device) for device in family.hardware.values],
                        rotation=30)
        axes.set_title(kind, fontsize=9)
        axes.grid(False, axis="x")
    shared_legend(figure, panels[0], 3)
    panels[0].set_ylabel("q of C ∝ L$^{-q}$ (95% confidence)")
    figure.suptitle("First version, claim 1: do inefficiencies raise the exponent?", fontsize=10)
    caption(figure, data, preset, "; all fits over the sizes that are feasible")
    return figure, results


def draw_v1_diminishing(data, preset):
    figure = plt.figure(figsize=(7.6, 4.2))
    panels = figure.subplots(1, 2, sharey=True)
    for axes, (kind, threshold) in zip(panels, KINDS):
        family = data.sel(dense_below_parameters=threshold)
        size = line(family, "parameters_total")
        now = line(family, "carbon_total", year=0)
        for i, year in enumerate(family.year.values[1:]):
            later = line(family, "carbon_total", year=year)
            axes.plot(size, 100.0 * (1.0 - later / now), MARKERS[i] + "-", color=COLOURS[i], linewidth=1,
                      label=f"{int(year)} years")
        axes.set_xscale("log")
        axes.set_ylim(-60, 100)
        axes.set_title(kind, fontsize=9)
        axes.set_xlabel("parameters")
    shared_legend(figure, panels[0], 5)
    panels[0].set_ylabel("carbon saved against B100 (%)")
    figure.suptitle("First version, claim 2: hardware scaling by model size", fontsize=10)
    caption(figure, data, preset, "; below -60% cut: short runs that pay for whole devices")
    return figure, []


def draw_v1_batch(data, preset):
    figure = plt.figure(figsize=(7.6, 4.2))
    panels = figure.subplots(1, 2, sharey=True)
    slow, fast = (float(value) for value in data.critical_batch_exponent.values)
    for axes, (kind, threshold) in zip(panels, KINDS):
        family = data.sel(dense_below_parameters=threshold)
        size = line(family.sel(critical_batch_exponent=slow), "parameters_total")
        for i, year in enumerate(family.year.values):
            for exponent, style in ((slow, "--"), (fast, "-")):
                mfu = line(family, "mfu", year=year, critical_batch_exponent=exponent)
                axes.plot(size, 100.0 * mfu, MARKERS[i] + style, color=COLOURS[i], linewidth=1,
                          label=f"year {int(year)}, C$^{{1/{round(1 / exponent)}}}$")
        axes.set_xscale("log")
        axes.set_title(kind, fontsize=9)
        axes.set_xlabel("parameters")
    shared_legend(figure, panels[0], 3)
    panels[0].set_ylabel("model FLOPs utilisation (%)")
    figure.suptitle("First version, claim 3: critical batch as C$^{1/6}$ and C$^{1/3}$", fontsize=10)
    caption(figure, data, preset, "; a line ends where no plan meets the deadline")
    return figure, []


# ---- beyond the paper: what else the search may combine ----
def draw_search_space(data, preset):
    """Devices and utilisation on today's B100 against model size, for wider and wider spaces of plans."""
    figure = plt.figure(figsize=(7.6, 4.2))
    panels = figure.subplots(1, 2)
    contexts, schedules = data.context_degrees.values, data.schedules.values
    spaces = [("experts whole", "one", 0, 0), ("whole or split (the other figures)", "both", 0, 0),
              ("+ zero-bubble", "both", 0, 1), ("+ context parallel", "both", 1, 0), ("+ both", "both", 1, 1)]
    for i, (label, split, context, schedule) in enumerate(spaces):
        labels = dict(year=0, qat="off", search_expert_tensor=split, context_degrees=contexts[context],
                      schedules=schedules[schedule])
        size = line(data, "parameters_total")
        for axes, variable, scale in zip(panels, ("devices", "mfu"), (1.0, 100.0)):
            axes.plot(size, scale * line(data, variable, **labels), MARKERS[i] + "-", color=COLOURS[i], linewidth=1,
                      label=label, markerfacecolor="none")
    panels[0].set_yscale("log")
    for axes, label in zip(panels, ("devices", "model FLOPs utilisation (%)")):
        axes.set_xscale("log")
        axes.set_xlabel("parameters")
        axes.set_ylabel(label)
    shared_legend(figure, panels[0], 3)
    figure.suptitle("Plans that the search may combine: B100, year 0, 90 days", fontsize=10)
    figure.subplots_adjust(wspace=0.25)
    caption(figure, data, preset, "; a line ends where no plan meets the deadline")
    return figure, []
