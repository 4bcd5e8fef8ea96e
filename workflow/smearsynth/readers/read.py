"""Read smears: find, outline, type and count the cells of pictures of any size."""

import sys
from pathlib import Path

import numpy as np

from smearsynth import images, progress
from smearsynth.errors import Problem, UserError, raise_all
from smearsynth.files import atomic_folder, read_json, sha256, write_tsv


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--model", type=Path, required=True, help="folder of the field reader")
    parser.add_argument("--images", type=Path, nargs="+", required=True, help="pictures, or folders of pictures")
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--um-per-px", type=float, help="resolution of the pictures; that of the reader without it")
    size.add_argument("--scale", type=float, help="reader's pixels in one of the picture's, where its resolution is not known")
    size.add_argument("--match", type=Path, help="folder that readers match made of some fields of the same microscope")
    parser.add_argument("--only", nargs="+", metavar="TYPE", help="keep these classes alone")
    parser.add_argument(
        "--least-score",
        type=float,
        default=0.5,
        help="keep candidates from this score on in instances.json (0.5: cells; 0.05: for precision-recall curves)",
    )
    parser.add_argument("--retype", type=Path, help="folder of a cell classifier, which names the white cells")
    parser.add_argument("--retype-scale", type=float, default=1.0, help="pixels of the classifier's pictures in one of these")
    parser.add_argument(
        "--retype-on",
        choices=("black", "kept"),
        default="black",
        help="the classifier knows cells on black, or with surroundings kept",
    )
    parser.add_argument("--device", choices=("auto", "cpu", "gpu"), help="instead of the device that the reader was trained on")
    parser.add_argument("--out", type=Path, required=True, help="folder")


def run(args) -> None:
    """Run the command."""
    check(args, ("um_per_px", "scale", "retype_scale", "least_score"))
    match = matched(args.match, args.model) if args.match else None
    files = listed(args.images)

    from smearsynth.readers import field_reader, field_reading, read_out, retype

    reader = field_reader.load(args.model, device=args.device)
    keep = reader.classes.only(args.only) if args.only else None
    factor = match["factor"] if match else factor_of(args, reader.options.um_per_px)
    stain = np.array(match["stain"]) if match else None
    namer = None
    if args.retype:
        black = args.retype_on == "black"
        namer = retype.load(args.retype, field_reader=args.model, classes=reader.classes, scale=args.retype_scale, black=black)
    taxonomy = namer.taxonomy if namer else reader.classes.known()
    pictures: list[dict] = []
    of: dict[str, list[dict]] = {}
    broken: list[Problem] = []
    with atomic_folder(args.out) as folder:
        for name, path in progress.shown(files.items(), total=len(files), told="read", unit="picture"):
            try:
                picture = images.read(path)
            except UserError as error:
                broken += error.problems
                continue
            found, masks = field_reading.read(reader, picture, factor=factor, least=args.least_score, stain=stain)
            ids = [reader.classes.types[number - 1].id for number in found.classes]
            if keep is not None:
                kept = [at for at, one in enumerate(ids) if one in keep]
                found, masks, ids = found.where(kept), [masks[at] for at in kept], [ids[at] for at in kept]
            if namer:
                ids = namer.name(picture, masks, ids)
            height, width = picture.shape[:2]
            image = {"id": len(pictures) + 1, "file_name": name, "height": height, "width": width, "sha256": sha256(path)}
            first = 1 + sum(map(len, of.values()))
            of[name] = read_out.entries(found, masks, ids, (height, width), image_id=image["id"], first_id=first)
            pictures.append(image)
            read_out.write_picture(folder, picture, image, of[name], taxonomy)
        if not pictures:
            raise UserError(broken)
        read_out.write_all(folder, pictures, of, taxonomy)
        if broken:
            rows = [[Path(problem.where).name, problem.what, problem.fix] for problem in broken]
            write_tsv(folder / "set_aside.tsv", ["file", "what", "fix"], rows)
    total = sum(len(read_out.counted(cells)) for cells in of.values())
    aside = f"; {len(broken)} could not be read: set_aside.tsv" if broken else ""
    print(f"{total} cells in {len(pictures)} picture(s){aside}")
    red = {one.id for one in reader.classes.types if one.kind == "red"}
    if red and (keep is None or keep & red) and (names := read_out.doubtful(of, taxonomy)):
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        print(f"no red cell was found beside others, is this a smear? {', '.join(names[:5])}{more}", file=sys.stderr)


LIMITS = {"um_per_px": (0.005, 5), "scale": (0.01, 50), "retype_scale": (0.01, 50), "least_score": (0, 1)}
"""Numbers that mean something."""


def check(args, names: tuple[str, ...]) -> None:
    """Refuse numbers beyond their `LIMITS`."""
    problems = []
    for name in names:
        value, (least, most) = getattr(args, name), LIMITS[name]
        if value is not None and not least <= value <= most:
            problems.append(Problem(f"--{name.replace('_', '-')}", f"got {value}", f"from {least} to {most}"))
    raise_all(problems)


def factor_of(args, um_per_px: float | None) -> float:
    """Reader's pixels in one of the picture's."""
    if args.um_per_px is None:
        return args.scale or 1.0
    if um_per_px is None:
        fix = "give --scale, or train it with readers.field.um_per_px"
        raise UserError.of("--um-per-px", "the reader was trained without a resolution", fix)
    return args.um_per_px / um_per_px


def matched(folder: Path, model: Path) -> dict:
    """The match in a folder; a `UserError` where it was made for another reader."""
    found = read_json(folder / "match.json")
    if not isinstance(found, dict) or not {"reader", "factor", "stain"} <= set(found):
        raise UserError.of(str(folder), "no match in it", "give the folder that readers match wrote")
    if found["reader"] != sha256(model / "model.json"):
        raise UserError.of(
            str(folder), "this match was made for another reader", "make it again with readers match and this --model"
        )
    return found


def listed(paths: list[Path]) -> dict[str, Path]:
    """The pictures of files and folders: name for the results (relative to its folder) to path.

    Raises
    ------
    UserError
        With all paths that do not exist, folders without pictures, and pictures whose results would have the same name.
    """
    found: dict[str, Path] = {}
    problems = []
    taken: dict[Path, Path] = {}
    for path in paths:
        inside = sorted(one for one in path.rglob("*") if one.suffix.lower() in images.SUFFIXES) if path.is_dir() else [path]
        if not path.exists():
            problems.append(Problem(str(path), "no such file or folder", "check the path"))
        elif not inside:
            problems.append(Problem(str(path), "no pictures in it", f"give a folder with {', '.join(images.SUFFIXES)} files"))
        for one in inside if path.exists() else []:
            name = one.relative_to(path) if path.is_dir() else Path(one.name)
            other = taken.setdefault(name.with_suffix(""), one)
            if other is not one:
                problems.append(Problem(str(one), f"its results would be called as those of {other}", "rename one of the two"))
            found[name.as_posix()] = one
    raise_all(problems)
    return found
