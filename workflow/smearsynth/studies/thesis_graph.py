"""Draw Figure 3.1: the graph in three dimensions, as an interactive page and a still."""

from pathlib import Path

import numpy as np

from smearsynth import seeds
from smearsynth.files import write_text, write_tsv
from smearsynth.layouts import dgm
from smearsynth.layouts.options import DgmOptions
from smearsynth.options import loads
from smearsynth.studies.options import GraphOptions


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section studies.thesis.graph of the configuration, as JSON")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder; gets figure_3_1.html, .png and .tsv")


def run(args) -> None:
    """Run the command."""
    options = loads(GraphOptions, args.options, where="studies.thesis.graph")
    positions, edges, degrees = graph(options, seed=seeds.entropy(args.seed, "studies", "figure_3_1"))
    rows = [[node, *map(float, place), int(degrees[node])] for node, place in enumerate(positions)]
    write_tsv(args.out / "figure_3_1.tsv", ["node", "x", "y", "z", "degree"], rows)
    write_text(args.out / "figure_3_1.html", page(positions, edges, degrees, options))
    still(args.out / "figure_3_1.png", positions, edges, degrees, options)


def graph(options: GraphOptions, *, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The Dorogovtsev-Goltsev-Mendes graph laid out by ForceAtlas2 in three dimensions (thesis 3.2), as layouts use it.

    Returns
    -------
    positions : ndarray of float64, shape (nodes, 3)
        Every axis spans [0, 1].
    edges : ndarray of int, shape (edges, 2)
    degrees : ndarray of int, shape (nodes,)
    """
    network = dgm.graph(options.generation)
    choice = DgmOptions(options.generation, options.iterations, options.repulsion)
    degrees = np.array([network.degree[node] for node in range(len(network))])
    return dgm.positions(network, choice, seed=seed), np.array(sorted(network.edges), int), degrees


def _title(positions: np.ndarray, edges: np.ndarray, options: GraphOptions) -> str:
    return (
        f"Dorogovtsev-Goltsev-Mendes graph of generation {options.generation}: {len(positions)} nodes, {len(edges)} edges; "
        f"ForceAtlas2, {options.iterations} iterations, repulsion {options.repulsion:g}"
    )


def page(positions: np.ndarray, edges: np.ndarray, degrees: np.ndarray, options: GraphOptions) -> str:
    """The interactive page: one HTML file that needs no network, the same bytes for the same graph."""
    import plotly.graph_objects as go

    # A gap (None) after each edge keeps Plotly from joining it to the next one.
    lines = [[value for a, b in edges for value in (positions[a, axis], positions[b, axis], None)] for axis in range(3)]
    figure = go.Figure(
        [
            go.Scatter3d(
                x=lines[0], y=lines[1], z=lines[2], mode="lines", line={"color": "#b5bcc7", "width": 2}, hoverinfo="skip"
            ),
            go.Scatter3d(
                x=positions[:, 0],
                y=positions[:, 1],
                z=positions[:, 2],
                mode="markers",
                marker={
                    "size": 3 + 2 * np.log2(degrees),
                    "color": np.log2(degrees),
                    "colorscale": "Viridis",
                    "line": {"width": 0},
                },
                text=[f"node {node}, {degree} edges" for node, degree in enumerate(degrees)],
                hoverinfo="text",
            ),
        ]
    )
    figure.update_layout(
        title={"text": _title(positions, edges, options), "font": {"size": 14}},
        showlegend=False,
        margin={"l": 0, "r": 0, "t": 50, "b": 0},
        scene={name: {"showbackground": False, "title": name[0]} for name in ("xaxis", "yaxis", "zaxis")},
    )
    return figure.to_html(full_html=True, include_plotlyjs=True, div_id="figure_3_1")


def still(path: Path, positions: np.ndarray, edges: np.ndarray, degrees: np.ndarray, options: GraphOptions) -> None:
    """The still: the graph from one side, and from above as the layout of a slide uses it."""
    from mpl_toolkits.mplot3d.art3d import Line3DCollection

    from smearsynth.studies import style

    figure = style.plt.figure(figsize=(9, 4.6), layout="constrained")
    size, colour = 10 + 16 * np.log2(degrees), np.log2(degrees)
    space = figure.add_subplot(1, 2, 1, projection="3d")
    space.add_collection(Line3DCollection(positions[edges], colors="#b5bcc7", linewidths=0.6))
    x, y, z = positions.T
    space.scatter(x, y, z, s=size, c=colour, cmap="viridis", depthshade=False, linewidths=0)
    space.set_title("in space")
    space.tick_params(labelsize=6)
    flat = figure.add_subplot(1, 2, 2)
    for a, b in edges:
        flat.plot(*positions[[a, b], :2].T, color="#b5bcc7", linewidth=0.6, zorder=1)
    shown = flat.scatter(x, y, s=size, c=z, cmap="plasma", linewidths=0, zorder=2)
    flat.set_aspect("equal")
    flat.set_title("from above")
    figure.colorbar(shown, ax=flat, label="z: size of the cell", shrink=0.7)
    figure.suptitle(_title(positions, edges, options), fontsize=8)
    style.save(figure, path)
