# Tables and figures of Hazra et al. 2022 from this run, each a rule of its own (docs/studies.md lists them).
# They stand on the whole training split: share 100 %.


HAZRA = f"{RUN}/studies/hazra2022"
PAPER = config["studies"]["hazra2022"]
PAPER_FAMILY = FAMILY.replace("{percent}", "100")
# A run may do without the paper's own model: its figures then say so.
PAPER_MODEL = ["wgan_gp_ac"] if "wgan_gp_ac" in PAPER["models"] else []


rule hazra_counts:
    input:
        names=f"{RUN}/cells/names.tsv",
        catalogue=CATALOGUE,
    output:
        before=of_paper("table_1.html", "hazra_table_1", table="1"),
        after=of_paper("table_2.html", "hazra_table_2", table="2"),
        numbers=multiext(f"{HAZRA}/table_", "1.tsv", "1.md", "2.tsv", "2.md"),
    log:
        f"{RUN}/logs/hazra_counts.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        taxonomy=TAXONOMY,
        code=code("studies.hazra_counts"),
    shell:
        "python -m smearsynth.studies hazra_counts --taxonomy {params.taxonomy:q} --names {input.names:q}"
        " --catalogue {input.catalogue:q} --out $(dirname {output.before:q}) > {log:q} 2>&1"


rule hazra_workflow:
    output:
        figure=of_paper("figure_2.png", "hazra_figure_2", figure="2"),
        numbers=f"{HAZRA}/figure_2.tsv",
    log:
        f"{RUN}/logs/hazra_workflow.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        graph=rules_behind("hazra2022"),
        code=code("studies.hazra_workflow"),
    shell:
        "python -m smearsynth.studies hazra_workflow --graph {params.graph:q} --target hazra2022"
        " --out $(dirname {output.figure:q}) > {log:q} 2>&1"


rule hazra_networks:
    input:
        rules.windows.output.index,
    output:
        figures=[
            of_paper(f"figure_{number}.png", "hazra_figure_3", figure=str(number))
            for number in range(3, 7)
        ],
        numbers=expand(f"{HAZRA}/figure_{{number}}.tsv", number=range(3, 7)),
    log:
        f"{RUN}/logs/hazra_networks.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("gans.family"),
        code=code("studies.hazra_networks"),
    shell:
        "python -m smearsynth.studies hazra_networks --options {params.options:q} --cells {input:q}"
        " --out $(dirname {output.figures[0]:q}) > {log:q} 2>&1"


rule hazra_samples:
    input:
        index=rules.windows.output.index,
        images=rules.windows.output.images,
        generated=expand(f"{PAPER_FAMILY}/cells/index.json", model=PAPER_MODEL),
    output:
        real=of_paper("figure_1.png", "hazra_figure_1", figure="1"),
        generated=of_paper("figure_11.png", "hazra_figure_11", figure="11"),
        numbers=multiext(f"{HAZRA}/figure_", "1.tsv", "11.tsv"),
    log:
        f"{RUN}/logs/hazra_samples.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("studies.hazra2022"),
        taxonomy=TAXONOMY,
        seed=config["seed"],
        generated=lambda wildcards, input: (
            f"--generated {input.generated}" if PAPER_MODEL else ""
        ),
        code=code("studies.hazra_samples"),
    shell:
        "python -m smearsynth.studies hazra_samples --options {params.options:q} --taxonomy {params.taxonomy:q}"
        " --seed {params.seed} --cells {input.index:q} {params.generated} --out $(dirname {output.real:q}) > {log:q} 2>&1"


