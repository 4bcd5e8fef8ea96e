# Generators: training is a rule of its own, and goes on where it was stopped. It takes the shell's place (exec): a shell dies at once
# of the SIGTERM that both get, and training would be killed while it saves its state.
TRAINING = config["gans"]["training"]
UNUSED_PRESET = {"default": "thesis", "thesis": "default"}[TRAINING["preset"]]
MODELS = config["gans"]["models"]
# The default preset keeps, beside its weights, the guides that it draws from.
GUIDED = TRAINING["preset"] == "default" and TRAINING["default"]["guide"] == "measured"
MODEL_FILES = ["generator.weights.h5", "model.json"] + ["guides.npz"] * GUIDED


rule gans_train:
    input:
        index=pairs_of,
        images=rules.pairs.output.images,
        windows=lambda wildcards: (
            rules.windows.output.index if wildcards.model.startswith("share_") else []
        ),
    output:
        model=expand(f"{RUN}/gans/{{{{model}}}}/{{file}}", file=MODEL_FILES),
        losses=f"{RUN}/gans/{{model}}/losses.tsv",
        samples=directory(f"{RUN}/gans/{{model}}/samples"),
        events=directory(f"{RUN}/gans/{{model}}/events"),
    log:
        f"{RUN}/logs/gans_train/{{model}}.log",
    benchmark:
        f"{RUN}/benchmarks/gans_train/{{model}}.tsv"
    wildcard_constraints:
        model=r"all|fold0|fold1|subset_\d+|share_[\d.]+",
    # The longest job of a run starts as soon as it can.
    priority: 10
    conda:
        "../../envs/smearsynth.yaml"
    threads: TRAINING["threads"]
    resources:
        gpu=1,
    params:
        options=section("gans.training", without=UNUSED_PRESET),
        seed=config["seed"],
        select=lambda wildcards: (
            wildcards.model if wildcards.model.startswith("fold") else "all"
        ),
        share=lambda wildcards, input: (
            f"--windows {input.windows} --share {share_of(wildcards.model[6:]):g}"
            if wildcards.model.startswith("share_")
            else ""
        ),
        state=f"{STATE}/gans/{{model}}",
        code=code("gans.train"),
    shell:
        "exec python -m smearsynth.gans train --options {params.options:q} --seed {params.seed}"
        " --pairs {input.index:q} --select {params.select} {params.share} --state {params.state:q}"
        " --out $(dirname {output.losses:q}) > {log:q} 2>&1"


rule gans_sample:
    input:
        model=rules.gans_train.output.model,
        index=rules.pairs.output.index,
        images=rules.pairs.output.images,
    output:
        directory(f"{RUN}/gans/{{model}}/{{which}}_cells"),
    log:
        f"{RUN}/logs/gans_sample/{{model}}_{{which}}.log",
    wildcard_constraints:
        model=r"all|fold0|fold1|subset_\d+",
        which="train|test|fold0|fold1",
    conda:
        "../../envs/smearsynth.yaml"
    threads: TRAINING["threads"]
    resources:
        gpu=1,
    params:
        options=section("gans.training", without=UNUSED_PRESET),
        seed=config["seed"],
        per_type=config["gans"]["cells_per_type"],
        code=code("gans.sample"),
    shell:
        "python -m smearsynth.gans sample --options {params.options:q} --seed {params.seed}"
        " --model $(dirname {input.model[0]:q}) --pairs {input.index:q} --which {wildcards.which}"
        " --per-type {params.per_type} --out {output:q} > {log:q} 2>&1"


# Class-conditional generators of windows (Hazra et al. 2022), each trained on a share of the training cells of each type.
rule gans_family_train:
    input:
        index=rules.windows.output.index,
        images=rules.windows.output.images,
    output:
        weights=f"{FAMILY}/generator.weights.h5",
        model=f"{FAMILY}/model.json",
        losses=f"{FAMILY}/losses.tsv",
        validation=f"{FAMILY}/validation.tsv",
        samples=directory(f"{FAMILY}/samples"),
        events=directory(f"{FAMILY}/events"),
    log:
        f"{RUN}/logs/gans_family_train/{{percent}}_{{model}}.log",
    benchmark:
        f"{RUN}/benchmarks/gans_family_train/{{percent}}_{{model}}.tsv"
    wildcard_constraints:
        model=FAMILY_MODELS,
    priority: 10
    conda:
        "../../envs/smearsynth.yaml"
    threads: config["gans"]["family"]["threads"]
    resources:
        gpu=1,
    params:
        options=family_options,
        seed=config["seed"],
        share=lambda wildcards: share_of(wildcards.percent),
        state=f"{STATE}/gans/family/{{percent}}/{{model}}",
        code=code("gans.family_train"),
    shell:
        "exec python -m smearsynth.gans family_train --options {params.options:q} --seed {params.seed}"
        " --model {wildcards.model} --cells {input.index:q} --share {params.share} --state {params.state:q}"
        " --out $(dirname {output.model:q}) > {log:q} 2>&1"


