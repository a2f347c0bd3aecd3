"""The figures of tools/plot: what each section of a run looks like.

Every function in ALL takes a run (its study, rows and results) and gives a Plot, or None where its section is
absent."""
import dataclasses
import math
import re
import typing

import matplotlib
import numpy as np
from matplotlib.ticker import MaxNLocator

WIDTH, DPI = 8.0, 150  # inches, dots per inch
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]  # Okabe and Ito 2008
MARKERS = "osD^vP"
STYLE = {"font.size": 9, "axes.titlesize": 9, "figure.titlesize": 11, "legend.fontsize": 8, "axes.grid": True,
         "grid.color": "0.9", "axes.axisbelow": True, "axes.spines.top": False, "axes.spines.right": False,
         "axes.prop_cycle": matplotlib.cycler(color=COLOURS), "lines.linewidth": 1.3, "lines.markersize": 4.5,
         "errorbar.capsize": 2, "legend.frameon": False, "figure.dpi": DPI}


@dataclasses.dataclass
class Plot:
    """A figure: `draw` fills a figure, or a part of one, of the width of all."""
    name: str
    title: str
    height: float
    draw: typing.Callable


# Observables


def couplings(run, row):
    """Those of the point of a row: 'nn = 0.42, field = 0.1' as a dictionary; without a scan those of the model."""
    scanned = (part.split(" = ") for part in row["point"].split(", ") if part)
    return {key: float(value) for key, value in scanned} or {"nn": 0.0, **run.study["model"]["couplings"]}


def text(point):
    return ", ".join(f"{key} = {value:.5g}" for key, value in point.items())


def along_scan(run, rows):
    """The coupling with most values, and the rows along it for each choice of the other couplings."""
    points = [couplings(run, row) for row in rows]
    axis = max(points[0], key=lambda key: len({point[key] for point in points}))
    curves = {}
    for row, point in sorted(zip(rows, points), key=lambda pair: pair[1][axis]):
        x = point.pop(axis)
        curves.setdefault(text(point), []).append((x, row))
    return axis, curves


def draw_observable(axes, run, quantity, label):
    for kind in ("exact", "sampled"):
        rows = run.select(section="sample", quantity=quantity, kind=kind)
        if not rows:
            continue
        axis, curves = along_scan(run, rows)
        for (rest, curve), colour, marker in zip(curves.items(), COLOURS, MARKERS):
            x, rows = [x for x, _ in curve], [row for _, row in curve]
            y, name = [row["value"] for row in rows], f"{kind}, {rest}" if rest else kind
            if kind == "exact":
                axes.plot(x, y, "o", color="black" if len(curves) == 1 else colour, mfc="none", ms=9, mew=0.8,
                          label=f"{name} ({rows[0].get('note', '')})")
            else:
                axes.errorbar(x, y, [row["error"] for row in rows], fmt=marker, color=colour, ms=3.5, label=name)
        axes.set_xlabel(f"coupling {axis} (J / $k_B$T)")
    name = {"energy per site": "energy", "specific heat": "specific_heat"}.get(quantity)
    if axis == "nn" and name and "exact_curve" in run.results["sample"]:
        curve = run.results["sample/exact_curve"]
        axes.plot(curve["coupling"][()], curve[name][()], color="black", lw=0.8)
    if axis == "nn" and run.exact("K_c"):
        axes.axvline(run.exact("K_c"), color="0.6", lw=0.8, ls=":", label="exact $K_c$")
    axes.set_ylabel(label)


def observables(run):
    labels = {"energy per site": "energy per site (J)", "specific heat": "specific heat per site ($k_B$)",
              "|magnetization|": r"$\langle|m|\rangle$ per site", "Binder cumulant": "Binder cumulant $U_4$"}
    if not run.select(section="sample", kind="sampled"):
        return None

    def draw(figure):
        axes = figure.subplots(2, 2)
        for panel, (quantity, label) in zip(axes.flat, labels.items()):
            draw_observable(panel, run, quantity, label)
        axes[0, 0].legend()

    model = run.study["model"]
    sites = " × ".join(map(str, model["size"]))
    return Plot("observables", f"Sampled observables, {model['lattice']} lattice, {sites} sites", 5.2, draw)


