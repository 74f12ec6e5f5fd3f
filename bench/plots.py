"""Draws bench/plots/*.svg from bench/results.json."""

import json
import pathlib

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402

# The same results give the same bytes.
plt.rcParams.update({"svg.hashsalt": "routesync", "font.size": 9, "figure.figsize": (10, 3.4)})

here = pathlib.Path(__file__).parent
results = json.loads((here / "results.json").read_text(encoding="utf8"))
folder = here / "plots"
folder.mkdir(exist_ok=True)

NAMES = results["peers"]
COLOURS = dict(zip(NAMES, plt.rcParams["axes.prop_cycle"].by_key()["color"]))
AXES = {
    "routes": "routes of a first deploy",
    "latency": "latency, ms",
    "writers": "writers",
    "changed": "changed share of 20,000 routes, %",
    "table": "routes of the table, one changed",
}
FIGURES = {"requests": "requests", "ms": "wall time, ms", "cpuMs": "CPU, ms"}


def on_axis(cell, axis):
    """The size of 100 routes is measured only once, on the axis of latencies."""
    return cell["axis"] == axis or (axis == "routes" and cell["axis"] == "latency" and cell["at"] == 20)


def save(figure, name):
    figure.tight_layout()
    figure.savefig(folder / f"{name}.svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)


def draw(axis, label):
    figure, panels = plt.subplots(1, len(FIGURES))
    cells = [cell for cell in results["grid"] if on_axis(cell, axis)]
    for panel, (name, title) in zip(panels, FIGURES.items()):
        for peer, warm in dict.fromkeys((cell["peer"], cell["warm"]) for cell in cells):
            at = "routes" if axis == "routes" else "at"
            line = sorted((c[at], c[name]) for c in cells if (c["peer"], c["warm"]) == (peer, warm))
            style = {"linestyle": "--" if warm else "-", "color": COLOURS[peer], "marker": "."}
            panel.plot(*zip(*line), label=NAMES[peer] + (", warm" if warm else ""), **style)
        panel.set(xlabel=label, title=title, yscale="log", xscale="linear" if axis == "latency" else "log")
        panel.grid(visible=True, alpha=0.3)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=7)
    figure.subplots_adjust(bottom=0.3)
    figure.tight_layout(rect=(0, 0.16, 1, 1))
    figure.savefig(folder / f"{axis}.svg", metadata={"Date": None, "Creator": None})
    plt.close(figure)


def draw_throttle():
    cells = [cell for cell in results["grid"] if cell["axis"] == "throttle"]
    figure, panel = plt.subplots()
    panel.barh([NAMES[c["peer"]] for c in cells], [c["ms"] for c in cells], color=[COLOURS[c["peer"]] for c in cells])
    panel.set(xlabel="wall time, ms; (a) and (b) deploy 10 routes, the others 1,000")
    save(figure, "throttle")


def draw_edge():
    figure, panels = plt.subplots(1, 2)
    for panel, name in zip(panels, ("reads", "bytes")):
        for writer in dict.fromkeys(row["writer"] for row in results["edge"]):
            line = [(row["routes"], row[name]) for row in results["edge"] if row["writer"] == writer]
            panel.plot(*zip(*line), label=writer, marker=".")
        panel.set(xlabel="routes", title=f"{name} of one request", xscale="log", yscale="log")
        panel.grid(visible=True, alpha=0.3)
    panels[0].legend()
    save(figure, "edge")


def draw_edge_cost():
    readers = {"sst": "SST's algorithm", "scan": "routesync, no index", "index": "routesync, index"}
    figures = {"reads": "reads", "instructions": "instructions", "memory": "memory, bytes"}
    rows = [row for row in results["edgeCost"]["rows"] if row["table"] == "paths"]
    figures = {name: title for name, title in figures.items() if name in rows[0]}
    figure, panels = plt.subplots(1, len(figures), squeeze=False)
    for panel, (name, title) in zip(panels[0], figures.items()):
        for reader, label in readers.items():
            line = [(row["routes"], row[name]["max"]) for row in rows if row["reader"] == reader]
            panel.plot(*zip(*line), label=label, marker=".")
        panel.set(xlabel="routes", title=f"{title} of one request", xscale="log", yscale="log")
        panel.grid(visible=True, alpha=0.3)
    panels[0][0].legend()
    save(figure, "edge-cost")


for axis, label in AXES.items():
    draw(axis, label)
draw_throttle()
draw_edge()
if "edgeCost" in results:
    draw_edge_cost()
