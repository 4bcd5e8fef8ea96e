# A real cell on black beside its label, for every cell of the catalogue.
rule pairs:
    input:
        catalogue=CATALOGUE,
        images=PICTURES,
    output:
        index=f"{RUN}/pairs/index.json",
        colours=f"{RUN}/pairs/colours.json",
        counts=f"{RUN}/pairs/counts.tsv",
        images=directory(f"{RUN}/pairs/images"),
    log:
        f"{RUN}/logs/pairs.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("pairs"),
        taxonomy=TAXONOMY,
        code=code("pairs.draw"),
    shell:
        "python -m smearsynth.pairs draw --options {params.options:q} --taxonomy {params.taxonomy:q}"
        " --catalogue {input.catalogue:q} --out $(dirname {output.index:q}) > {log:q} 2>&1"


# Each cell with its surroundings in a small square picture, as class-conditional generators and classifiers see it.
rule windows:
    input:
        catalogue=CATALOGUE,
        images=PICTURES,
    output:
        index=f"{RUN}/pairs/windows/index.json",
        images=directory(f"{RUN}/pairs/windows/images"),
    log:
        f"{RUN}/logs/windows.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("pairs.windows"),
        taxonomy=TAXONOMY,
        code=code("pairs.windows"),
    shell:
        "python -m smearsynth.pairs windows --options {params.options:q} --taxonomy {params.taxonomy:q}"
        " --catalogue {input.catalogue:q} --out $(dirname {output.index:q}) > {log:q} 2>&1"


FIELDS = f"{RUN}/pairs/fields"


# The label map of every whole field with annotated cells.
rule fields:
    input:
        catalogue=CATALOGUE,
        images=PICTURES,
    output:
        index=f"{FIELDS}/index.json",
        maps=[
            directory(f"{FIELDS}/{layer}") for layer in ("pictures", "owners", "dense")
        ],
    log:
        f"{RUN}/logs/fields.log",
    benchmark:
        f"{RUN}/benchmarks/fields.tsv"
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("pairs.fields"),
        taxonomy=TAXONOMY,
        code=code("pairs.fields"),
    shell:
        "python -m smearsynth.pairs fields --options {params.options:q} --taxonomy {params.taxonomy:q}"
        " --catalogue {input.catalogue:q} --out $(dirname {output.index:q}) > {log:q} 2>&1"


BOXED = config["pairs"]["boxes"]
BOXES = f"{RUN}/pairs/boxes"


# The mask in each box that an expert drew, and a part of the pictures that teaches nothing.
rule boxes:
    input:
        pictures=lambda wildcards: existing("pairs.boxes", BOXED)["images"],
        boxes=lambda wildcards: existing("pairs.boxes", BOXED)["boxes"],
    output:
        index=f"{BOXES}/index.json",
        table=f"{BOXES}/boxes.tsv",
        test=f"{BOXES}/test.txt",
        maps=[
            directory(f"{BOXES}/{layer}") for layer in ("pictures", "owners", "dense")
        ],
    log:
        f"{RUN}/logs/boxes.log",
    benchmark:
        f"{RUN}/benchmarks/boxes.tsv"
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("pairs.boxes"),
        code=code("pairs.boxes"),
    shell:
        "python -m smearsynth.pairs boxes --options {params.options:q} --pictures {input.pictures:q} --boxes {input.boxes:q}"
        " --out $(dirname {output.index:q}) > {log:q} 2>&1"
