# Empty smear: ours from cell-free patches of the training pictures, or the thesis's blocks.
rule backgrounds:
    input:
        catalogue=CATALOGUE,
        images=PICTURES,
    output:
        directory(f"{RUN}/backgrounds/whole"),
    log:
        f"{RUN}/logs/backgrounds.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("backgrounds"),
        taxonomy=TAXONOMY,
        seed=config["seed"],
        code=code("backgrounds.patches"),
    shell:
        "python -m smearsynth.backgrounds patches --options {params.options:q} --taxonomy {params.taxonomy:q}"
        " --seed {params.seed} --catalogue {input.catalogue:q} --out {output:q} > {log:q} 2>&1"


rule backgrounds_blocks:
    input:
        model=f"{RUN}/gans/{MODELS[0]}/generator.weights.h5",
        options=f"{RUN}/gans/{MODELS[0]}/model.json",
    output:
        directory(f"{RUN}/backgrounds/blocks"),
    log:
        f"{RUN}/logs/backgrounds_blocks.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("backgrounds"),
        taxonomy=TAXONOMY,
        seed=config["seed"],
        size=json.dumps(config["layouts"]["size"]),
        device=TRAINING["device"],
        code=code("backgrounds.blocks"),
    shell:
        "python -m smearsynth.backgrounds blocks --options {params.options:q} --taxonomy {params.taxonomy:q}"
        " --seed {params.seed} --size {params.size:q} --model $(dirname {input.model:q}) --device {params.device} --out {output:q} > {log:q} 2>&1"
