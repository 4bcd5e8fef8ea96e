# Sets of synthetic windows against sets of real ones: distances, likeness, memory, and whether a judge can tell them apart.
EXTRACTORS = list(config["evaluation"]["features"]["extractors"])
SPOILT = ["noise", "blurred"]
SETS = f"{RUN}/evaluation/{{compared}}/{{percent}}"
FEATURES = f"{RUN}/evaluation/features/{{extractor}}/{{percent}}/{{model}}.npz"
FIRST_FEATURES = FEATURES.replace("{extractor}", EXTRACTORS[0])


wildcard_constraints:
    extractor="|".join(EXTRACTORS),
    # The models of the run, or those of a study.
    compared="family|hazra2022",


rule evaluation_features_real:
    input:
        reader=rules.readers_windows.output,
        cells=rules.windows.output.index,
        images=rules.windows.output.images,
    output:
        f"{RUN}/evaluation/features/{{extractor}}/real_{{which}}.npz",
    log:
        f"{RUN}/logs/evaluation_features/{{extractor}}_real_{{which}}.log",
    wildcard_constraints:
        which="train|test|" + "|".join(f"train_{kind}" for kind in SPOILT),
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("evaluation.features"),
        seed=config["seed"],
        split=lambda wildcards: wildcards.which.split("_")[0],
        spoil=lambda wildcards: (
            f"--spoil {wildcards.which.split('_')[1]}"
            if "_" in wildcards.which
            else ""
        ),
        code=code("evaluation.features"),
    shell:
        "python -m smearsynth.evaluation features --options {params.options:q} --extractor {wildcards.extractor}"
        " --reader $(dirname {input.reader[0]:q}) --cells {input.cells:q} --split {params.split} {params.spoil}"
        " --seed {params.seed} --out {output:q} > {log:q} 2>&1"


rule evaluation_features_synthetic:
    input:
        reader=rules.readers_windows.output,
        cells=synthetic_cells,
    output:
        FEATURES,
    log:
        f"{RUN}/logs/evaluation_features/{{extractor}}_{{percent}}_{{model}}.log",
    wildcard_constraints:
        model=SYNTHETIC_MODELS,
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("evaluation.features"),
        code=code("evaluation.features"),
    shell:
        "python -m smearsynth.evaluation features --options {params.options:q} --extractor {wildcards.extractor}"
        " --reader $(dirname {input.reader[0]:q}) --cells {input.cells:q} --split synthetic --out {output:q} > {log:q} 2>&1"


rule evaluation_perceptual:
    input:
        reader=rules.readers_windows.output,
        cells=rules.windows.output.index,
        images=rules.windows.output.images,
        synthetic=sets_of(FAMILY_CELLS),
    output:
        f"{SETS}/lpips.tsv",
    log:
        f"{RUN}/logs/evaluation_perceptual/{{compared}}_{{percent}}.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("evaluation.perceptual"),
        seed=config["seed"],
        synthetic=named("synthetic"),
        spoilt=SPOILT,
        code=code("evaluation.perceptual"),
    shell:
        "python -m smearsynth.evaluation perceptual --options {params.options:q} --seed {params.seed}"
        " --reader $(dirname {input.reader[0]:q}) --cells {input.cells:q} --synthetic {params.synthetic}"
        " --ceiling {params.spoilt} --out {output:q} > {log:q} 2>&1"


rule evaluation_distances:
    input:
        train=real_features("train"),
        test=real_features("test"),
        spoilt=[real_features(f"train_{kind}") for kind in SPOILT],
        features=sets_of(FEATURES),
        lpips=rules.evaluation_perceptual.output,
    output:
        table=f"{SETS}/metrics_{{extractor}}.tsv",
        types=f"{SETS}/metrics_types_{{extractor}}.tsv",
    log:
        f"{RUN}/logs/evaluation_distances/{{compared}}_{{percent}}_{{extractor}}.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("evaluation.distances"),
        taxonomy=TAXONOMY,
        seed=config["seed"],
        share=lambda wildcards: share_of(wildcards.percent),
        features=named("features"),
        spoilt=lambda wildcards, input: [
            f"{kind}={path}" for kind, path in zip(SPOILT, input.spoilt)
        ],
        code=code("evaluation.distances"),
    shell:
        "python -m smearsynth.evaluation distances --options {params.options:q} --taxonomy {params.taxonomy:q}"
        " --seed {params.seed} --train {input.train:q} --test {input.test:q} --share {params.share}"
        " --synthetic {params.features} --ceiling {params.spoilt} --lpips {input.lpips:q}"
        " --out {output.table:q} --types-out {output.types:q} > {log:q} 2>&1"