rule hazra_models:
    input:
        metrics=expand(
            f"{RUN}/evaluation/hazra2022/100/metrics_{{extractor}}.tsv",
            extractor=EXTRACTORS,
        ),
        nearest=f"{RUN}/evaluation/hazra2022/100/nearest.tsv",
        models=expand(f"{PAPER_FAMILY}/model.json", model=PAPER["models"]),
    output:
        metrics=of_paper("table_3.html", "hazra_table_3", table="3"),
        nearest=of_paper("table_4.html", "hazra_table_4", table="4"),
        numbers=multiext(f"{HAZRA}/table_", "3.tsv", "3.md", "4.tsv", "4.md"),
    log:
        f"{RUN}/logs/hazra_models.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("studies.hazra2022"),
        models=lambda wildcards, input: [os.path.dirname(path) for path in input.models],
        code=code("studies.hazra_models"),
    shell:
        "python -m smearsynth.studies hazra_models --options {params.options:q} --metrics {input.metrics:q}"
        " --nearest {input.nearest:q} --models {params.models:q} --out $(dirname {output.metrics:q}) > {log:q} 2>&1"


rule hazra_training:
    input:
        expand(
            f"{PAPER_FAMILY}/{{file}}",
            model=PAPER_MODEL,
            file=["model.json", "validation.tsv"],
        ),
    output:
        figures=[
            of_paper(f"figure_{number}.png", "hazra_figure_7", figure=str(number))
            for number in (7, 8)
        ],
        numbers=expand(f"{HAZRA}/figure_{{number}}.tsv", number=(7, 8)),
    log:
        f"{RUN}/logs/hazra_training.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        model=lambda wildcards, input: (
            f"--model {os.path.dirname(input[0])}" if PAPER_MODEL else ""
        ),
        code=code("studies.hazra_training"),
    shell:
        "python -m smearsynth.studies hazra_training {params.model} --out $(dirname {output.figures[0]:q}) > {log:q} 2>&1"


PAPER_ARMS = arms_of([1.0], PAPER_MODEL, PAPER["networks"], PAPER["arms"])


rule hazra_classifiers:
    input:
        PAPER_ARMS,
    output:
        tables=[
            of_paper(f"table_{number}.html", "hazra_table_5", table=str(number))
            for number in (5, 6)
        ],
        numbers=multiext(f"{HAZRA}/table_", "5.tsv", "5.md", "6.tsv", "6.md"),
    log:
        f"{RUN}/logs/hazra_classifiers.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("studies.hazra2022"),
        seed=config["seed"],
        arms=lambda wildcards, input: [os.path.dirname(path) for path in input],
        code=code("studies.hazra_classifiers"),
    shell:
        "python -m smearsynth.studies hazra_classifiers --options {params.options:q} --seed {params.seed}"
        " --arms {params.arms:q} --out $(dirname {output.tables[0]:q}) > {log:q} 2>&1"


rule hazra_types:
    input:
        arms_of(
            [1.0],
            PAPER_MODEL,
            [name for name in PAPER["networks"] if name == PAPER["classifier"]],
            [arm for arm in PAPER["arms"] if arm in ("original", "synthetic")],
        ),
    output:
        figures=[
            of_paper(f"figure_{number}.png", "hazra_figure_9", figure=str(number))
            for number in (9, 10)
        ],
        numbers=expand(f"{HAZRA}/figure_{{number}}.tsv", number=(9, 10)),
    log:
        f"{RUN}/logs/hazra_types.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("studies.hazra2022"),
        taxonomy=TAXONOMY,
        arms=lambda wildcards, input: [os.path.dirname(path) for path in input],
        code=code("studies.hazra_types"),
    shell:
        "python -m smearsynth.studies hazra_types --options {params.options:q} --taxonomy {params.taxonomy:q}"
        " --arms {params.arms:q} --out $(dirname {output.figures[0]:q}) > {log:q} 2>&1"


rule hazra2022:
    input:
        rules.hazra_counts.output,
        rules.hazra_workflow.output,
        rules.hazra_networks.output,
        rules.hazra_samples.output,
        rules.hazra_models.output,
        rules.hazra_training.output,
        rules.hazra_classifiers.output,
        rules.hazra_types.output,
