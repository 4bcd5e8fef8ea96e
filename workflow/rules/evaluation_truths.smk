# The run's readers of fields on real fields with experts' boxes, that nothing was trained on.
TRUTHS = {one["name"]: one for one in config["evaluation"]["field_truths"]["sets"]}
COMPARED_ARMS = config["evaluation"]["field_truths"]["arms"]
ON_BOXES = any("boxes" in FIELD_ARMS[arm] for arm in COMPARED_ARMS)
OF_TRUTH = f"{RUN}/evaluation/truths/{{truth}}"


wildcard_constraints:
    truth="|".join(TRUTHS) or "nothing",


# Size, light and stain of another microscope, by some of its pictures.
rule evaluation_truth_match:
    input:
        model=rules.readers_field.output.about,
        weights=rules.readers_field.output.weights,
        pictures=matching_pictures,
    output:
        directory(f"{OF_TRUTH}/match/{{reader}}"),
    log:
        f"{RUN}/logs/evaluation_truth_match/{{truth}}_{{reader}}.log",
    conda:
        "../../envs/smearsynth.yaml"
    threads: FIELD_READER["threads"]
    resources:
        gpu=1,
    params:
        resolution=resolution_of_truth,
        code=code("readers.match"),
    shell:
        "python -m smearsynth.readers match --model $(dirname {input.weights:q}) --images {input.pictures:q}"
        " {params.resolution} --out {output:q} > {log:q} 2>&1"


rule evaluation_truth_read:
    input:
        model=rules.readers_field.output.about,
        weights=rules.readers_field.output.weights,
        images=lambda wildcards: truth_files(wildcards)["images"],
        match=lambda wildcards: (
            rules.evaluation_truth_match.output
            if TRUTHS[wildcards.truth].get("match")
            else []
        ),
    output:
        directory(f"{OF_TRUTH}/found/{{reader}}"),
    log:
        f"{RUN}/logs/evaluation_truth_read/{{truth}}_{{reader}}.log",
    conda:
        "../../envs/smearsynth.yaml"
    threads: FIELD_READER["threads"]
    resources:
        gpu=1,
    params:
        how=lambda wildcards, input: (
            f"--match {shlex.quote(str(input.match))}"
            if input.match
            else resolution_of_truth(wildcards)
        ),
        code=code("readers.read"),
    shell:
        "python -m smearsynth.readers read --model $(dirname {input.weights:q}) --images {input.images:q} {params.how}"
        " --least-score 0.05 --out {output:q} > {log:q} 2>&1"


rule evaluation_truth:
    input:
        unpack(truth_files),
        # What generators were trained on, and what readers were.
        seen=[CATALOGUE]
        + ([rules.boxes.output.index] if ON_BOXES else [])
        + ([SHIPPED_FIELDS / "seen.json"] if SHIPPED else [])
        + catalogues_of_others(COMPARED_ARMS),
        test=lambda wildcards: (
            [rules.boxes.output.test] if truth_has_training_part(wildcards) else []
        ),
        found=expand(
            rules.evaluation_truth_read.output,
            reader=trainings_of(COMPARED_ARMS),
            allow_missing=True,
        ),
    output:
        answer=f"{OF_TRUTH}/answer.md",
        tables=multiext(f"{OF_TRUTH}/", "fields.tsv", "differences.tsv"),
    log:
        f"{RUN}/logs/evaluation_truth/{{truth}}.log",
    conda:
        "../../envs/smearsynth.yaml"
    params:
        options=section("evaluation.fields"),
        seed=config["seed"],
        found=lambda wildcards, input: [
            f"{arm_of(Path(path).name)}={path}/instances.json" for path in input.found
        ],
        matched=leave_out_matched,
        margins=margins_of_truth,
        test=lambda wildcards, input: (
            f"--images {shlex.quote(input.test[0])}" if input.test else ""
        ),
        code=code("evaluation.fields"),
    shell:
        "python -m smearsynth.evaluation fields --options {params.options:q} --seed {params.seed}"
        " --truth {input.boxes:q} --pictures {input.images:q} --seen {input.seen:q} {params.test} {params.matched}"
        " {params.margins} --found {params.found:q} --out $(dirname {output.answer:q}) > {log:q} 2>&1"


rule evaluation_fields:
    input:
        expand(rules.evaluation_truth.output, truth=TRUTHS),
