# Models that read cells, trained on real ones. Training goes on where it was stopped, and takes the shell's place (exec) as in gans.smk.
READER = config["readers"]["architecture"]


rule readers_train:
    input:
        index=rules.pairs.output.index,
        images=rules.pairs.output.images,
    output:
        weights=f"{RUN}/readers/{READER}/reader.weights.h5",
        model=f"{RUN}/readers/{READER}/model.json",
        test=f"{RUN}/readers/{READER}/test.tsv",
        confusion=f"{RUN}/readers/{READER}/confusion.tsv",
    log:
        f"{RUN}/logs/readers_train.log",
    benchmark:
        f"{RUN}/benchmarks/readers_train.tsv"
    conda:
        "../../envs/smearsynth.yaml"
    threads: config["readers"]["threads"]
    params:
        options=section("readers"),
        taxonomy=TAXONOMY,
        seed=config["seed"],
        state=f"{STATE}/readers/{READER}",
        code=code("readers.train"),
    shell:
        "exec python -m smearsynth.readers train --options {params.options:q} --taxonomy {params.taxonomy:q}"
        " --seed {params.seed} --pairs {input.index:q} --state {params.state:q}"
        " --out $(dirname {output.weights:q}) > {log:q} 2>&1"


# The same on cells with their surroundings: its inner layer is what generators of windows are compared by.
rule readers_windows:
    input:
        index=rules.windows.output.index,
        images=rules.windows.output.images,
    output:
        weights=f"{RUN}/readers/windows/reader.weights.h5",
        model=f"{RUN}/readers/windows/model.json",
        test=f"{RUN}/readers/windows/test.tsv",
        confusion=f"{RUN}/readers/windows/confusion.tsv",
    log:
        f"{RUN}/logs/readers_windows.log",
    conda:
        "../../envs/smearsynth.yaml"
    threads: config["readers"]["threads"]
    params:
        options=windows_reader(),
        taxonomy=TAXONOMY,
        seed=config["seed"],
        state=f"{STATE}/readers/windows",
        code=code("readers.train"),
    shell:
        "exec python -m smearsynth.readers train --options {params.options:q} --taxonomy {params.taxonomy:q}"
        " --seed {params.seed} --cells {input.index:q} --state {params.state:q}"
        " --out $(dirname {output.weights:q}) > {log:q} 2>&1"


# A classifier trained on one training set of real, varied or synthetic cells (Hazra et al. 2022, Tables 5 and 6).
rule readers_arm:
    input:
        index=rules.windows.output.index,
        images=rules.windows.output.images,
        synthetic=synthetic_cells,
    output:
        names=f"{RUN}/readers/arms/{{percent}}/{{model}}/{{architecture}}/{{arm}}/names.tsv",
        own=f"{RUN}/readers/arms/{{percent}}/{{model}}/{{architecture}}/{{arm}}/own.tsv",
        about=f"{RUN}/readers/arms/{{percent}}/{{model}}/{{architecture}}/{{arm}}/model.json",
    log:
        f"{RUN}/logs/readers_arm/{{percent}}_{{model}}_{{architecture}}_{{arm}}.log",
    wildcard_constraints:
        model=f"real|{SYNTHETIC_MODELS}",
        architecture="|".join(ARCHITECTURES),
        arm="|".join(ARMS),
    conda:
        "../../envs/smearsynth.yaml"
    threads: config["readers"]["arms"]["threads"]
    resources:
        gpu=1,
    params:
        options=arm_options,
        seed=config["seed"],
        share=lambda wildcards: share_of(wildcards.percent),
        synthetic=lambda wildcards, input: (
            f"--synthetic {input.synthetic}" if input.synthetic else ""
        ),
        state=f"{STATE}/readers/arms/{{percent}}/{{model}}/{{architecture}}/{{arm}}",
        code=code("readers.arm"),
    shell:
        "exec python -m smearsynth.readers arm --options {params.options:q} --seed {params.seed}"
        " --architecture {wildcards.architecture} --arm {wildcards.arm} --cells {input.index:q} --share {params.share}"
        " {params.synthetic} --state {params.state:q} --out $(dirname {output.names:q}) > {log:q} 2>&1"