def draw_correlation(axes, run, name, colours):
    """A function of distance or wave number with its errors, one curve for each point of the scan; only what is above
    its error: the rest does not have a logarithm."""
    group = run.results["sample"]
    points = [row["point"] for row in run.select(section="sample", quantity="energy per site", kind="sampled")]
    curves = zip(points, group[name][()], group[f"{name}_error"][()], colours)
    for point, values, errors, colour in curves:
        seen = values > errors
        x = np.arange(len(values))[seen]
        axes.errorbar(x, values[seen], errors[seen], fmt="o", ms=2.5, lw=0.8, color=colour, label=point or None)
    axes.set_yscale("log")


def correlations(run):
    """Structure factor and two-point functions along the scan."""
    labels = {"structure_factor": ("$S(k)$ along the axes", r"$k L / 2\pi$"),
              "layer_correlation": ("two-point function of layers", "$r$"),
              "two_point_axes": (r"$\langle s_x s_{x+R} \rangle$, $R$ along the axes", "$r$ (steps)"),
              "two_point_diagonals": (r"$\langle s_x s_{x+R} \rangle$, $R$ along diagonals", "$r$ (steps)")}
    shown = [name for name in labels if name in run.results.get("sample", {})]
    if not shown:
        return None
    rows = (len(shown) + 1) // 2

    def draw(figure):
        axes = list(figure.subplots(rows, 2).flat)
        for unused in axes[len(shown):]:
            unused.remove()
        number = max(len(run.results[f"sample/{name}"]) for name in shown)
        colours = matplotlib.colormaps["viridis"](np.linspace(0, 0.85, number))
        for panel, name in zip(axes, shown):
            draw_correlation(panel, run, name, colours)
            panel.set_title(labels[name][0])
            panel.set_xlabel(labels[name][1])
        if number > 1:
            axes[0].legend(fontsize=6)

    return Plot("correlations", "Correlations of sampled spins", 0.4 + 2.8 * rows, draw)


# Bounds on f


BOUND = re.compile(r"f at (least|most) \((.+)\)")


def bracket_curves(run):
    """The coupling along the scan, f itself (exact, else the middle of the bracket) for every value of it, whether it is
    exact, and {(side, method): [(coupling, bound)]}; the points that share the first one's other couplings."""
    rows = [row for row in run.select(section="bounds", kind="bound") if BOUND.fullmatch(row["quantity"])]
    axis, curves = along_scan(run, rows)
    methods, ends = {}, {}
    for x, row in next(iter(curves.values())):
        side, method = BOUND.fullmatch(row["quantity"]).groups()
        methods.setdefault((side, method), []).append((x, row["value"]))
        best = min if side == "most" else max
        ends.setdefault(x, {}).setdefault(side, row["value"])
        ends[x][side] = best(ends[x][side], row["value"])
    exact = {couplings(run, row).get(axis): row["value"]
             for row in run.select(section="bounds", kind="exact", quantity="f")}
    middle = {x: (pair["least"] + pair["most"]) / 2 for x, pair in ends.items() if len(pair) == 2}
    return axis, (exact or middle), bool(exact), methods, ends


