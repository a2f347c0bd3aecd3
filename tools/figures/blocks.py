"""Figures of [block] and [variational]: exponents and couplings of block spins."""
import math
import re

import numpy as np
from matplotlib.ticker import MaxNLocator

from figures.common import COLOURS, MARKERS, Plot, STYLE, couplings, text


def draw_exponent(axes, run, exponent, by_count):
    """`by_count`: for each number of operators the pairs (step, row)."""
    for n, (operators, points) in enumerate(sorted(by_count.items())):
        x = [step + 0.6 / len(by_count) * (n - (len(by_count) - 1) / 2) for step, _ in points]
        axes.errorbar(x, [row["value"] for _, row in points], [row["error"] for _, row in points],
                      fmt=MARKERS[n % len(MARKERS)], color=COLOURS[n % len(COLOURS)],
                      label=f"{operators} operator{'s' if operators > 1 else ''}")
    if run.exact(exponent):
        axes.axhline(run.exact(exponent), color="black", lw=0.8, ls="--", label=f"exact: {run.exact(exponent):g}")
    axes.set(xlabel="RG step", ylabel=f"${exponent}$")
    axes.margins(x=0.2)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.legend(ncol=1 + len(by_count) // 6)


def exponents(run):
    """Of each point and block rule: {exponent: {number of operators: [(step, row)]}}."""
    pattern = re.compile(r"(y_.), step (\d+), (\d+) operators?(?:, (p = .+))?")
    found = {}
    for row in run.select(section="block", kind="sampled"):
        if match := pattern.fullmatch(row["quantity"]):
            exponent, step, operators, rule = match.groups()
            place = ", ".join(filter(None, (text(couplings(run, row)), rule)))
            by_count = found.setdefault(place, {}).setdefault(exponent, {})
            by_count.setdefault(int(operators), []).append((int(step), row))
    return found


def block(run, most=6):
    """The first few points and rules, one below the other."""
    found = exponents(run)
    shown = list(found.items())[:most]
    if not shown:
        return None

    def draw(figure):
        parts = figure.subfigures(len(shown), 1, squeeze=False).flat
        for part, (place, by_exponent) in zip(parts, shown):
            if len(shown) > 1:
                part.suptitle(f"at {place}", fontsize=STYLE["axes.titlesize"])
            panels = part.subplots(1, len(by_exponent), squeeze=False).flat
            for axes, exponent in zip(panels, sorted(by_exponent, reverse=True)):
                draw_exponent(axes, run, exponent, by_exponent[exponent])

    title = "Exponents of block spins" + (f" at {shown[0][0]}" if len(shown) == 1 else "")
    if len(found) > most:
        title += f", the first {most} of {len(found)} points and rules"
    return Plot("block", title, 0.4 + 2.7 * len(shown), draw)


def trajectories(run, section):
    """The operators, and for each point (label, K on the lattice, K' and errors [step, operator]) up to the last step
    where all of them are known."""
    by_point, names = {}, {}
    for row in run.select(section=section, kind="sampled"):
        if match := re.fullmatch(r"K\((.+)\), step (\d+)", row["quantity"]):
            names[match[1]] = None
            point = by_point.setdefault(row["point"], ({}, couplings(run, row)))
            point[0].setdefault(int(match[2]), {})[match[1]] = (row["value"], row["error"])
    found = []
    for steps, start in by_point.values():
        line = [[(start.get(name, 0.0), 0.0) for name in names]]
        while (known := steps.get(len(line), {})).keys() == names.keys():
            line.append([known[name] for name in names])
        found.append((start, *np.moveaxis(np.array(line), 2, 0)))
    return list(names), found


def critical_coupling(run, starts):
    """Exact K_c of nearest neighbours alone (Kramers and Wannier 1941, Houtappel 1950), None where it is not known."""
    if any(value for start in starts for name, value in start.items() if name != "nn"):
        return None
    return {"square": math.log(1 + math.sqrt(2)) / 2, "triangular": math.log(3) / 4}.get(run.study["model"]["lattice"])


def draw_trajectories(panels, run, names, found):
    critical = critical_coupling(run, [start for start, _, _ in found])
    for n, (start, values, errors) in enumerate(found):
        is_critical = critical is not None and abs(start["nn"] - critical) < 1e-6
        colour, label = COLOURS[n % len(COLOURS)], text(start)
        if critical is not None:
            colour = "black" if is_critical else COLOURS[int(start["nn"] > critical)]
            label += " = $K_c$" if is_critical else ""
        style = {"color": colour, "marker": MARKERS[n % len(MARKERS)], "ms": 4, "lw": 1}
        panels[0].errorbar(np.arange(len(values)), values[:, 0], errors[:, 0], label=label, **style)
        if len(names) < 2:
            continue
        panels[1].errorbar(values[:, 0], values[:, 1], errors[:, 1], errors[:, 0], **style)
        for one, other in zip(values[:, :2], values[1:, :2]):
            panels[1].annotate("", one + 0.6 * (other - one), one + 0.4 * (other - one),
                               arrowprops={"arrowstyle": "-|>", "color": colour, "lw": 0.8})
    panels[0].xaxis.set_major_locator(MaxNLocator(integer=True))
    panels[0].set(xlabel="RG step", ylabel=f"$K'$({names[0]})")
    if len(names) > 1:
        panels[1].set(xlabel=f"$K'$({names[0]})", ylabel=f"$K'$({names[1]})")
    panels[-1].legend(*panels[0].get_legend_handles_labels(), title="from", loc="upper left", bbox_to_anchor=(1, 1))


def coupling_flows(run):
    methods = {"couplings": "by Callen's equations", "variational": "by the variational method"}
    flows = {method: flow for section, method in methods.items() if (flow := trajectories(run, section))[1]}
    if not flows:
        return None

    def draw(figure):
        for part, (method, (names, found)) in zip(figure.subfigures(len(flows), 1, squeeze=False).flat, flows.items()):
            if len(flows) > 1:
                part.suptitle(method, fontsize=STYLE["axes.titlesize"])
            draw_trajectories(part.subplots(1, min(2, len(names)), squeeze=False)[0], run, names, found)

    title = "Flow of the couplings of block spins" + (f" {next(iter(flows))}" if len(flows) == 1 else "")
    return Plot("couplings", title, 0.3 + 3.6 * len(flows), draw)
