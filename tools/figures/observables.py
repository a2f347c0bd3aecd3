"""Figures of [sample]."""

import matplotlib
import numpy as np

from figures.common import COLOURS, MARKERS, Plot, along_scan


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
