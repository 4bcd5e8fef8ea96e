# Which cells lie where in which slide; a shard is what one job draws.
PER_JOB = config["slides"]["per_job"]
SHARDS = {
    f"{k:04d}": k * PER_JOB for k in range(-(-config["slides"]["count"] // PER_JOB))
}


LIKE_FIELDS = config["layouts"]["packed"]["like"] == "reference"


# How cells are arranged in the training fields.
rule layouts_reference:
    input:
        index=rules.fields.output.index,
        maps=rules.fields.output.maps,
    output:
        f"{RUN}/layouts/reference.json",
    log:
        f"{RUN}/logs/layouts_reference.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        taxonomy=TAXONOMY,
        code=code("layouts.measure"),
    shell:
        "python -m smearsynth.layouts measure --fields {input.index:q} --taxonomy {params.taxonomy:q}"
        " --out {output:q} > {log:q} 2>&1"


rule layouts:
    input:
        catalogue=CATALOGUE,
        reference=rules.layouts_reference.output if LIKE_FIELDS else [],
    output:
        f"{RUN}/layouts/{{shard}}.json",
    log:
        f"{RUN}/logs/layouts/{{shard}}.log",
    wildcard_constraints:
        shard=r"\d+",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section(
            "layouts", without="dgm" if config["layouts"]["kind"] == "packed" else None
        ),
        taxonomy=TAXONOMY,
        seed=config["seed"],
        first=lambda wildcards: SHARDS[wildcards.shard],
        slides=shard_count,
        reference=lambda wildcards, input: (
            f"--reference {input.reference}" if input.reference else ""
        ),
        code=code("layouts.draw"),
    shell:
        "python -m smearsynth.layouts draw --options {params.options:q} --taxonomy {params.taxonomy:q}"
        " --seed {params.seed} --catalogue {input.catalogue:q}"
        " --first {params.first} --count {params.slides} {params.reference} --out {output:q} > {log:q} 2>&1"


# What the slides were asked for, and what they hold.
rule layouts_asked:
    input:
        shards=expand(rules.layouts.output, shard=SHARDS),
    output:
        f"{RUN}/layouts/asked.tsv",
    log:
        f"{RUN}/logs/layouts_asked.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        shards=len(SHARDS),
        code=code("layouts.asked"),
    shell:
        # The folder alone, as in slides_index. What falls short is told where the run is watched, too.
        "python -m smearsynth.layouts asked --layouts $(dirname {input.shards[0]:q}) --count {params.shards}"
        " --out {output:q} 2>&1 | tee {log:q} >&2"
