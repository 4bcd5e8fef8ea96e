# smearsynth: from annotated cells to annotated synthetic smears. config.yaml is the manual.
configfile: f"{workflow.basedir}/config.yaml"


include: "workflow/rules/common.smk"
include: "workflow/rules/inputs.smk"
include: "workflow/rules/cells.smk"
include: "workflow/rules/pairs.smk"
include: "workflow/rules/gans.smk"
include: "workflow/rules/backgrounds.smk"
include: "workflow/rules/layouts.smk"
include: "workflow/rules/slides.smk"
include: "workflow/rules/readers.smk"
include: "workflow/rules/readers_fields.smk"
include: "workflow/rules/evaluation_sets.smk"
include: "workflow/rules/evaluation_fields.smk"
include: "workflow/rules/evaluation_truths.smk"
include: "workflow/rules/evaluation.smk"
include: "workflow/rules/evaluation_kit.smk"
include: "workflow/rules/studies.smk"
include: "workflow/rules/hazra2022.smk"


report: "workflow/report/workflow.rst"


rule all:
    default_target: True
    input:
        rules.slides.input,
        rules.evaluation.input,
        rules.thesis.input,
