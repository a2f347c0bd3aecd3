"""Figures of [[flow]]: couplings, phase diagrams, spin glasses."""

import numpy as np

from figures.common import COLOURS, Plot


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
