# Generators: training is a rule of its own, and goes on where it was stopped.
TRAINING = config["gans"]["training"]
MODELS = config["gans"]["models"]
# The default preset keeps, beside its weights, the guides that it draws from.
GUIDED = TRAINING["preset"] == "default" and TRAINING["default"]["guide"] == "measured"
MODEL_FILES = ["generator.weights.h5", "model.json"] + ["guides.npz"] * GUIDED


rule gans_train:
    input:
        index=pairs_of,
        images=rules.pairs.output.images,
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
        model=r"all|fold0|fold1|subset_\d+",
    # The longest job of a run starts as soon as it can.
    priority: 10
    conda:
        "../../envs/smearsynth.yaml"
    threads: TRAINING["threads"]
    resources:
        gpu=1,
    params:
        options=section("gans.training"),
        seed=config["seed"],
        select=lambda wildcards: (
            "all" if wildcards.model.startswith("subset_") else wildcards.model
        ),
        state=f"{STATE}/gans/{{model}}",
        code=code("gans.train"),
    shell:
        "python -m smearsynth.gans train --options {params.options:q} --seed {params.seed}"
        " --pairs {input.index:q} --select {params.select} --state {params.state:q}"
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
        options=section("gans.training"),
        seed=config["seed"],
        per_type=config["gans"]["cells_per_type"],
        code=code("gans.sample"),
    shell:
        "python -m smearsynth.gans sample --options {params.options:q} --seed {params.seed}"
        " --model $(dirname {input.model[0]:q}) --pairs {input.index:q} --which {wildcards.which}"
        " --per-type {params.per_type} --out {output:q} > {log:q} 2>&1"
