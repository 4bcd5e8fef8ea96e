"""Name the cells of an index or of any folder of pictures with a trained reader."""

from pathlib import Path

from smearsynth.files import write_tsv
from smearsynth.readers import pictures, reader

COLUMNS = ["file", "cell_id", "category_id", "named", "probability"]
"""Of the table: ids of the taxonomy; ``category_id`` is the true type, n/a where nobody told."""


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--model", type=Path, required=True, help="folder of the reader")
    parser.add_argument("--cells", type=Path, required=True, help="index.json of pairs or of generated cells, or a folder")
    parser.add_argument("--split", choices=("train", "test"), help="name the cells of one split only")
    parser.add_argument("--out", type=Path, required=True, help="table (TSV)")


def run(args) -> None:
    """Run the command."""
    trained = reader.load(args.model)
    options = trained.options
    cells = pictures.read(args.cells, window=options.window, size=options.size, split=args.split)
    named, probabilities = trained.name(cells.pixels)
    columns = zip(cells.files, cells.cell_ids, cells.category_ids, named, probabilities.max(1).tolist(), strict=True)
    write_tsv(args.out, COLUMNS, [list(row) for row in columns])