def bounds(run):
    """f and the tightest bounds on it along a scan; below, how far every method's bound is from f."""
    if not run.select(section="bounds", kind="bound"):
        return None
    axis, f, is_exact, methods, ends = bracket_curves(run)
    if len(f) < 2:
        return None

    def draw(figure):
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=(1, 1.8))
        for side, colour, label in (("most", COLOURS[1], "tightest upper bound"),
                                    ("least", COLOURS[0], "tightest lower bound")):
            line = [(x, pair[side]) for x, pair in ends.items() if side in pair]
            above.plot(*zip(*line), color=colour, lw=2.4 if side == "most" else 1.2, label=label)
        if is_exact:
            above.plot(f.keys(), f.values(), "o", color="black", mfc="none", ms=3.5, mew=0.7, label="exact")
        above.set_ylabel("f = ln Z per site")
        above.legend()
        names = list(dict.fromkeys(method for _, method in methods))
        for (side, method), line in methods.items():
            number = names.index(method)
            gaps = [(x, abs(value - f[x]) / abs(f[x])) for x, value in line if x in f]
            below.semilogy(*zip(*gaps), color=COLOURS[number % len(COLOURS)], marker=MARKERS[number % len(MARKERS)], ms=3,
                           lw=1, ls="-" if side == "most" else "--", mfc=None if side == "most" else "none",
                           label=f"{method}, {'above' if side == 'most' else 'below'}")
        below.set_ylabel("relative distance from " + ("exact f" if is_exact else "the middle of the bracket"))
        below.set_xlabel(f"coupling {axis} (J / $k_B$T)")
        below.legend(ncols=4, fontsize=7, loc="lower center", bbox_to_anchor=(0.5, 1.0))

    return Plot("bounds", f"Rigorous bounds on the free energy, infinite {run.study['model']['lattice']} lattice", 6.4, draw)


# Flow of couplings


def draw_flow(axes, run, group):
    name, names = (group[key][()].decode() for key in ("name", "couplings"))
    starts, lines = group["start"][()], group["streamline"][()]
    moving = np.flatnonzero(np.any(lines != 0, axis=(0, 1)))[:2]  # without a field the odd couplings stay 0
    lines, names = lines[:, :, moving], [names.split("\n")[i] for i in moving]
    critical = run.select(section="flow", point=name, quantity="K_c")[0]["value"]
    start_at_critical = (lines[starts < critical][-1, 0] + lines[starts > critical][0, 0]) / 2
    fixed = group["fixed_point"][()][moving]
    for start, line in zip(starts, lines):
        colour = COLOURS[0] if start < critical else COLOURS[1]
        x, y = (np.arange(len(line)), line[:, 0]) if len(moving) == 1 else line.T
        axes.plot(x, y, ".-", color=colour, lw=1, ms=4)
    if len(moving) == 1:
        axes.axhline(critical, color="black", lw=0.8, ls="--", label="$K_c$, fixed point")
        axes.set(xlabel="RG step", ylabel=f"coupling {names[0]}", ylim=(0, 2.5 * critical))
    else:
        axes.plot(*start_at_critical, "kx", ms=7, mew=1.5, label="start at $K_c$")
        axes.plot(*fixed, "k*", ms=9, label="fixed point")
        axes.set(xlabel=f"coupling {names[0]}", ylabel=f"coupling {names[1]}")
        marked = np.array([start_at_critical, fixed])
        points = lines.reshape(-1, 2)  # flows that run away leave the picture
        shown = np.vstack([marked, points[np.abs(points).max(axis=1) < 2.5 * np.abs(marked).max()]])
        low, high = shown.min(axis=0), shown.max(axis=0)
        (left, right), (bottom, top) = zip(low - 0.06 * (high - low), high + 0.06 * (high - low))
        axes.set(xlim=(left, right), ylim=(bottom, top))
    for colour, side in zip(COLOURS, ("below", "above")):
        axes.plot([], [], ".-", color=colour, lw=1, ms=4, label=f"from {side} $K_c$")
    axes.legend(loc="best" if len(moving) > 1 else "upper left", fontsize=7, frameon=True, framealpha=0.8)
    axes.set_title(f"{name}\n$K_c$ = {critical:.4f}")


def flow_groups(run, *names):
    """The results of every [[flow]] that has all of these."""
    results = run.results.get("flow", {})
    groups = [results[number] for number in sorted(filter(str.isdigit, results), key=int)]
    return [group for group in groups if all(name in group for name in names)]


