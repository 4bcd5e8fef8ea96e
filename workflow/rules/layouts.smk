# Which cells lie where in which slide; a shard is what one job draws.
PER_JOB = config["slides"]["per_job"]
SHARDS = {
    f"{k:04d}": k * PER_JOB for k in range(-(-config["slides"]["count"] // PER_JOB))
}


rule layouts:
    input:
        catalogue=CATALOGUE,
    output:
        f"{RUN}/layouts/{{shard}}.json",
    log:
        f"{RUN}/logs/layouts/{{shard}}.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("layouts"),
        taxonomy=TAXONOMY,
        seed=config["seed"],
        first=lambda wildcards: SHARDS[wildcards.shard],
        slides=shard_count,
        code=code("layouts.draw"),
    shell:
        "python -m smearsynth.layouts draw --options {params.options:q} --taxonomy {params.taxonomy:q}"
        " --seed {params.seed} --catalogue {input.catalogue:q}"
        " --first {params.first} --count {params.slides} --out {output:q} > {log:q} 2>&1"
