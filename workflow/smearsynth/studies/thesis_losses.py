"""Draw Figures 4.1 to 4.4, the losses of a training, and answer the five checks for "nobody has won"."""

from pathlib import Path

from smearsynth.errors import UserError
from smearsynth.files import read_json, read_tsv, write_tsv
from smearsynth.options import loads
from smearsynth.studies import tables
from smearsynth.studies.balance import CROSS_ENTROPY, HINGE, Objective, checks, smooth
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
    parser.add_argument("--model", type=Path, required=True, help="folder of the model: losses.tsv and model.json are read")
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        help="folder; gets figure_4_1 to figure_4_4 (.png, .tsv), and checks (.tsv, .md, .html)",
    )


def run(args) -> None:
    """Run the command."""
    options = loads(LossOptions, args.options, where="studies.thesis.losses")
    table_of_losses = args.model / "losses.tsv"
    rows = read_tsv(table_of_losses)
    if len(rows) < 2:
        raise UserError.of(str(table_of_losses), f"{len(rows)} logged steps", "train longer, or set gans.log_every lower")
    objective = objective_of(read_json(args.model / "model.json")["options"])
    steps = [int(row["step"]) for row in rows]
    losses = {name: [float(row[name]) for row in rows] for name, _ in LOSSES.values()}
    for figure, (name, title) in LOSSES.items():
        smoothed = smooth(losses[name], options.smoothing)
        raw = zip(steps, losses[name], map(float, smoothed), strict=True)
        write_tsv(args.out / f"{file_name(figure)}.tsv", ["step", "raw", "smoothed"], [list(row) for row in raw])
        path = args.out / f"{file_name(figure)}.png"
        draw(path, steps, losses[name], smoothed, title, lines(figure, objective), options.smoothing)
    found = checks(
        losses["disc_loss"],
        losses["gen_gan_loss"],
        losses["gen_l1_loss"],
        objective=objective,
        smoothing=options.smoothing,
        low=options.low,
    )
    columns = ["check", "measured", "answer", "reading"]
    answers = [[check.name, check.value, check.answer, check.words] for check in found]
    tables.write(args.out, "checks", columns, answers)


def objective_of(options: dict) -> Objective:
    """What a model's ``model.json`` says its losses are of."""
    hinge = options["preset"] == "default" and options["default"]["adversarial"] == "hinge"
    return HINGE if hinge else CROSS_ENTROPY


def lines(figure: str, objective: Objective) -> list[tuple[float, str, str]]:
    """Values that a figure's loss is held against: where, what they are, and which style they are drawn in."""
    hinge = objective is HINGE
    if figure == "4.1" and not hinge:
        return [
            (EQUAL_DISCRIMINATOR, "equal uncertainty of the sum: 2 log 2 = 1.386", "equal"),
            (EQUAL_GENERATOR, "log 2 = 0.693 (the line of the thesis)", "misread"),
            (DISCRIMINATOR, f"thesis: about {DISCRIMINATOR}", "reported"),
        ]
    if figure == "4.1":
        return [(objective.discriminator, "equal uncertainty of the sum of hinge losses: 2", "equal")]
    if figure == "4.2" and not hinge:
        return [
            (EQUAL_GENERATOR, "equal uncertainty: log 2 = 0.693", "equal"),
            (GENERATOR, f"thesis: about {GENERATOR:g}", "reported"),
        ]
    if figure == "4.2":
        return [(objective.generator, "equal uncertainty of the hinge loss: 0", "equal")]
    return []


def draw(path: Path, steps: list[int], raw: list[float], smoothed, title: str, marks: list[tuple], smoothing: float) -> None:
    """One loss: faint as logged, strong as smoothed, with the values of `lines`."""
    from smearsynth.studies import style

    drawn, axes = style.figure(6.4, 3.8)
    axis = axes[0, 0]
    axis.plot(steps, raw, color=style.BLUE, alpha=0.25, linewidth=1, label="as logged")
    axis.plot(steps, smoothed, color=style.BLUE, label=f"smoothed ({smoothing:g})")
    looks = {"equal": (style.GREEN, "--"), "misread": (style.RED, ":"), "reported": (style.FAINT, "-")}
    for value, text, kind in marks:
        colour, dash = looks[kind]
        axis.axhline(value, color=colour, linestyle=dash, linewidth=1.2, label=text)
    axis.set_xlabel("training step")
    axis.set_ylabel("loss")
    if min(raw) >= 0:
        axis.set_ylim(bottom=0)
    axis.set_title(title)
    drawn.legend(loc="outside lower center", ncols=2)
    style.save(drawn, path)
