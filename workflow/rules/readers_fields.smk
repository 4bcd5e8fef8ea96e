# Readers of whole fields, and what they read.
FIELD_READER = config["readers"]["field"]
READ = config["readers"]["read"]
# What a reader of fields is trained on: its sources and their shares.
FIELD_ARMS = {
    arm["name"]: arm["sources"] for arm in config["readers"]["field_arms"]["arms"]
}
OTHER_SLIDES = config["readers"]["field_arms"]["others"]
REPETITIONS = range(1, config["readers"]["field_arms"]["repetitions"] + 1)


# An arm's further trainings are called ARM.2, ARM.3 and so on.
wildcard_constraints:
    reader=f"({'|'.join(FIELD_ARMS)})" + r"(\.\d+)?",


rule readers_field:
    input:
        slides=lambda wildcards: field_arm(
            wildcards,
            "slides",
            [rules.slides_merge.output[0]]
            + expand(rules.slides_shard.output.images, shard=SHARDS),
        ),
        fields=lambda wildcards: field_arm(
            wildcards, "fields", [rules.fields.output.index, *rules.fields.output.maps]
        ),
        boxes=lambda wildcards: field_arm(
            wildcards, "boxes", [rules.boxes.output.index, *rules.boxes.output.maps]
        ),
        others=others_of,
    output:
        weights=f"{RUN}/readers/field/{{reader}}/weights_best.h5",
        about=multiext(
            f"{RUN}/readers/field/{{reader}}/",
            "model.json",
            "config.json",
            "thresholds.json",
            "losses.tsv",
        ),
    log:
        f"{RUN}/logs/readers_field/{{reader}}.log",
    benchmark:
        f"{RUN}/benchmarks/readers_field/{{reader}}.tsv"
    priority: 10
    conda:
        "../../envs/smearsynth.yaml"
    threads: FIELD_READER["threads"]
    resources:
        gpu=1,
    params:
        options=section("readers.field"),
        taxonomy=TAXONOMY,
        seed=lambda wildcards: config["seed"] + repetition_of(wildcards.reader) - 1,
        sources=field_sources,
        state=f"{STATE}/readers/field/{{reader}}",
        code=code("readers.field_train"),
    shell:
        "exec python -m smearsynth.readers field_train --options {params.options:q} --taxonomy {params.taxonomy:q}"
        " --seed {params.seed} {params.sources} --state {params.state:q}"
        " --out $(dirname {output.weights:q}) > {log:q} 2>&1"


rule readers_fields:
    input:
        expand(
            rules.readers_field.output.weights,
            reader=trainings_of(config["evaluation"]["field_truths"]["arms"]),
        ),


# Classifiers of single cells that may name what a reader of fields finds, and what they know around a cell.
NAMERS = {
    "cells": [rules.readers_train.output.weights, rules.readers_train.output.model],
    "windows": [
        rules.readers_windows.output.weights,
        rules.readers_windows.output.model,
    ],
}
SEEN_ON = {"cells": "black", "windows": "kept"}
OF_PICTURES = f"--um-per-px {READ['um_per_px']}" if READ["um_per_px"] else ""


rule readers_match:
    input:
        model=expand(rules.readers_field.output.about, reader=READ["arm"]),
        weights=expand(rules.readers_field.output.weights, reader=READ["arm"]),
        fields=READ["match"] or [],
    output:
        directory(f"{RUN}/readers/match/{named_after(READ['match'] or 'nothing')}"),
    log:
        f"{RUN}/logs/readers_match/{named_after(READ['match'] or 'nothing')}.log",
    conda:
        "../../envs/smearsynth.yaml"
    threads: FIELD_READER["threads"]
    resources:
        gpu=1,
    params:
        of_pictures=OF_PICTURES,
        code=code("readers.match"),
    shell:
        "python -m smearsynth.readers match --model $(dirname {input.weights:q}) --images {input.fields:q}"
        " {params.of_pictures} --out {output:q} > {log:q} 2>&1"


# snakemake read --config image=FILE_OR_FOLDER
rule read:
    input:
        model=expand(rules.readers_field.output.about, reader=READ["arm"]),
        weights=expand(rules.readers_field.output.weights, reader=READ["arm"]),
        image=picture_to_read,
        match=rules.readers_match.output if READ["match"] else [],
        namer=NAMERS[READ["retype"]] if READ["retype"] else [],
    output:
        directory(f"{RUN}/readers/read/{named_after(config['image'] or 'nothing')}"),
    log:
        f"{RUN}/logs/read/{named_after(config['image'] or 'nothing')}.log",
    conda:
        "../../envs/smearsynth.yaml"
    threads: FIELD_READER["threads"]
    resources:
        gpu=1,
    params:
        how=lambda wildcards, input: (
            f"--match {shlex.quote(str(input.match))}" if input.match else OF_PICTURES
        ),
        names=lambda wildcards, input: (
            f"--retype {shlex.quote(os.path.dirname(input.namer[0]))} --retype-scale {READ['retype_scale']}"
            f" --retype-on {SEEN_ON[READ['retype']]}"
            if input.namer
            else ""
        ),
        code=code("readers.read"),
    shell:
        "python -m smearsynth.readers read --model $(dirname {input.weights:q}) --images {input.image:q}"
        " {params.how} {params.names} --out {output:q} > {log:q} 2>&1"
