"""Draw Figure 2: the workflow that makes the studies, from the rules themselves."""

import json
from pathlib import Path

from smearsynth.files import write_tsv
from smearsynth.studies import diagram, layered

PREFIXES = {"hazra": "studies", "thesis": "studies", "windows": "pairs"}
"""Rules whose names do not begin with their stage's."""


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument(
        "--graph", required=True, help="JSON: each rule to those that it takes files from (`rule_graph.upstream`)"
    )
    parser.add_argument("--target", required=True, help="the rule whose way it is")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets figure_2.png and figure_2.tsv")


def run(args) -> None:
    """Run the command."""
    graph: dict[str, list[str]] = json.loads(args.graph)
    drawn = layered.reduced(graph)
    rows = [[stage(name), name, parent, "yes" if parent in drawn[name] else "no"] for name in graph for parent in graph[name]]
    write_tsv(args.out / "figure_2.tsv", ["stage", "rule", "reads from", "drawn"], rows)
    boxes = {name: diagram.Box(title(name), tuple(drawn[name]), stage(name)) for name in graph}
    heading = f"From the sources to {args.target}: the rules of the workflow"
    stages = list(dict.fromkeys(box.kind for box in boxes.values()))
    diagram.draw(args.out / "figure_2.png", boxes, title=heading, kinds=stages, across=True, width=1.25, height=0.42)


def stage(rule: str) -> str:
    """The stage a rule belongs to."""
    first = rule.split("_")[0]
    return PREFIXES.get("".join(letter for letter in first if letter.isalpha()), first)


def title(rule: str) -> tuple[str, ...]:
    """A rule's name on one or two lines: what comes after its stage below it."""
    first, _, rest = rule.partition("_")
    return (first, rest.replace("_", " ")) if rest else (first,)
