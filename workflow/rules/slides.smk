# Layouts to pictures with exact annotations, in shards; one COCO file of all; previews and exports.
RENDER = config["slides"]["render"]
BACKGROUND = f"{RUN}/backgrounds/{config['backgrounds']['kind']}"
GENERATED = RENDER["renderer"] == "thesis" or RENDER["cells"] == "generated"
WHOLE = RENDER["renderer"] == "field"
# The generator that comes with smearsynth.
SHIPPED = WHOLE and config["slides"]["field_model"] == "pbc"
SHIPPED_FIELDS = LIBRARY / "smearsynth" / "gans" / "pretrained" / "pbc_fields"
EXPORTS = config["slides"]["exports"]
MATCH = config["slides"]["match"]


# The light and stain of fields of a user's own microscope.
rule slides_match:
    input:
        fields=fields_to_match,
    output:
        f"{RUN}/slides/match/fields.json",
    log:
        f"{RUN}/logs/slides_match.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        code=code("slides.match"),
    shell:
        "python -m smearsynth.slides match --pictures {input.fields:q} --out {output:q} > {log:q} 2>&1"


rule slides_shard:
    input:
        layouts=rules.layouts.output,
        catalogue=CATALOGUE,
        images=PICTURES,
        background=[] if WHOLE else BACKGROUND,
        model=slide_model,
        match=rules.slides_match.output if MATCH else [],
    output:
        images=directory(f"{RUN}/slides/images/{{shard}}"),
        instances=f"{RUN}/slides/shards/{{shard}}.json",
    log:
        f"{RUN}/logs/slides_shard/{{shard}}.log",
    benchmark:
        f"{RUN}/benchmarks/slides_shard/{{shard}}.tsv"
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("slides.render"),
        taxonomy=TAXONOMY,
        seed=config["seed"],
        background="" if WHOLE else f"--backgrounds {BACKGROUND}",
        model=slide_model_flags,
        match=lambda wildcards, input: (
            f"--match {shlex.quote(str(input.match))}" if input.match else ""
        ),
        code=code("slides.render"),
    shell:
        "python -m smearsynth.slides render --options {params.options:q} --taxonomy {params.taxonomy:q}"
        " --seed {params.seed} --catalogue {input.catalogue:q} --layouts {input.layouts:q}"
        " {params.background} {params.model} {params.match}"
        " --out-images {output.images:q} --out {output.instances:q} > {log:q} 2>&1"


# The first shard as it is without the match, to show what the match does.
use rule slides_shard as slides_unmatched with:
    input:
        layouts=expand(rules.layouts.output, shard="0000"),
        catalogue=CATALOGUE,
        images=PICTURES,
        background=[] if WHOLE else BACKGROUND,
        model=slide_model,
        match=[],
    output:
        images=directory(f"{RUN}/slides/match/before"),
        instances=f"{RUN}/slides/match/before.json",
    log:
        f"{RUN}/logs/slides_unmatched.log",
    benchmark:
        f"{RUN}/benchmarks/slides_unmatched.tsv"


rule slides_matched:
    input:
        fields=fields_to_match,
        before=rules.slides_unmatched.output.images,
        after=expand(rules.slides_shard.output.images, shard="0000"),
    output:
        table=f"{RUN}/slides/match/shown/match.tsv",
        figure=captioned(
            f"{RUN}/slides/match/shown/match.png",
            "slides_match",
            "Slides",
            shown="match",
        ),
    log:
        f"{RUN}/logs/slides_matched.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        code=code("studies.slides_match"),
    shell:
        "python -m smearsynth.studies slides_match --fields {input.fields:q} --before {input.before:q}"
        " --after {input.after:q} --out $(dirname {output.table:q}) > {log:q} 2>&1"


# What the shards were when they were made; slides_verify compares them with it.
rule slides_index:
    input:
        shards=expand(rules.slides_shard.output.instances, shard=SHARDS),
    output:
        f"{RUN}/slides/shards.json",
    log:
        f"{RUN}/logs/slides_index.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        shards=len(SHARDS),
        code=code("slides.index"),
    shell:
        # The folder alone: a command line holds the names of some thousand shards at most.
        "python -m smearsynth.slides index --shards $(dirname {input.shards[0]:q}) --count {params.shards}"
        " --out {output:q} > {log:q} 2>&1"


