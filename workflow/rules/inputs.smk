# Which files a job reads, and how studies stand in the report.
import hashlib

from smearsynth.cells import sources as cell_sources
from smearsynth.cells.options import SourceOptions
from smearsynth.gans.family import RECIPES
from smearsynth.images import SUFFIXES
from smearsynth.options import build
from smearsynth.readers.architectures import ARCHITECTURES
from smearsynth.readers.arms_options import ARMS, NEED_SYNTHETIC
from smearsynth.studies import rule_graph


def source_files(wildcards):
    entry = build(SourceOptions, SOURCES[wildcards.source], where="cells.sources")
    return cell_sources.files(entry, config["data"])


def pairs_of(wildcards):
    """The pairs of a model: all, or at most so many training cells of a type (studies.thesis.amounts)."""
    subset = wildcards.model.startswith("subset_")
    return (
        f"{RUN}/studies/{wildcards.model}/index.json"
        if subset
        else rules.pairs.output.index
    )


FAMILY = f"{RUN}/gans/family/{{percent}}/{{model}}"
FAMILY_CELLS = f"{FAMILY}/cells/index.json"
FAMILY_MODELS = "|".join(RECIPES)
SYNTHETIC_MODELS = f"pix2pix|{FAMILY_MODELS}"


wildcard_constraints:
    # A share of the real training cells, as a percentage.
    percent=r"\d+(\.\d+)?",


def percent_of(share):
    return f"{100 * share:.6g}"


def share_of(percent):
    return float(percent) / 100


def family_options(wildcards):
    """What one model of the family is told: a change of another one's settings trains nothing anew."""
    told = configuration.section(config, "gans.family")
    own = [one for one in told["changes"] if one["model"] == wildcards.model]
    return json.dumps(
        {**told, "models": [wildcards.model], "changes": own}, sort_keys=True
    )


def redrawing(wildcards):
    """The generator of cells that has seen just this share."""
    return "all" if share_of(wildcards.percent) == 1 else f"share_{wildcards.percent}"


def windows_reader():
    """The reader of the configuration, for windows: it sees the whole of each."""
    side = config["pairs"]["windows"]["size"]
    told = configuration.section(config, "readers")
    return json.dumps({**told, "window": side, "size": side}, sort_keys=True)


def synthetic_cells(wildcards):
    """The index of a generator's windows, where an arm has any."""
    return [] if wildcards.model == "real" else FAMILY_CELLS.format(**wildcards)


def models_at(compared, percent):
    """The models whose cells are compared at a share: the run's own, or the eight of a study."""
    told = config["gans"]["family"]["models"] if share_of(percent) == 1 else []
    arms = config["readers"]["arms"]
    if compared == "hazra2022":
        told = config["studies"]["hazra2022"]["models"]
    elif percent in map(percent_of, arms["shares"]):
        told = [*told, *arms["models"]]
    return list(dict.fromkeys(told))


def percents_with_models():
    shares = dict.fromkeys([1.0, *config["readers"]["arms"]["shares"]])
    return [p for p in map(percent_of, shares) if models_at("family", p)]


def sets_of(pattern):
    """A file of each of the models that are compared."""
    return lambda wildcards: [
        pattern.format(**{**dict(wildcards.items()), "model": model})
        for model in models_at(wildcards.compared, wildcards.percent)
    ]


def named(part):
    """The files of an input as model=file."""
    return lambda wildcards, input: [
        f"{model}={path}"
        for model, path in zip(
            models_at(wildcards.compared, wildcards.percent), input[part]
        )
    ]


def arm_options(wildcards):
    """What one arm is told: one more arm, share, model or network trains none of the others anew."""
    told = configuration.section(config, "readers.arms")
    networks = [
        one for one in told["networks"] if one["name"] == wildcards.architecture
    ]
    own = {
        "arms": [wildcards.arm],
        "shares": [share_of(wildcards.percent)],
        "models": [] if wildcards.model == "real" else [wildcards.model],
        "networks": networks,
        "compared": [wildcards.architecture],
    }
    return json.dumps({**told, **own}, sort_keys=True)


def arms_of(shares, models, networks, arms):
    """The tables of some arms: those without synthetic cells once, the others for each generator."""
    return [
        f"{RUN}/readers/arms/{percent_of(share)}/{model}/{network}/{arm}/names.tsv"
        for share in shares
        for network in networks
        for arm in arms
        for model in (models if arm in NEED_SYNTHETIC else ["real"])
    ]


def field_named(which):
    """NAME=NPZ of the slides or of the spoilt fields: the name stands in the file's own, after the first _."""
    return lambda wildcards, input: [
        f"{Path(path).stem.split('_', 1)[1]}={path}" for path in input[which]
    ]


def arm_of(reader):
    return reader.partition(".")[0]


def repetition_of(reader):
    """Which of its arm's trainings a reader of fields comes from."""
    return int(reader.partition(".")[2] or 1)


def trainings_of(arms):
    """The readers of some arms."""
    return [f"{arm}.{n}" if n > 1 else arm for arm in arms for n in REPETITIONS]


def field_arm(wildcards, source, files):
    """The files of a source, if a reader of fields is trained on it."""
    return files if source in FIELD_ARMS[arm_of(wildcards.reader)] else []


def others_of(wildcards):
    """Annotations and pictures of other runs' slides that a reader of fields is trained on."""
    folders = [
        f"{OTHER_SLIDES[source]}/slides"
        for source in FIELD_ARMS[arm_of(wildcards.reader)]
        if source in OTHER_SLIDES
    ]
    return [
        f"{folder}/{file}"
        for folder in folders
        for file in ("instances.json", "images")
    ]


