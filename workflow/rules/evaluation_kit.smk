# A page on which people say which pictures are real, and its key. Who reads, and when, no rule can know: answers are scored with
# python -m smearsynth.evaluation kit_score (docs/reading-kit.md).
if config["evaluation"]["kit"]["show"] == "cells":
    KIT_REAL = [rules.windows.output.index, rules.windows.output.images]
    KIT_SETS = {
        model: FAMILY_CELLS.format(percent="100", model=model)
        for model in models_at("family", "100")
    }
    KIT_PICTURES = [
        os.path.join(os.path.dirname(index), "images") for index in KIT_SETS.values()
    ]
else:
    KIT_REAL = [rules.fields.output.index, *rules.fields.output.maps]
    KIT_SETS = {RENDER["renderer"]: rules.slides_merge.output[0]}
    KIT_PICTURES = expand(rules.slides_shard.output.images, shard=SHARDS)


rule kit:
    input:
        real=KIT_REAL,
        synthetic=list(KIT_SETS.values()),
        pictures=KIT_PICTURES,
    output:
        page=f"{RUN}/evaluation/kit/kit.html",
        key=f"{RUN}/evaluation/kit/key.json",
    log:
        f"{RUN}/logs/kit.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("evaluation.kit"),
        taxonomy=TAXONOMY,
        seed=config["seed"],
        synthetic=[f"{name}={path}" for name, path in KIT_SETS.items()],
        code=code("evaluation.kit"),
    shell:
        "python -m smearsynth.evaluation kit --options {params.options:q} --taxonomy {params.taxonomy:q}"
        " --seed {params.seed} --real {input.real[0]:q} --synthetic {params.synthetic:q}"
        " --out $(dirname {output.page:q}) > {log:q} 2>&1"
