# Models that read cells, trained on real ones.
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
        code=code("readers.train"),
    shell:
        "python -m smearsynth.readers train --options {params.options:q} --taxonomy {params.taxonomy:q}"
        " --seed {params.seed} --pairs {input.index:q} --out $(dirname {output.weights:q}) > {log:q} 2>&1"