rule slides_merge:
    input:
        index=rules.slides_index.output,
        shards=rules.slides_index.input.shards,
    output:
        f"{RUN}/slides/instances.json",
    log:
        f"{RUN}/logs/slides_merge.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        merge_limit=config["slides"]["merge_limit"],
        code=code("slides.merge"),
    shell:
        "python -m smearsynth.slides merge --index {input.index:q} --merge-limit {params.merge_limit}"
        " --out {output:q} > {log:q} 2>&1"


# Nothing is made: damage is told, and `python -m smearsynth.slides verify --remove` takes it away.
rule slides_verify:
    log:
        f"{RUN}/logs/slides_verify.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        index=rules.slides_index.output[0],
        images=f"{RUN}/slides/images",
    shell:
        "python -m smearsynth.slides verify --index {params.index:q} --images {params.images:q} 2>&1 | tee {log:q}"


rule slides_preview:
    input:
        instances=lambda wildcards: f"{RUN}/slides/shards/{shard_of(wildcards)}.json",
        images=lambda wildcards: f"{RUN}/slides/images/{shard_of(wildcards)}",
    output:
        captioned(
            f"{RUN}/slides/previews/{{index}}.png",
            "preview",
            "Slides",
            slide="{index}",
            shown="masks",
        ),
    log:
        f"{RUN}/logs/slides_preview/{{index}}.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        taxonomy=TAXONOMY,
        slide=lambda wildcards: int(wildcards.index) % PER_JOB + 1,
        code=code("slides.preview"),
    shell:
        "python -m smearsynth.slides preview --instances {input.instances:q} --images $(dirname {input.images:q})"
        " --taxonomy {params.taxonomy:q} --slide {params.slide} --out {output:q} > {log:q} 2>&1"


rule slides_export:
    input:
        instances=rules.slides_merge.output,
        images=expand(rules.slides_shard.output.images, shard=SHARDS),
    output:
        directory(f"{RUN}/slides/exports/{{format}}"),
    log:
        f"{RUN}/logs/slides_export/{{format}}.log",
    wildcard_constraints:
        format="[a-z_]+",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        taxonomy=TAXONOMY,
        code=code("slides.export"),
    shell:
        "python -m smearsynth.slides export --format {wildcards.format} --taxonomy {params.taxonomy:q}"
        " --instances {input.instances:q} --images $(dirname {input.images[0]:q}) --out {output:q} > {log:q} 2>&1"


# A tar file of each shard: what is lost is packed anew alone, and readers stream them.
rule slides_pack:
    input:
        instances=rules.slides_shard.output.instances,
        images=rules.slides_shard.output.images,
    output:
        f"{RUN}/slides/exports/webdataset/{{shard}}.tar",
    log:
        f"{RUN}/logs/slides_pack/{{shard}}.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        taxonomy=TAXONOMY,
        code=code("slides.pack"),
    shell:
        "python -m smearsynth.slides pack --instances {input.instances:q} --images $(dirname {input.images:q})"
        " --taxonomy {params.taxonomy:q} --out {output:q} > {log:q} 2>&1"


rule slides:
    input:
        # Named, so that a shard that was lost after the merge is made anew.
        expand(rules.slides_shard.output, shard=SHARDS),
        rules.slides_merge.output,
        rules.slides_index.output,
        rules.layouts_asked.output,
        [rules.slides_matched.output] if MATCH else [],
        expand(
            rules.slides_preview.output,
            index=[
                f"{i:06d}"
                for i in range(
                    min(config["slides"]["previews"], config["slides"]["count"])
                )
            ],
        ),
        expand(
            rules.slides_export.output,
            format=[f for f in EXPORTS if f != "webdataset"],
        ),
        expand(
            rules.slides_pack.output, shard=SHARDS if "webdataset" in EXPORTS else []
        ),
