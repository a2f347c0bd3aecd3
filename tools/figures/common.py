"""Style, and what the figures of several sections share."""
import dataclasses
import typing

import matplotlib

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
