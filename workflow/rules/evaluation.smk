# Generated held-out cells against the real cells of the same outlines, which nothing was trained on.
DRAWN = expand(rules.gans_sample.output, which="test", allow_missing=True)


rule evaluation_name_real:
    input:
        reader=rules.readers_train.output,
        cells=rules.pairs.output.index,
        images=rules.pairs.output.images,
    output:
        f"{RUN}/evaluation/names_real.tsv",
    log:
        f"{RUN}/logs/evaluation_name_real.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        code=code("readers.name"),
    shell:
        "python -m smearsynth.readers name --model $(dirname {input.reader[0]:q}) --cells {input.cells:q}"
        " --split test --out {output:q} > {log:q} 2>&1"


rule evaluation_name_generated:
    input:
        reader=rules.readers_train.output,
        cells=DRAWN,
    output:
        f"{RUN}/evaluation/{{model}}/names_generated.tsv",
    log:
        f"{RUN}/logs/evaluation_name_generated/{{model}}.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        code=code("readers.name"),
    shell:
        "python -m smearsynth.readers name --model $(dirname {input.reader[0]:q}) --cells {input.cells:q}/index.json"
        " --split test --out {output:q} > {log:q} 2>&1"


rule evaluation_verdict:
    input:
        real=rules.evaluation_name_real.output,
        generated=rules.evaluation_name_generated.output,
    output:
        f"{RUN}/evaluation/{{model}}/verdict.tsv",
    log:
        f"{RUN}/logs/evaluation_verdict/{{model}}.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("evaluation"),
        taxonomy=TAXONOMY,
        seed=config["seed"],
        code=code("evaluation.verdict"),
    shell:
        "python -m smearsynth.evaluation verdict --options {params.options:q} --taxonomy {params.taxonomy:q}"
        " --seed {params.seed} --real {input.real:q} --generated {input.generated:q} --out {output:q} > {log:q} 2>&1"


rule evaluation_paired:
    input:
        index=rules.pairs.output.index,
        images=rules.pairs.output.images,
        generated=DRAWN,
    output:
        f"{RUN}/evaluation/{{model}}/paired.tsv",
    log:
        f"{RUN}/logs/evaluation_paired/{{model}}.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        taxonomy=TAXONOMY,
        seed=config["seed"],
        code=code("evaluation.paired"),
    shell:
        "python -m smearsynth.evaluation paired --taxonomy {params.taxonomy:q} --seed {params.seed}"
        " --pairs {input.index:q} --generated {input.generated:q}/index.json --out {output:q} > {log:q} 2>&1"


rule evaluation_artefacts:
    input:
        index=rules.pairs.output.index,
        images=rules.pairs.output.images,
        generated=DRAWN,
    output:
        f"{RUN}/evaluation/{{model}}/artefacts.tsv",
    log:
        f"{RUN}/logs/evaluation_artefacts/{{model}}.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("evaluation"),
        taxonomy=TAXONOMY,
        code=code("evaluation.artefacts"),
    shell:
        "python -m smearsynth.evaluation artefacts --options {params.options:q} --taxonomy {params.taxonomy:q}"
        " --pairs {input.index:q} --generated {input.generated:q}/index.json --out {output:q} > {log:q} 2>&1"


COMPARED = config["readers"]["arms"]


# What synthetic cells are worth to a classifier, tested on real held-out cells.
rule evaluation_tstr:
    input:
        arms_of(
            COMPARED["shares"],
            COMPARED["models"],
            COMPARED["compared"],
            COMPARED["arms"],
        ),
    output:
        table=f"{RUN}/evaluation/tstr.tsv",
        types=f"{RUN}/evaluation/tstr_types.tsv",
        answer=captioned(
            f"{RUN}/evaluation/answer.md",
            "answer",
            "Worth",
            what="do synthetic cells help?",
        ),
    log:
        f"{RUN}/logs/evaluation_tstr.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("evaluation"),
        seed=config["seed"],
        arms=lambda wildcards, input: [os.path.dirname(path) for path in input],
        code=code("evaluation.tstr"),
    shell:
        "python -m smearsynth.evaluation tstr --options {params.options:q} --seed {params.seed}"
        " --arms {params.arms:q} --out $(dirname {output.table:q}) > {log:q} 2>&1"


rule evaluation:
    input:
        expand(
            f"{RUN}/evaluation/{{model}}/{{table}}.tsv",
            model=MODELS,
            table=["verdict", "paired", "artefacts"],
        ),
        rules.evaluation_tstr.output,
        COMPARED_SETS,