def field_sources(wildcards, input):
    """The sources of a reader of fields and how often each is drawn, as flags."""
    flags, shares = [], []
    told = FIELD_ARMS[arm_of(wildcards.reader)]
    for source in sorted(
        told, key=lambda one: one in ("fields", "boxes")
    ):  # slides first
        if source in ("fields", "boxes"):
            flags += ["--fields", input[source][0]]
        elif source == "slides":
            flags += ["--slides", input.slides[0], f"{RUN}/slides/images"]
        else:
            folder = f"{OTHER_SLIDES[source]}/slides"
            flags += ["--slides", f"{folder}/instances.json", f"{folder}/images"]
        shares.append(f"{told[source]:g}")
    resolution = config["readers"]["field_arms"]["um_per_px"]
    flags += ["--shares", *shares] if len(shares) > 1 else []
    flags += ["--um-per-px", str(resolution)] if resolution else []
    return shlex.join(flags)


def existing(where, told):
    """Pictures and boxes of a section; an error that names what is not there."""
    files = {
        part: os.path.join(config["data"], told[part]) for part in ("images", "boxes")
    }
    if missing := [path for path in files.values() if not os.path.exists(path)]:
        raise WorkflowError(
            f"{where} lacks {' and '.join(missing)}; correct images and boxes, which are relative to data, or take it out of"
            " the configuration"
        )
    return files


def truth_files(wildcards):
    """Pictures and boxes of a truth."""
    name = wildcards.truth
    return existing(f"evaluation.field_truths: {name}", TRUTHS[name])


def truth_has_training_part(wildcards):
    """Whether a part of a truth's boxes teaches readers or told their margins: then the other part alone counts, for all readers."""
    truth = TRUTHS[wildcards.truth]
    told = ON_BOXES or bool(truth.get("margins"))
    return told and truth["boxes"] == BOXED["boxes"]


def pictures_below(folder):
    return [path for path in Path(folder).rglob("*") if path.suffix.lower() in SUFFIXES]


def matching_pictures(wildcards):
    """The pictures that tell what a truth's microscope is like, by the hash of their names."""
    count = TRUTHS[wildcards.truth].get("match", 0)
    order = sorted(
        pictures_below(truth_files(wildcards)["images"]),
        key=lambda path: hashlib.sha256(path.name.encode()).hexdigest(),
    )
    return list(map(str, order[:count]))


def leave_out_matched(wildcards):
    names = [Path(path).name for path in matching_pictures(wildcards)]
    return f"--leave-out {shlex.join(names)}" if names else ""


def resolution_of_truth(wildcards):
    um_per_px = TRUTHS[wildcards.truth].get("um_per_px")
    return f"--um-per-px {um_per_px}" if um_per_px else ""


def margins_of_truth(wildcards):
    margins = TRUTHS[wildcards.truth].get("margins") or {}
    told = " ".join(f"{kind}={pixels}" for kind, pixels in margins.items())
    return f"--margin {told}" if told else ""


def named_after(path):
    """The name of a folder for what is made of a picture or a folder of pictures: no two places have the same."""
    return os.path.normpath(path).strip(os.sep).replace(os.sep, "_")


def picture_to_read(wildcards):
    if not config["image"]:
        raise WorkflowError(
            "nothing to read: snakemake read --config image=FILE_OR_FOLDER"
        )
    return config["image"]


def shard_count(wildcards):
    return min(PER_JOB, config["slides"]["count"] - SHARDS[wildcards.shard])


def slide_model(wildcards):
    """The generator, where cells or whole slides are generated."""
    if SHIPPED:
        return [str(SHIPPED_FIELDS / file) for file in FIELD_FILES]
    if WHOLE:
        return rules.gans_field_train.output.model
    return multiext(f"{RUN}/gans/{MODELS[0]}/", *MODEL_FILES) if GENERATED else []


def slide_model_flags(wildcards, input):
    if not input.model:
        return ""
    device = FIELD["device"] if WHOLE else TRAINING["device"]
    return f"--model {shlex.quote(os.path.dirname(input.model[0]))} --device {device}"


def catalogues_of_others(arms):
    """What other runs, whose slides teach some of these arms, have trained on, so far as their cells are still there."""
    used = {name for arm in arms for name in FIELD_ARMS[arm]}
    files = [
        Path(OTHER_SLIDES[name]) / "cells" / "catalogue.json"
        for name in sorted(used & OTHER_SLIDES.keys())
    ]
    return [str(file) for file in files if file.is_file()]


def fields_to_match(wildcards):
    """The pictures of a user's own microscope; the folder itself where it has none, so that its command says so."""
    folder = config["slides"]["match"]
    return sorted(map(str, pictures_below(folder))) or [folder]


def shard_of(wildcards):
    return f"{int(wildcards.index) // PER_JOB:04d}"


def captioned(path, caption, category, **labels):
    """A file that stands in the report."""
    return report(
        path, caption=f"../report/{caption}.rst", category=category, labels=labels
    )


def shown(name, caption, category, **labels):
    """A file of the thesis's studies, in the report."""
    return captioned(f"{THESIS}/{name}", caption, category, **labels)


def of_paper(name, caption, **labels):
    """A file of the paper's studies, in the report."""
    return captioned(f"{HAZRA}/{name}", caption, "Hazra et al. 2022", **labels)


def real_features(which, *, extractor="{extractor}"):
    return f"{RUN}/evaluation/features/{extractor}/real_{which}.npz"


def rules_behind(target):
    """The graph of the rules that a target needs, for Figure 2; told when its job is, as all rules are known by then."""

    def told(wildcards):
        files = {
            each.name: rule_graph.Rule(
                [item if callable(item) else str(item) for item in each.input],
                list(map(str, each.output)),
            )
            for each in workflow.rules
        }
        return json.dumps(rule_graph.upstream(files, target))

    return told
