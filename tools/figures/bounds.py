"""The figure of [bounds]."""
import re


from figures.common import COLOURS, MARKERS, Plot, along_scan, couplings


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
