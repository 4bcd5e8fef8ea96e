"""Draw Figures 4.1 to 4.4, the losses of a training, and answer the five checks for "nobody has won"."""

from pathlib import Path

from smearsynth.errors import UserError
from smearsynth.files import read_tsv, write_text, write_tsv
from smearsynth.options import loads
from smearsynth.studies.balance import checks, smooth
from smearsynth.studies.markdown import table
from smearsynth.studies.options import LossOptions
from smearsynth.studies.reported import DISCRIMINATOR, EQUAL_DISCRIMINATOR, EQUAL_GENERATOR, GENERATOR, file_name

LOSSES = {
    "4.1": ("disc_loss", "discriminator loss (real + generated)"),
    "4.2": ("gen_gan_loss", "generator loss"),
    "4.3": ("gen_l1_loss", "generator L1 loss"),
    "4.4": ("gen_total_loss", "generator total loss"),
}
"""Figure to the column of ``losses.tsv`` and its title."""


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section studies.thesis.losses of the configuration, as JSON")
    parser.add_argument("--losses", type=Path, required=True, help="losses.tsv of the model")
    parser.add_argument(
        "--out", type=Path, required=True, help="folder; gets figure_4_1 to figure_4_4 (.png, .tsv), checks.tsv, checks.md"
    )


def run(args) -> None:
    """Run the command."""
    options = loads(LossOptions, args.options, where="studies.thesis.losses")
    rows = read_tsv(args.losses)
    if len(rows) < 2:
        raise UserError.of(str(args.losses), f"{len(rows)} logged steps", "train longer, or log more often, than once")
    steps = [int(row["step"]) for row in rows]
    losses = {name: [float(row[name]) for row in rows] for name, _ in LOSSES.values()}
    for figure, (name, title) in LOSSES.items():
        smoothed = smooth(losses[name], options.smoothing)
        raw = zip(steps, losses[name], map(float, smoothed), strict=True)
        write_tsv(args.out / f"{file_name(figure)}.tsv", ["step", "raw", "smoothed"], [list(row) for row in raw])
        draw(args.out / f"{file_name(figure)}.png", steps, losses[name], smoothed, figure, title, options.smoothing)
    found = checks(
        losses["disc_loss"],
        losses["gen_gan_loss"],
        losses["gen_l1_loss"],
        smoothing=options.smoothing,
        low=options.low,
    )
    columns = ["check", "measured", "answer", "reading"]
    answers = [[check.name, check.value, check.answer, check.words] for check in found]
    write_tsv(args.out / "checks.tsv", columns, answers)
    write_text(args.out / "checks.md", table(columns, answers))


def draw(path: Path, steps: list[int], raw: list[float], smoothed, figure: str, title: str, smoothing: float) -> None:
    """One loss: faint as logged, strong as smoothed, with the values that a reader holds it against."""
    from smearsynth.studies import style

    drawn, axes = style.figure(6.4, 3.8)
    axis = axes[0, 0]
    axis.plot(steps, raw, color=style.BLUE, alpha=0.25, linewidth=1, label="as logged")
    axis.plot(steps, smoothed, color=style.BLUE, label=f"smoothed ({smoothing:g})")
    lines = {
        "4.1": [
            (EQUAL_DISCRIMINATOR, "equal uncertainty of the sum: 2 log 2 = 1.386", style.GREEN, "--"),
            (EQUAL_GENERATOR, "log 2 = 0.693 (the line of the thesis)", style.RED, ":"),
            (DISCRIMINATOR, f"thesis: about {DISCRIMINATOR}", style.FAINT, "-"),
        ],
        "4.2": [
            (EQUAL_GENERATOR, "equal uncertainty: log 2 = 0.693", style.GREEN, "--"),
            (GENERATOR, f"thesis: about {GENERATOR:g}", style.FAINT, "-"),
        ],
    }
    for value, text, colour, dash in lines.get(figure, []):
        axis.axhline(value, color=colour, linestyle=dash, linewidth=1.2, label=text)
    axis.set_xlabel("training step")
    axis.set_ylabel("loss")
    axis.set_ylim(bottom=0)
    axis.set_title(title)
    drawn.legend(loc="outside lower center", ncols=2)
    style.save(drawn, path)
