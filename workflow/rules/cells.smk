# Sources → outlines → one clean catalogue with splits.
USED = config["cells"].get("use")
SOURCES = {
    entry["name"]: entry
    for entry in config["cells"]["sources"]
    if USED is None or entry["name"] in USED
}

CATALOGUE = f"{RUN}/cells/catalogue.json"
# All pictures brought to one stain stand beside the sources' own.
STAINED = config["cells"]["stain"]["method"] != "none"


rule cells_source:
    input:
        source_files,
    output:
        images=directory(f"{RUN}/cells/sources/{{source}}/images"),
        raw=f"{RUN}/cells/sources/{{source}}/raw.json",
        set_aside=f"{RUN}/cells/sources/{{source}}/set_aside.tsv",
        names=f"{RUN}/cells/sources/{{source}}/names.tsv",
    log:
        f"{RUN}/logs/cells_source/{{source}}.log",
    conda:
        "../../envs/smearsynth.yaml"
    threads: 2
    params:
        options=lambda wildcards: json.dumps(SOURCES[wildcards.source], sort_keys=True),
        taxonomy=TAXONOMY,
        seed=config["seed"],
        data=config["data"],
        code=code("cells.source"),
    shell:
        "python -m smearsynth.cells source --options {params.options:q} --taxonomy {params.taxonomy:q}"
        " --seed {params.seed} --data {params.data:q} --jobs {threads}"
        " --out-images {output.images:q} --out {output.raw:q} --set-aside {output.set_aside:q}"
        " --names {output.names:q} > {log:q} 2>&1"


rule cells_outline:
    input:
        images=rules.cells_source.output.images,
        raw=rules.cells_source.output.raw,
    output:
        outlined=f"{RUN}/cells/sources/{{source}}/outlined.json",
        set_aside=f"{RUN}/cells/sources/{{source}}/set_aside_outlines.tsv",
    log:
        f"{RUN}/logs/cells_outline/{{source}}.log",
    conda:
        "../../envs/smearsynth.yaml"
    threads: 2
    params:
        options=section("cells.outline"),
        taxonomy=TAXONOMY,
        seed=config["seed"],
        code=code("cells.outline"),
    shell:
        "python -m smearsynth.cells outline --options {params.options:q} --taxonomy {params.taxonomy:q}"
        " --seed {params.seed} --jobs {threads}"
        " --raw {input.raw:q} --out {output.outlined:q} --set-aside {output.set_aside:q} > {log:q} 2>&1"


rule cells_catalogue:
    input:
        outlined=expand(rules.cells_outline.output.outlined, source=SOURCES),
        images=expand(rules.cells_source.output.images, source=SOURCES),
        set_aside=expand(rules.cells_source.output.set_aside, source=SOURCES)
        + expand(rules.cells_outline.output.set_aside, source=SOURCES),
        found=expand(rules.cells_source.output.names, source=SOURCES),
        told=lambda wildcards: cell_sources.catalogue_files(
            config["cells"]["catalogue"], config["data"]
        ),
    output:
        catalogue=f"{RUN}/cells/merged.json" if STAINED else CATALOGUE,
        report=f"{RUN}/cells/report.tsv",
        counts=f"{RUN}/cells/counts.tsv",
        manifest=f"{RUN}/cells/manifest.tsv",
        names=f"{RUN}/cells/names.tsv",
    log:
        f"{RUN}/logs/cells_catalogue.log",
    conda:
        "../../envs/smearsynth.yaml"
    threads: 2
    params:
        options=section("cells.catalogue"),
        taxonomy=TAXONOMY,
        seed=config["seed"],
        data=config["data"],
        code=code("cells.merge"),
    shell:
        "python -m smearsynth.cells merge --options {params.options:q} --taxonomy {params.taxonomy:q}"
        " --seed {params.seed} --data {params.data:q} --jobs {threads}"
        " --outlined {input.outlined:q} --set-aside {input.set_aside:q} --counts {output.counts:q}"
        " --found {input.found:q} --names {output.names:q}"
        " --out {output.catalogue:q} --report {output.report:q} --manifest {output.manifest:q} > {log:q} 2>&1"


if STAINED:

    # One stain for all pictures, measured on the training split.
    rule cells_stain:
        input:
            merged=rules.cells_catalogue.output.catalogue,
            images=expand(rules.cells_source.output.images, source=SOURCES),
        output:
            catalogue=CATALOGUE,
            images=directory(f"{RUN}/cells/stain/images"),
            statistics=f"{RUN}/cells/stain/statistics.tsv",
            fallbacks=f"{RUN}/cells/stain/fallbacks.tsv",
            figure=captioned(
                f"{RUN}/cells/stain/figure.png",
                "stain",
                "Cells",
                figure="one stain, before and after",
            ),
        log:
            f"{RUN}/logs/cells_stain.log",
        conda:
            "../../envs/smearsynth.yaml"
        threads: 2
        params:
            options=section("cells.stain"),
            seed=config["seed"],
            code=code("cells.stain_normalise"),
        shell:
            "python -m smearsynth.cells stain_normalise --options {params.options:q} --seed {params.seed} --jobs {threads}"
            " --merged {input.merged:q} --out {output.catalogue:q} --out-images {output.images:q}"
            " --statistics {output.statistics:q} --fallbacks {output.fallbacks:q} --figure {output.figure:q} > {log:q} 2>&1"


PICTURES = (
    [rules.cells_stain.output.images]
    if STAINED
    else expand(rules.cells_source.output.images, source=SOURCES)
)
