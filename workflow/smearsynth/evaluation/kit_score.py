"""Score the answers to a blinded reading kit: told apart or not, types, agreement of readers, reaction times."""

from pathlib import Path

from smearsynth.errors import UserError
from smearsynth.evaluation import kit_answers
from smearsynth.evaluation.kit_options import KitScoreOptions
from smearsynth.evaluation.kit_report import report
from smearsynth.evaluation.kit_scores import Score, scores
from smearsynth.files import write_text, write_tsv
from smearsynth.options import loads

COLUMNS = list(Score.__dataclass_fields__)


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", default="{}", help="resamples, level and share as JSON; without it 2000, 0.95 and 0.8")
    parser.add_argument("--seed", type=int, default=1, help="of the resamples")
    parser.add_argument("--key", type=Path, required=True, help="key.json of the kit")
    parser.add_argument("--answers", type=Path, nargs="+", required=True, metavar="CSV", help="one file of each reader")
    parser.add_argument("--out", type=Path, required=True, help="table (TSV); a report (.md) is written beside it")


def run(args) -> None:
    """Run the command."""
    options = loads(KitScoreOptions, args.options, where="--options")
    if args.out.suffix != ".tsv":
        raise UserError.of("--out", f"got {args.out}", "a file name that ends in .tsv, such as kit_scores.tsv")
    answers = kit_answers.read(args.key, args.answers)
    found = scores(answers, options, seed=args.seed)
    write_tsv(args.out, COLUMNS, [[getattr(score, name) for name in COLUMNS] for score in found])
    write_text(args.out.with_suffix(".md"), report(answers, found, options))
