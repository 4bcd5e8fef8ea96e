# Slides of the run against its real held-out fields: kernel distance and a weak two-sample test. Readers are compared in evaluation_truths.smk.
FIELD_SPOILT = ["noise", "blurred"]
FIELD_FEATURES = f"{RUN}/evaluation/fields/features/{{extractor}}"


rule evaluation_field_features_real:
    input:
        reader=rules.readers_windows.output,
        fields=rules.fields.output.index,
        maps=rules.fields.output.maps,
    output:
        f"{FIELD_FEATURES}/real_{{which}}.npz",
    log:
        f"{RUN}/logs/evaluation_field_features/{{extractor}}_real_{{which}}.log",
    wildcard_constraints:
        which="test|" + "|".join(FIELD_SPOILT),
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("evaluation.field_features"),
        networks=section("evaluation.features"),
        seed=config["seed"],
        spoil=lambda wildcards: (
            "" if wildcards.which == "test" else f"--spoil {wildcards.which}"
        ),
        code=code("evaluation.field_features"),
    shell:
        "python -m smearsynth.evaluation field_features --options {params.options:q} --networks {params.networks:q}"
        " --extractor {wildcards.extractor} --reader $(dirname {input.reader[0]:q}) --seed {params.seed}"
        " --pictures {input.fields:q} {params.spoil} --out {output:q} > {log:q} 2>&1"


rule evaluation_field_features_slides:
    input:
        reader=rules.readers_windows.output,
        slides=rules.slides_merge.output[0],
        images=expand(rules.slides_shard.output.images, shard=SHARDS),
    output:
        f"{FIELD_FEATURES}/slides_{{renderer}}.npz",
    log:
        f"{RUN}/logs/evaluation_field_features/{{extractor}}_slides_{{renderer}}.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("evaluation.field_features"),
        networks=section("evaluation.features"),
        seed=config["seed"],
        code=code("evaluation.field_features"),
    shell:
        "python -m smearsynth.evaluation field_features --options {params.options:q} --networks {params.networks:q}"
        " --extractor {wildcards.extractor} --reader $(dirname {input.reader[0]:q}) --seed {params.seed}"
        " --pictures {input.slides:q} --out {output:q} > {log:q} 2>&1"


FIELD_SETS = {
    "real": expand(f"{FIELD_FEATURES}/real_test.npz", extractor=EXTRACTORS),
    "slides": expand(
        f"{FIELD_FEATURES}/slides_{{renderer}}.npz",
        extractor=EXTRACTORS,
        renderer=RENDER["renderer"],
    ),
    "spoilt": expand(
        f"{FIELD_FEATURES}/real_{{which}}.npz",
        extractor=EXTRACTORS,
        which=FIELD_SPOILT,
    ),
}


rule evaluation_field_distance:
    input:
        **FIELD_SETS,
    output:
        table=f"{RUN}/evaluation/fields/distance.tsv",
        ratios=f"{RUN}/evaluation/fields/ratios.tsv",
    log:
        f"{RUN}/logs/evaluation_field_distance.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("evaluation.field_distance"),
        seed=config["seed"],
        slides=field_named("slides"),
        spoilt=field_named("spoilt"),
        code=code("evaluation.field_distance"),
    shell:
        "python -m smearsynth.evaluation field_distance --options {params.options:q} --seed {params.seed}"
        " --real {input.real:q} --synthetic {params.slides:q} --ceiling {params.spoilt:q}"
        " --out {output.table:q} --ratios-out {output.ratios:q} > {log:q} 2>&1"


rule evaluation_field_two_sample:
    input:
        **FIELD_SETS,
    output:
        f"{RUN}/evaluation/fields/two_sample.tsv",
    log:
        f"{RUN}/logs/evaluation_field_two_sample.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("evaluation.field_two_sample"),
        seed=config["seed"],
        slides=field_named("slides"),
        spoilt=field_named("spoilt"),
        code=code("evaluation.field_two_sample"),
    shell:
        "python -m smearsynth.evaluation field_two_sample --options {params.options:q} --seed {params.seed}"
        " --real {input.real:q} --synthetic {params.slides:q} --ceiling {params.spoilt:q}"
        " --out {output:q} > {log:q} 2>&1"


rule evaluation_slides:
    input:
        rules.evaluation_field_distance.output,
        rules.evaluation_field_two_sample.output,
