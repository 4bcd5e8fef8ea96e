# The thesis's figures and tables from this run, each a rule of its own (docs/studies.md lists them).
THESIS = f"{RUN}/studies/thesis"
STUDY = config["studies"]["thesis"]
CELL_FIGURES = [f"figure_4_{number}" for number in range(5, 17)]
SLIDE_FIGURES = [f"figure_4_{number}" for number in range(17, 17 + STUDY["slides"])]


rule thesis_graph:
    output:
        page=shown(
            "figure_3_1.html",
            "figure_3_1",
            "Thesis, method",
            figure="3.1",
            form="interactive",
        ),
        still=shown(
            "figure_3_1.png",
            "figure_3_1",
            "Thesis, method",
            figure="3.1",
            form="still",
        ),
        numbers=f"{THESIS}/figure_3_1.tsv",
    log:
        f"{RUN}/logs/thesis_graph.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("studies.thesis.graph"),
        seed=config["seed"],
        code=code("studies.thesis_graph"),
    shell:
        "python -m smearsynth.studies thesis_graph --options {params.options:q} --seed {params.seed}"
        " --out $(dirname {output.still:q}) > {log:q} 2>&1"


rule thesis_pair:
    input:
        index=rules.pairs.output.index,
        images=rules.pairs.output.images,
    output:
        figure=shown("figure_3_3.png", "figure_3_3", "Thesis, method", figure="3.3"),
        numbers=f"{THESIS}/figure_3_3.tsv",
    log:
        f"{RUN}/logs/thesis_pair.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        taxonomy=TAXONOMY,
        seed=config["seed"],
        code=code("studies.thesis_pair"),
    shell:
        "python -m smearsynth.studies thesis_pair --taxonomy {params.taxonomy:q} --seed {params.seed}"
        " --pairs {input.index:q} --out $(dirname {output.figure:q}) > {log:q} 2>&1"


rule thesis_jitter:
    input:
        index=rules.pairs.output.index,
        images=rules.pairs.output.images,
    output:
        figure=shown("figure_3_4.png", "figure_3_4", "Thesis, method", figure="3.4"),
        numbers=f"{THESIS}/figure_3_4.tsv",
    log:
        f"{RUN}/logs/thesis_jitter.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        taxonomy=TAXONOMY,
        seed=config["seed"],
        code=code("studies.thesis_jitter"),
    shell:
        "python -m smearsynth.studies thesis_jitter --taxonomy {params.taxonomy:q} --seed {params.seed}"
        " --pairs {input.index:q} --out $(dirname {output.figure:q}) > {log:q} 2>&1"


rule thesis_layout:
    input:
        CATALOGUE,
    output:
        figure=shown("figure_3_5.png", "figure_3_5", "Thesis, method", figure="3.5"),
        numbers=f"{THESIS}/figure_3_5.tsv",
    log:
        f"{RUN}/logs/thesis_layout.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("studies.thesis.layout"),
        dgm=section("layouts.dgm"),
        shapes=config["layouts"]["shapes"],
        taxonomy=TAXONOMY,
        seed=config["seed"],
        code=code("studies.thesis_layout"),
    shell:
        "python -m smearsynth.studies thesis_layout --options {params.options:q} --dgm {params.dgm:q}"
        " --shapes {params.shapes} --taxonomy {params.taxonomy:q} --seed {params.seed} --catalogue {input:q}"
        " --out $(dirname {output.figure:q}) > {log:q} 2>&1"


rule thesis_counts:
    input:
        CATALOGUE,
    output:
        numbers=f"{THESIS}/table_4_1.tsv",
        table=shown("table_4_1.html", "table_4_1", "Thesis, cells", table="4.1"),
        markdown=f"{THESIS}/table_4_1.md",
    log:
        f"{RUN}/logs/thesis_counts.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        taxonomy=TAXONOMY,
        code=code("studies.thesis_counts"),
    shell:
        "python -m smearsynth.studies thesis_counts --taxonomy {params.taxonomy:q} --catalogue {input:q}"
        " --out $(dirname {output.table:q}) > {log:q} 2>&1"


