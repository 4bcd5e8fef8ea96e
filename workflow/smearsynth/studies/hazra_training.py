"""Draw Figures 7 and 8: accuracy and loss of WGAN-GP-AC's auxiliary classifier on training and validation cells."""

from pathlib import Path

from smearsynth.files import read_json, read_tsv, write_tsv
from smearsynth.studies.hazra_reported import ACCURACY, BATCH, EPOCHS, ITERATIONS, LOSS

FIGURES = {
    "figure_7": ("accuracy", "share of cells whose type is named rightly", ACCURACY),
    "figure_8": ("cross_entropy", "cross-entropy", LOSS),
}
"""Figure to its columns of validation.tsv (after ``training_``, ``validation_``), what they are, the paper's last values."""


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument(
        "--model", type=Path, help="folder of the model: validation.tsv and model.json are read; none where the run has none"
    )
    parser.add_argument("--out", type=Path, required=True, help="folder; gets figure_7 and figure_8 (.png, .tsv)")


def run(args) -> None:
    """Run the command."""
    rows = read_tsv(args.model / "validation.tsv") if args.model else []
    model = read_json(args.model / "model.json") if args.model else None
    # A pass shows as many cells as there are; the paper's epoch does not (265 × 64 cells of 18,579).
    pass_ = len(model["cells"]) / model["batch"] if model else None
    for figure, (measure, label, paper) in FIGURES.items():
        curves = {kind: curve(rows, f"{kind}_{measure}") for kind in ("training", "validation")}
        steps = sorted({step for points in curves.values() for step, _ in points})
        table = [
            [step, step / pass_ if pass_ else None, *(dict(points).get(step) for points in curves.values()), *paper.values()]
            for step in steps
        ]
        columns = ["step", "passes over the cells", *curves, *(f"{kind}, paper's last" for kind in paper)]
        write_tsv(args.out / f"{figure}.tsv", columns, table)
        draw(args.out / f"{figure}.png", curves, paper, label=label, told=units(model))


def units(model: dict | None) -> str:
    """What a step is, here and in the paper."""
    paper = f"paper: {EPOCHS} × {ITERATIONS} = {EPOCHS * ITERATIONS:,} steps of {BATCH}"
    if model is None:
        return paper
    cells, batch = len(model["cells"]), model["batch"]
    return f"here a batch of {batch}, a pass over {cells:,} cells = {cells / batch:.3g} steps; {paper}"


def curve(rows: list[dict[str, str]], column: str) -> list[tuple[int, float]]:
    """Steps and values of a column, without the rows that have none."""
    return [(int(row["step"]), float(row[column])) for row in rows if row[column] not in ("", "n/a")]


def draw(path: Path, curves: dict[str, list], paper: dict[str, float], *, label: str, told: str) -> None:
    """Both curves with the values that the paper ends at; a curve without points is named absent."""
    from smearsynth.studies import style

    figure, axes = style.figure(6.4, 3.9)
    axis = axes[0, 0]
    colours = {"training": style.BLUE, "validation": style.RED}
    axis.set_title(f"Auxiliary classifier of WGAN-GP-AC: {label}", fontsize=9)
    if not any(curves.values()):
        style.absent(axis, "absent: this run has no answers\nof the auxiliary classifier")
        style.save(figure, path)
        return
    for kind, points in curves.items():
        if not points:
            axis.plot([], [], color=colours[kind], label=f"{kind} cells: absent, none were kept for it")
            continue
        marker = "o" if len(points) < 30 else None
        axis.plot(*zip(*points, strict=True), color=colours[kind], marker=marker, markersize=3, label=f"{kind} cells")
        axis.axhline(paper[kind], color=colours[kind], linestyle=":", linewidth=1.2, label=f"paper, {kind}: {paper[kind]:g}")
    axis.set_xlabel(f"training step\n{told}", fontsize=8)
    axis.set_ylim(bottom=0, top=1.02 if label.startswith("share") else None)
    axis.set_xlim(left=0)
    figure.legend(loc="outside lower center", ncols=2)
    style.save(figure, path)
