"""Draw Figures 3 to 6: generator, discriminator and residual blocks of WGAN-GP-AC, from the Keras models themselves."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from smearsynth.files import read_json, write_tsv
from smearsynth.gans.family_options import FamilyOptions, recipe
from smearsynth.options import loads
from smearsynth.studies import diagram, layer_graph
from smearsynth.studies.layer_graph import Node

MODEL = "wgan_gp_ac"

KINDS = {
    "InputLayer": "input",
    "Dense": "with weights",
    "Conv2D": "with weights",
    "Conv2DTranspose": "with weights",
    "residual block": "residual block",
    "BatchNormalization": "normalisation",
    "Activation": "activation",
    "ReLU": "activation",
    "LeakyReLU": "activation",
}
"""What a layer is called in the legend."""
OTHERS = "reshape, resize, join"

LABELS = {"told": "type, one-hot", "noise": "noise", "picture": "picture"}
"""Inputs of the two networks."""
HEADS = ("score of the source", "logits of the type")
"""Outputs of the discriminator, in order."""


def arguments(parser) -> None:
    """Flags of the command."""
    parser.add_argument("--options", required=True, help="the section gans.family of the configuration, as JSON")
    parser.add_argument("--cells", type=Path, required=True, help="pairs/windows/index.json: size of the pictures, types")
    parser.add_argument("--out", type=Path, required=True, help="folder; gets figure_3 to figure_6 (.png, .tsv)")


def run(args) -> None:
    """Run the command."""
    options = loads(FamilyOptions, args.options, where="gans.family")
    index = read_json(args.cells)
    from smearsynth.gans import engine

    engine.configure(device="cpu", threads=1)
    from smearsynth.gans.networks import family

    made = recipe(options, MODEL)
    told = {"size": index["size"], "types": len(index["categories"]), "precision": options.precision, "seed": 0}
    generator = layer_graph.read(family.generator(made, filters=options.filters, **told))
    critic = layer_graph.read(family.critic(made, filters=options.critic_filters, **told))
    for name, (title, nodes) in figures(generator, critic).items():
        draw(args.out / f"{name}.png", title, nodes)
        write(args.out / f"{name}.tsv", nodes)


def figures(generator: Mapping[str, Node], critic: Mapping[str, Node]) -> dict[str, tuple[str, dict[str, Node]]]:
    """Title and layers of Figures 3 to 6; of the residual blocks the first one of each network."""
    ends = [name for name in critic if not any(name in node.parents for node in critic.values())]
    told = dict(zip(ends, HEADS, strict=True))
    critic = {name: replace(node, detail=told.get(name, node.detail)) for name, node in critic.items()}
    up, down = layer_graph.residual_blocks(generator), layer_graph.residual_blocks(critic)
    return {
        "figure_3": ("Generator", layer_graph.folded(generator, up)),
        "figure_4": ("Discriminator", layer_graph.folded(critic, down)),
        "figure_5": ("Residual block (up)", _alone(generator, up[0])),
        "figure_6": ("Residual block (down)", _alone(critic, down[0])),
    }


def _alone(nodes: Mapping[str, Node], block: layer_graph.Block) -> dict[str, Node]:
    """A block with its input in place of the layer before it."""
    start = nodes[block.start]
    given = Node(start.name, "InputLayer", "", start.shape, 0, ())
    return {given.name: given, **{node.name: node for node in block.nodes}}


def draw(path: Path, title: str, nodes: Mapping[str, Node]) -> None:
    """A network from top to bottom: layer, what it was told, shape of its output, parameters."""
    boxes = {}
    for name, node in nodes.items():
        kind = KINDS.get(node.kind, OTHERS)
        label = LABELS.get(name, "input") if kind == "input" else node.kind
        parameters = f" · {node.parameters:,} parameters" if node.parameters else ""
        lines = (f"{label} {node.detail}".strip(), " × ".join(map(str, node.shape)) + parameters)
        boxes[name] = diagram.Box(lines, node.parents, kind)
    total = sum(node.parameters for node in nodes.values())
    heading = f"{title}\n{total:,} parameters"
    kinds = list(dict.fromkeys([*KINDS.values(), OTHERS]))
    diagram.draw(path, boxes, title=heading, kinds=kinds, across=False, width=2.3, height=0.4, gap=0.2)


def write(path: Path, nodes: Mapping[str, Node]) -> None:
    """The numbers behind a figure."""
    rows = [
        [name, node.kind, node.detail or None, " × ".join(map(str, node.shape)), node.parameters, ", ".join(node.parents) or None]
        for name, node in nodes.items()
    ]
    write_tsv(path, ["layer", "kind", "told", "output", "parameters", "takes"], rows)