rule thesis_losses:
    input:
        model=f"{RUN}/gans/{MODELS[0]}/model.json",
        losses=f"{RUN}/gans/{MODELS[0]}/losses.tsv",
    output:
        figures=[
            shown(
                f"figure_4_{number}.png",
                "figure_4_1",
                "Thesis, training",
                figure=f"4.{number}",
            )
            for number in range(1, 5)
        ],
        numbers=expand(f"{THESIS}/figure_4_{{number}}.tsv", number=range(1, 5)),
        checks=f"{THESIS}/checks.tsv",
        words=shown(
            "checks.html", "checks", "Thesis, training", figure="the five checks"
        ),
        markdown=f"{THESIS}/checks.md",
    log:
        f"{RUN}/logs/thesis_losses.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("studies.thesis.losses"),
        code=code("studies.thesis_losses"),
    shell:
        "python -m smearsynth.studies thesis_losses --options {params.options:q} --model $(dirname {input.model:q})"
        " --out $(dirname {output.checks:q}) > {log:q} 2>&1"


rule thesis_cells:
    input:
        index=rules.pairs.output.index,
        images=rules.pairs.output.images,
        generated=expand(rules.gans_sample.output, model=MODELS[0], which="test"),
    output:
        figures=[
            shown(
                f"{name}.png",
                "figure_4_5",
                "Thesis, cells",
                figure=name[7:].replace("_", "."),
            )
            for name in CELL_FIGURES
        ],
        overview=shown("cells.png", "cells", "Thesis, cells", figure="all types"),
        numbers=f"{THESIS}/cells.tsv",
    log:
        f"{RUN}/logs/thesis_cells.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        taxonomy=TAXONOMY,
        seed=config["seed"],
        cells=STUDY["cells"],
        code=code("studies.thesis_cells"),
    shell:
        "python -m smearsynth.studies thesis_cells --taxonomy {params.taxonomy:q} --seed {params.seed}"
        " --cells {params.cells} --pairs {input.index:q} --generated {input.generated:q}/index.json"
        " --out $(dirname {output.numbers:q}) > {log:q} 2>&1"


# The cells that a model has not seen: held-out ones, and the fold that it left out.
UNSEEN = [(MODELS[0], "test")] + [
    (model, model) for model in MODELS if model.startswith("fold")
]


rule thesis_drawn:
    input:
        drawn=[f"{RUN}/gans/{model}/{which}_cells" for model, which in UNSEEN],
        models=[f"{RUN}/gans/{model}/model.json" for model, _ in UNSEEN],
    output:
        numbers=f"{THESIS}/drawn.tsv",
        table=shown("drawn.html", "drawn", "Thesis, cells", table="cells drawn"),
        markdown=f"{THESIS}/drawn.md",
    log:
        f"{RUN}/logs/thesis_drawn.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        taxonomy=TAXONOMY,
        code=code("studies.thesis_drawn"),
    shell:
        "python -m smearsynth.studies thesis_drawn --taxonomy {params.taxonomy:q} --drawn {input.drawn:q}"
        " --out $(dirname {output.table:q}) > {log:q} 2>&1"


rule thesis_slides:
    input:
        instances=rules.slides_merge.output,
        images=expand(rules.slides_shard.output.images, shard=SHARDS),
    output:
        figures=[
            shown(
                f"{name}.png",
                "figure_4_17",
                "Thesis, slides",
                figure=name[7:].replace("_", "."),
            )
            for name in SLIDE_FIGURES
        ],
        numbers=f"{THESIS}/slides.tsv",
    log:
        f"{RUN}/logs/thesis_slides.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        taxonomy=TAXONOMY,
        slides=STUDY["slides"],
        code=code("studies.thesis_slides"),
    shell:
        "python -m smearsynth.studies thesis_slides --taxonomy {params.taxonomy:q} --slides {params.slides}"
        " --instances {input.instances:q} --pictures $(dirname {input.images[0]:q})"
        " --out $(dirname {output.numbers:q}) > {log:q} 2>&1"


rule thesis_verdict:
    input:
        f"{RUN}/evaluation/{MODELS[0]}/verdict.tsv",
    output:
        numbers=f"{THESIS}/verdict.tsv",
        table=shown(
            "verdict.html", "verdict", "Thesis, cells", table="verdict per type"
        ),
        markdown=f"{THESIS}/verdict.md",
        figure=shown(
            "verdict.png", "verdict", "Thesis, cells", figure="verdict per type"
        ),
    log:
        f"{RUN}/logs/thesis_verdict.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        taxonomy=TAXONOMY,
        level=config["evaluation"]["level"],
        share=config["evaluation"]["share"],
        code=code("studies.thesis_verdict"),
    shell:
        "python -m smearsynth.studies thesis_verdict --taxonomy {params.taxonomy:q} --verdict {input:q}"
        " --level {params.level} --share {params.share} --out $(dirname {output.table:q}) > {log:q} 2>&1"


