# Which files a job reads, and how studies stand in the report.
from smearsynth.cells import sources as cell_sources
from smearsynth.cells.options import SourceOptions
from smearsynth.options import build


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


def shard_count(wildcards):
    return min(PER_JOB, config["slides"]["count"] - SHARDS[wildcards.shard])


def slide_model(wildcards):
    """The trained generator, where cells are generated."""
    return multiext(f"{RUN}/gans/{MODELS[0]}/", *MODEL_FILES) if GENERATED else []


def shard_of(wildcards):
    return f"{int(wildcards.index) // PER_JOB:04d}"


def shown(name, caption, category, **labels):
    """A file of the thesis's studies, in the report with a caption."""
    return report(
        f"{THESIS}/{name}",
        caption=f"../report/{caption}.rst",
        category=category,
        labels=labels,
    )