rule gans_family_sample:
    input:
        weights=rules.gans_family_train.output.weights,
        model=rules.gans_family_train.output.model,
    output:
        index=f"{FAMILY}/cells/index.json",
        images=directory(f"{FAMILY}/cells/images"),
    log:
        f"{RUN}/logs/gans_family_sample/{{percent}}_{{model}}.log",
    wildcard_constraints:
        model=FAMILY_MODELS,
    conda:
        "../../envs/smearsynth.yaml"
    threads: config["gans"]["family"]["threads"]
    resources:
        gpu=1,
    params:
        options=family_options,
        seed=config["seed"],
        per_type=config["gans"]["synthetic_per_type"],
        code=code("gans.family_sample"),
    shell:
        "python -m smearsynth.gans family_sample --options {params.options:q} --seed {params.seed}"
        " --model $(dirname {input.model:q}) --per-type {params.per_type} --out $(dirname {output.index:q}) > {log:q} 2>&1"


REDRAWN = f"{RUN}/gans/family/{{percent}}/pix2pix/cells"


# The pix2pix generator as one more of them: training cells drawn anew in their own surroundings.
rule gans_redraw:
    input:
        model=lambda wildcards: multiext(
            f"{RUN}/gans/{redrawing(wildcards)}/", *MODEL_FILES
        ),
        catalogue=CATALOGUE,
        pictures=PICTURES,
        windows=rules.windows.output.index,
    output:
        index=f"{REDRAWN}/index.json",
        images=directory(f"{REDRAWN}/images"),
    log:
        f"{RUN}/logs/gans_redraw/{{percent}}.log",
    conda:
        "../../envs/smearsynth.yaml"
    threads: TRAINING["threads"]
    resources:
        gpu=1,
    params:
        options=section("gans.training", without=UNUSED_PRESET),
        seed=config["seed"],
        share=lambda wildcards: share_of(wildcards.percent),
        per_type=config["gans"]["synthetic_per_type"],
        code=code("gans.redraw"),
    shell:
        "python -m smearsynth.gans redraw --options {params.options:q} --seed {params.seed}"
        " --model $(dirname {input.model[0]:q}) --catalogue {input.catalogue:q} --windows {input.windows:q}"
        " --share {params.share} --per-type {params.per_type} --out $(dirname {output.index:q}) > {log:q} 2>&1"


FIELD = config["gans"]["field"]
FIELD_FILES = ["generator.weights.h5", "model.json", "styles.npz"]


# A generator of whole fields, told their label maps.
rule gans_field_train:
    input:
        index=rules.fields.output.index,
        maps=rules.fields.output.maps,
    output:
        model=multiext(f"{RUN}/gans/field/", *FIELD_FILES),
        losses=f"{RUN}/gans/field/losses.tsv",
        samples=directory(f"{RUN}/gans/field/samples"),
        events=directory(f"{RUN}/gans/field/events"),
    log:
        f"{RUN}/logs/gans_field_train.log",
    benchmark:
        f"{RUN}/benchmarks/gans_field_train.tsv"
    priority: 10
    conda:
        "../../envs/smearsynth.yaml"
    threads: FIELD["threads"]
    resources:
        gpu=1,
    params:
        options=section("gans.field"),
        seed=config["seed"],
        state=f"{STATE}/gans/field",
        code=code("gans.field_train"),
    shell:
        "exec python -m smearsynth.gans field_train --options {params.options:q} --seed {params.seed}"
        " --fields {input.index:q} --state {params.state:q} --out $(dirname {output.losses:q}) > {log:q} 2>&1"