rule evaluation_nearest:
    input:
        cells=rules.windows.output.index,
        images=rules.windows.output.images,
        synthetic=sets_of(FAMILY_CELLS),
    output:
        f"{SETS}/nearest.tsv",
    log:
        f"{RUN}/logs/evaluation_nearest/{{compared}}_{{percent}}.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        seed=config["seed"],
        share=lambda wildcards: share_of(wildcards.percent),
        synthetic=named("synthetic"),
        spoilt=SPOILT,
        code=code("evaluation.nearest"),
    shell:
        "python -m smearsynth.evaluation nearest --seed {params.seed} --cells {input.cells:q} --share {params.share}"
        " --synthetic {params.synthetic} --ceiling {params.spoilt} --out {output:q} > {log:q} 2>&1"


rule evaluation_memorisation:
    input:
        cells=rules.windows.output.index,
        images=rules.windows.output.images,
        train=real_features("train", extractor=EXTRACTORS[0]),
        test=real_features("test", extractor=EXTRACTORS[0]),
        synthetic=sets_of(FAMILY_CELLS),
        features=sets_of(FIRST_FEATURES),
    output:
        table=f"{SETS}/memorisation.tsv",
        gallery=captioned(
            f"{SETS}/memorisation.png",
            "memorisation",
            "Worth",
            what="closest to training cells",
            share="{percent} %",
        ),
    log:
        f"{RUN}/logs/evaluation_memorisation/{{compared}}_{{percent}}.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("evaluation.memorisation"),
        seed=config["seed"],
        share=lambda wildcards: share_of(wildcards.percent),
        synthetic=named("synthetic"),
        features=named("features"),
        code=code("evaluation.memorisation"),
    shell:
        "python -m smearsynth.evaluation memorisation --options {params.options:q} --seed {params.seed}"
        " --cells {input.cells:q} --share {params.share} --train {input.train:q} --test {input.test:q}"
        " --synthetic {params.synthetic} --features {params.features}"
        " --out {output.table:q} --gallery {output.gallery:q} > {log:q} 2>&1"


rule evaluation_two_sample:
    input:
        cells=rules.windows.output.index,
        images=rules.windows.output.images,
        train=real_features("train", extractor=EXTRACTORS[0]),
        test=real_features("test", extractor=EXTRACTORS[0]),
        spoilt=[
            real_features(f"train_{kind}", extractor=EXTRACTORS[0]) for kind in SPOILT
        ],
        synthetic=sets_of(FAMILY_CELLS),
        features=sets_of(FIRST_FEATURES),
    output:
        f"{SETS}/two_sample.tsv",
    log:
        f"{RUN}/logs/evaluation_two_sample/{{compared}}_{{percent}}.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("evaluation.two_sample"),
        seed=config["seed"],
        synthetic=named("synthetic"),
        features=named("features"),
        spoilt=lambda wildcards, input: [
            f"{kind}={path}" for kind, path in zip(SPOILT, input.spoilt)
        ],
        code=code("evaluation.two_sample"),
    shell:
        "python -m smearsynth.evaluation two_sample --options {params.options:q} --seed {params.seed}"
        " --cells {input.cells:q} --train {input.train:q} --test {input.test:q} --synthetic {params.synthetic}"
        " --features {params.features} --ceiling {params.spoilt} --out {output:q} > {log:q} 2>&1"


# Every share of which the run has synthetic cells.
COMPARED_SETS = [
    f"{RUN}/evaluation/family/{percent}/{table}.tsv"
    for percent in percents_with_models()
    for table in (
        *(f"metrics_{name}" for name in EXTRACTORS),
        "nearest",
        "memorisation",
        "two_sample",
    )
]