rule thesis_subset:
    input:
        index=rules.pairs.output.index,
        images=rules.pairs.output.images,
    output:
        f"{RUN}/studies/subset_{{limit}}/index.json",
    log:
        f"{RUN}/logs/thesis_subset/{{limit}}.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        seed=config["seed"],
        code=code("studies.thesis_subset"),
    shell:
        "python -m smearsynth.studies thesis_subset --seed {params.seed} --limit {wildcards.limit}"
        " --pairs {input.index:q} --out {output:q} > {log:q} 2>&1"


SUBSETS = [f"subset_{limit}" for limit in STUDY["amounts"]]


rule thesis_amount:
    input:
        index=[rules.pairs.output.index]
        + expand(f"{RUN}/studies/{{subset}}/index.json", subset=SUBSETS),
        verdict=expand(
            f"{RUN}/evaluation/{{model}}/verdict.tsv", model=[MODELS[0], *SUBSETS]
        ),
        paired=expand(
            f"{RUN}/evaluation/{{model}}/paired.tsv", model=[MODELS[0], *SUBSETS]
        ),
    output:
        numbers=f"{THESIS}/amount.tsv",
        words=shown("amount.html", "amount", "Thesis, cells", table="enough data?"),
        markdown=f"{THESIS}/amount.md",
        figure=shown("amount.png", "amount", "Thesis, cells", figure="enough data?"),
    log:
        f"{RUN}/logs/thesis_amount.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        taxonomy=TAXONOMY,
        code=code("studies.thesis_amount"),
    shell:
        "python -m smearsynth.studies thesis_amount --taxonomy {params.taxonomy:q} --pairs {input.index:q}"
        " --verdict {input.verdict:q} --paired {input.paired:q} --out $(dirname {output.numbers:q}) > {log:q} 2>&1"


rule thesis_grid:
    input:
        index=rules.pairs.output.index,
        images=rules.pairs.output.images,
    output:
        weights=f"{RUN}/studies/grid/generator.weights.h5",
        model=f"{RUN}/studies/grid/model.json",
        losses=f"{RUN}/studies/grid/losses.tsv",
    log:
        f"{RUN}/logs/thesis_grid.log",
    benchmark:
        f"{RUN}/benchmarks/thesis_grid.tsv"
    conda:
        "../../envs/smearsynth.yaml"
    threads: STUDY["grid"]["threads"]
    resources:
        gpu=1,
    params:
        options=section("studies.thesis.grid"),
        seed=config["seed"],
        state=f"{STATE}/studies/grid",
        code=code("studies.thesis_grid"),
    shell:
        "exec python -m smearsynth.studies thesis_grid --options {params.options:q} --seed {params.seed}"
        " --pairs {input.index:q} --state {params.state:q} --out $(dirname {output.weights:q}) > {log:q} 2>&1"


rule thesis_whole:
    input:
        model=rules.thesis_grid.output,
        layouts=f"{RUN}/layouts/{list(SHARDS)[0]}.json",
        slides=f"{RUN}/slides/images/{list(SHARDS)[0]}",
    output:
        figure=shown(
            "whole.png", "whole", "Thesis, slides", figure="the whole picture at once"
        ),
        numbers=f"{THESIS}/whole.tsv",
    log:
        f"{RUN}/logs/thesis_whole.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        taxonomy=TAXONOMY,
        seed=config["seed"],
        code=code("studies.thesis_whole"),
    shell:
        "python -m smearsynth.studies thesis_whole --taxonomy {params.taxonomy:q} --seed {params.seed}"
        " --model $(dirname {input.model[0]:q}) --layouts {input.layouts:q} --slide {input.slides:q}/000000.png"
        " --out $(dirname {output.figure:q}) > {log:q} 2>&1"


rule thesis:
    input:
        rules.thesis_graph.output,
        rules.thesis_pair.output,
        rules.thesis_jitter.output,
        rules.thesis_layout.output,
        rules.thesis_counts.output,
        rules.thesis_losses.output,
        rules.thesis_cells.output,
        rules.thesis_drawn.output,
        rules.thesis_slides.output,
        rules.thesis_verdict.output,
        rules.thesis_amount.output,
        rules.thesis_whole.output,
