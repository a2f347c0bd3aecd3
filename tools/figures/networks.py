"""Figures of [network] and [map]."""
import math
import re

import matplotlib
import numpy as np
from matplotlib.ticker import MaxNLocator

from figures.common import COLOURS, MARKERS, Plot, couplings, text


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
        trips.set(ylabel="round trips per epoch, all chains", ylim=(0, None))
        for axes in (acceptance, trips):
            axes.set_xlabel("epoch" if layers == 1 else "epoch, layer after layer")
            axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
            for layer in range(1, layers):
                axes.axvline(len(watched) / layers * layer + 0.5, color="0.6", lw=0.8)

    return Plot("exchanges", f"Exchanges of persistent chains between {len(betas)} temperatures", 3.0, draw)


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