def flows(run):
    groups = flow_groups(run, "streamline", "fixed_point")
    if not groups:
        return None
    columns = min(3, len(groups))
    rows = -(-len(groups) // columns)

    def draw(figure):
        axes = figure.subplots(rows, columns, squeeze=False).flatten()
        for panel, group in zip(axes, groups):
            draw_flow(panel, run, group)
        for panel in axes[len(groups):]:
            panel.remove()

    return Plot("flow", "Flow of couplings", 0.8 + 2.4 * rows, draw)


# Phase diagrams


def lines_of(group, name):
    """Lines of different lengths that were written one behind the other."""
    return np.split(group[name][()], np.cumsum(group[f"{name}_length"][()]))[:-1]


def joined(boundary, phases, window):
    """Boundaries of the same two phases, ray by ray all around, cut where the next one is far away."""
    size = window[1] - window[0]

    def are_far(one, other):
        return np.hypot(*((one - other) / size).T) > 0.15

    for pair in np.unique(phases, axis=0):
        spots = boundary[np.all(phases == pair, axis=1)]
        lines = np.split(spots, np.flatnonzero(are_far(spots[1:], spots[:-1])) + 1)
        if not are_far(lines[0][0], lines[-1][-1]):  # the last ray is beside the first
            lines[0] = np.concatenate([lines[-1], lines[0]])
            del lines[max(1, len(lines) - 1):]
        yield from lines


def draw_diagram(axes, group):
    diagram = group["diagram"]
    (x_low, y_low), (x_high, y_high) = window = diagram["window"][()]
    moves = diagram["displacement"][()]
    n = round(len(moves) ** 0.5)
    moves = moves.reshape(n, n, 2)
    axes.streamplot(np.linspace(x_low, x_high, n), np.linspace(y_low, y_high, n), moves[..., 0], moves[..., 1],
                    color="0.75", linewidth=0.6, arrowsize=0.6, density=1.1)
    for i, line in enumerate(joined(diagram["boundary"][()], diagram["phases"][()], window)):
        axes.plot(*line.T, color="black", lw=1.6, label="" if i else "critical line")
    for i, line in enumerate(lines_of(diagram, "critical")):
        axes.plot(*line.T, color=COLOURS[1], label="" if i else "critical trajectory")
    for i, line in enumerate(lines_of(diagram, "trajectory")):
        axes.plot(*line.T, ".-", color=COLOURS[0], lw=0.8, ms=4, label="" if i else "trajectory")
    relevant = diagram["relevant"][()]
    for count, marker in zip(np.unique(relevant), "so*^v"):
        axes.plot(*diagram["fixed"][()][relevant == count].T, marker, color=COLOURS[2], mec="black", mew=0.6, ms=7,
                  ls="none", label=f"fixed point, {count} relevant")
    first, second = diagram["axes"][()].decode().split("\n")
    axes.set(xlim=(x_low, x_high), ylim=(y_low, y_high), xlabel=f"coupling {first}", ylabel=f"coupling {second}",
             title=group["name"][()].decode())
    axes.legend(fontsize=6, loc="upper center", bbox_to_anchor=(0.5, -0.17), ncol=3)  # nothing in the plane is empty


def diagrams(run):
    groups = flow_groups(run, "diagram")
    if not groups:
        return None
    columns = min(2, len(groups))
    rows = -(-len(groups) // columns)

    def draw(figure):
        axes = figure.subplots(rows, columns, squeeze=False).flatten()
        for panel, group in zip(axes, groups):
            draw_diagram(panel, group)
        for panel in axes[len(groups):]:
            panel.remove()

    return Plot("diagrams", "Phase diagrams", 0.4 + 3.6 * rows, draw)


# Spin glasses


def draw_glass(axes, group):
    glass = group["glass"]
    is_gaussian = glass["disorder"][()].decode() == "gaussian"
    p, temperature, error = glass["paramagnet"][()].T
    axes.errorbar(p, temperature, error, fmt="o-", color=COLOURS[0], label="below: order")
    if len(glass["ferromagnet"]):
        p, temperature, error = glass["ferromagnet"][()].T
        axes.errorbar(p, temperature, xerr=error, fmt="s-", color=COLOURS[1], label="right: ferromagnet")
    low, high = axes.get_xlim()
    line = np.linspace(max(low, 1e-3 if is_gaussian else 0.5 + 1e-3), high if is_gaussian else 1 - 1e-6, 400)
    nishimori = 1 / line if is_gaussian else 2 / np.log(line / (1 - line))
    top = axes.get_ylim()[1]
    axes.plot(line[nishimori < top], nishimori[nishimori < top], color="0.5", lw=0.9, ls="--", label="Nishimori's line")
    if "multicritical" in glass:
        axes.plot(*glass["multicritical"][0, :2], "k*", ms=9, label="multicritical point")
    axes.set(xlabel="mean $J_0/J$" if is_gaussian else "probability p of +J", ylabel="temperature kT/J", ylim=(0, top),
             title=group["name"][()].decode())
    axes.legend(fontsize=7)


def draw_glass_flow(axes, group):
    glass = group["glass"]
    starts = glass["start"][()]
    for i, (start, flow) in enumerate(zip(starts, glass["flow"][()])):
        below = i % 2 == 0
        axes.plot(np.abs(flow[:, 0]) + 1e-6, flow[:, 1] + 1e-6, ".-", lw=0.8, ms=4, color=COLOURS[1 - below],
                  label=("below $T_c$", "above $T_c$")[i] if i < 2 else "")
    axes.set(xscale="log", yscale="log", xlim=(1e-3, 1e2), ylim=(1e-3, 1e2), xlabel="|mean of K|",
             ylabel="width of K", title="flow of the distribution")
    axes.legend(fontsize=7)


def glasses(run):
    groups = [group for group in flow_groups(run, "glass") if len(group["glass/paramagnet"])]
    if not groups:
        return None

    def draw(figure):
        for row, group in zip(figure.subplots(len(groups), 2, squeeze=False), groups):
            draw_glass(row[0], group)
            draw_glass_flow(row[1], group)

    return Plot("glass", "Random bonds on hierarchical lattices", 0.4 + 3.2 * len(groups), draw)


# Exponents and couplings of block spins


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


# Networks


def plane(field):
    """A field as an image: of more than two dimensions, the plane with the largest value."""
    while field.ndim > 2:
        field = field[np.unravel_index(np.argmax(abs(field)), field.shape)[0]]
    return np.atleast_2d(field)


def mosaic(weights, size, most=24):
    """The fields [site, unit] of the units with the largest ones, side by side, and how many those are."""
    order = np.argsort(-np.linalg.norm(weights, axis=0), kind="stable")[:most]
    tiles = [plane(weights[:, unit].reshape(size[::-1])) for unit in order]  # x is the fastest index
    height, width = tiles[0].shape
    columns = min(len(tiles), max(1, round(np.sqrt(6 * len(tiles) * height / width))))
    gap = max(1, width // 12)
    image = np.full((-(-len(tiles) // columns) * (height + gap) - gap, columns * (width + gap) - gap), np.nan)
    for n, tile in enumerate(tiles):
        y, x = (n // columns) * (height + gap), (n % columns) * (width + gap)
        image[y:y + height, x:x + width] = tile
    return image, len(tiles)


def draw_fields(figure, axes, weights, name, size):
    image, count = mosaic(weights, size)
    largest = np.nanmax(abs(image))
    shown = axes.imshow(image, cmap="PuOr", vmin=-largest, vmax=largest, interpolation="nearest")
    axes.set_axis_off()
    sites = " × ".join(map(str, size)) + (" sites" if len(size) < 3 else " sites, plane of the largest weight")
    axes.set_title(f"receptive fields {name}: {count} of {weights.shape[1]} units, each {sites}")
    figure.colorbar(shown, ax=axes, label="weight", shrink=0.9, pad=0.01)


def draw_band(axes, values, epochs=None, **style):
    """The mean over trainings of values [epoch, training], and one standard deviation to both sides."""
    mean, epochs = values.mean(axis=1), np.arange(1, len(values) + 1) if epochs is None else epochs
    spread = values.std(axis=1, ddof=1) if values.shape[1] > 1 else np.zeros(len(values))
    axes.plot(epochs, mean, **style)
    axes.fill_between(epochs, mean - spread, mean + spread, color=style["color"], alpha=0.25, lw=0)


WATCHED = ("reconstruction_error", "reconstruction_error_error", "free_energy_training", "free_energy_training_error",
           "free_energy_held_out", "free_energy_held_out_error", "weight_rms", "largest_weight", "gradient_rms",
           "log_pseudo_likelihood", "log_pseudo_likelihood_error", "hidden_on", "hidden_constant", "ln_z", "ln_z_error")


def draw_layer(panels, watched, units, layer):
    """The curves of one layer; `watched` gives values [epoch, training] by name."""
    error, energy, gap, probability, hidden, norms = panels
    colour, first = COLOURS[layer % len(COLOURS)], layer == 0
    training, held_out = watched["free_energy_training"] / units, watched["free_energy_held_out"] / units
    draw_band(error, watched["reconstruction_error"], color=colour, label=f"layer {layer + 1}")
    draw_band(energy, training, color=colour, label="training" if first else "")
    if not np.array_equal(training, held_out):
        draw_band(energy, held_out, color=colour, ls="--", label="held out" if first else "")
        draw_band(gap, held_out - training, color=colour, label=f"layer {layer + 1}")
    draw_band(probability, watched["log_pseudo_likelihood"] / units, color=colour, ls=":",
              label="pseudo-likelihood" if first else "")
    known = np.flatnonzero(np.isfinite(watched["ln_z"][:, 0]))
    ln_z = watched["ln_z"][known] / units
    if len(known):
        draw_band(probability, -training[known] - ln_z, known + 1, color=colour, marker=".",
                  label="training, by annealing" if first else "")
        draw_band(probability, -held_out[known] - ln_z, known + 1, color=colour, marker=".", ls="--",
                  label="held out, by annealing" if first else "")
    draw_band(hidden, watched["hidden_on"], color=colour, label="on" if first else "")
    draw_band(hidden, watched["hidden_constant"], color=colour, ls="--", label="constant" if first else "")
    draw_band(norms, watched["weight_rms"], color=colour, label="weights" if first else "")
    draw_band(norms, watched["gradient_rms"], color=colour, ls="--", label="gradient" if first else "")


def draw_training(panels, watched, units):
    for layer, values in enumerate(np.split(watched, len(units))):
        draw_layer(panels, dict(zip(WATCHED, np.moveaxis(values, 2, 0), strict=True)), units[layer], layer)
    labels = ("reconstruction error", "free energy per unit ($k_B$T)", "its gap, held out − training ($k_B$T)",
              "ln p per unit (nats)", "share of hidden units", "root mean square")
    for axes, label in zip(panels, labels, strict=True):
        axes.set(xlabel="epoch of the layer", ylabel=label)
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
        if axes.lines:
            axes.legend(fontsize=7)
        else:
            axes.text(0.5, 0.5, "nothing is held out", ha="center", transform=axes.transAxes)
    panels[-1].set_yscale("log")


def extents(run, units):
    """Of a configuration, x first; of rows of a file, a square where they can be one."""
    if "data" not in run.study:
        return run.study["model"]["size"]
    side = math.isqrt(units)
    return [side, side] if side * side == units else [units, 1]


def network(run):
    if "network" not in run.results:
        return None
    group = run.results["network"]
    layers = sum(re.fullmatch(r"weights_\d+", name) is not None for name in group)
    units = [group[f"weights_{layer}"].shape[1] for layer in range(1, layers + 1)]
    size = extents(run, units[0])
    fields = {"$W_1$": group["weights_1"][0]}
    for layer in range(2, layers + 1):
        fields["".join(f"$W_{n}$" for n in range(1, layer + 1))] = group[f"receptive_fields_{layer}"][0]
    watched = group["watched"][()]

    def draw(figure):
        top, bottom = figure.subfigures(2, 1, height_ratios=[1.7 * len(fields), 4.6])
        for axes, (name, weights) in zip(top.subplots(len(fields), 1, squeeze=False).flat, fields.items()):
            draw_fields(top, axes, weights, name, size)
        draw_training(bottom.subplots(2, 3).flatten(), watched, units)

    rows = run.select(section="network")
    title = "Networks" if "data" in run.study else f"Networks trained at {text(couplings(run, rows[0]))}"
    if watched.shape[1] > 1:
        title += f"; bands: spread of {watched.shape[1]} trainings"
    return Plot("network", title, 5.2 + 1.7 * len(fields), draw)


def draw_exchanges(axes, watched, betas):
    """Acceptance of each pair of `betas` epoch by epoch, in the mean over trainings and attempts, with its error; gaps
    where there were none. `watched` is [epoch, training, acceptance and error of each pair, round trips]."""
    epochs = np.arange(1, len(watched) + 1)
    for pair in range(len(betas) - 1):
        acceptance, error = watched[..., 2 * pair], watched[..., 2 * pair + 1]
        known = np.isfinite(error).all(axis=1)
        mean = np.where(known, acceptance.mean(axis=1), np.nan)
        total = np.sqrt((error ** 2).sum(axis=1)) / error.shape[1]
        axes.errorbar(epochs, mean, np.where(known, total, np.nan), color=matplotlib.colormaps["viridis"](pair / len(betas)),
                      label=f"{betas[pair]:.3g}, {betas[pair + 1]:.3g}")
    axes.set(ylabel="acceptance", ylim=(0, 1))
    if len(betas) <= 13:
        axes.legend(title="inverse temperatures", ncols=2, fontsize=7)


def exchanges(run):
    """Of persistent chains at several temperatures."""
    if "network" not in run.results or "watched_exchanges" not in run.results["network"]:
        return None
    watched = run.results["network"]["watched_exchanges"][()]
    tempering = run.study["network"]["tempering"]
    betas = np.linspace(1, tempering["lowest"], tempering["rungs"])
    layers = len(run.study["network"]["layers"]) - 1

    def draw(figure):
        acceptance, trips = figure.subplots(1, 2)
        draw_exchanges(acceptance, watched, betas)
        draw_band(trips, watched[..., -1], color=COLOURS[0])
        trips.set(ylabel="round trips of all chains in an epoch", ylim=(0, None))
        for axes in (acceptance, trips):
            axes.set_xlabel("epoch" if layers == 1 else "epoch, layer after layer")
            axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
            for layer in range(1, layers):
                axes.axvline(len(watched) / layers * layer + 0.5, color="0.6", lw=0.8)

    return Plot("exchanges", f"Exchanges of persistent chains between {len(betas)} temperatures", 3.0, draw)


# Networks read as renormalization


def small_map(run):
    if "map" not in run.results:
        return None
    group, rows = run.results["map"], run.select(section="map", kind="trained")
    pattern = re.compile(r"defect per site, (.+), \d+ hidden")
    methods = list(dict.fromkeys(match[1] for row in rows if (match := pattern.fullmatch(row["quantity"]))))
    hidden, defect = group["hidden"][()], group["defect"][()]
    exact = run.select(section="map", quantity="defect per site, exact network")

    def draw(figure):
        axes = figure.subplots()
        for n, (method, values) in enumerate(zip(methods, defect, strict=True)):
            x = hidden * 1.02 ** (n - (len(methods) - 1) / 2)
            colour = COLOURS[n % len(COLOURS)]
            axes.plot(x, values, ".", color=colour, alpha=0.4, ms=4)
            spread = values.std(axis=1, ddof=1) if values.shape[1] > 1 else None
            axes.errorbar(x, values.mean(axis=1), spread, fmt=MARKERS[n % len(MARKERS)] + "-", color=colour,
                          lw=0.8, label=f"{method}: mean and spread of {values.shape[1]} trainings")
        for row in exact:
            axes.plot([], [], " ", label=f"exact network, one hidden unit per bond: {row['value']:.0e}")
        axes.set(xlabel="hidden units", ylabel="defect per site, KL(P‖p) / N", yscale="log")
        axes.set_xticks(hidden, hidden)
        axes.margins(x=0.1)
        axes.legend()

    return Plot("map", f"Distance from an exact renormalization step at {text(couplings(run, rows[0]))}", 3.2, draw)


ALL = (observables, correlations, bounds, flows, diagrams, glasses, block, coupling_flows, network, exchanges, small_map)
