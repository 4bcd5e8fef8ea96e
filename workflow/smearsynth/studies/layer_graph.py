"""The layers of a Keras model as a graph: shapes, parameters, and the residual blocks among them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from smearsynth.studies import layered


@dataclass(frozen=True)
class Node:
    """A layer.

    Parameters
    ----------
    name : str
        Its kind and number in its model, such as ``Conv2D 3``; an input's own name.
    kind : str
        Its class, such as ``Conv2D``.
    detail : str
        What it was told: kernel, strides, slope; may be empty.
    shape : tuple of int
        Of its output, without the batch.
    parameters : int
    parents : tuple of str
        Names of the layers whose output it takes.
    """

    name: str
    kind: str
    detail: str
    shape: tuple[int, ...]
    parameters: int
    parents: tuple[str, ...]


@dataclass(frozen=True)
class Block:
    """A residual block: the layers from where the way forks to where both ways are added.

    Parameters
    ----------
    start : str
        The layer before it, whose output both ways take.
    nodes : tuple of Node
        Its layers, in order; the last adds.
    """

    start: str
    nodes: tuple[Node, ...]

    @property
    def end(self) -> Node:
        """The layer that adds."""
        return self.nodes[-1]

    @property
    def parameters(self) -> int:
        """Of all its layers."""
        return sum(node.parameters for node in self.nodes)


def read(model: Any) -> dict[str, Node]:
    """The layers of a functional ``keras.Model``, each used once, in order."""
    # Keras numbers layers over all models of a process; here each model counts its own.
    kinds = [type(layer).__name__ for layer in model.layers]
    names = [
        layer.name if kind == "InputLayer" else f"{kind} {kinds[: at + 1].count(kind)}"
        for at, (layer, kind) in enumerate(zip(model.layers, kinds, strict=True))
    ]
    makers = {id(tensor): name for layer, name in zip(model.layers, names, strict=True) for tensor in _listed(layer.output)}
    nodes = {}
    for layer, name, kind in zip(model.layers, names, kinds, strict=True):
        parents = () if kind == "InputLayer" else tuple(makers[id(tensor)] for tensor in _listed(layer.input))
        shape = tuple(_listed(layer.output)[0].shape[1:])
        nodes[name] = Node(name, kind, _detail(layer), shape, layer.count_params(), parents)
    return nodes


def _listed(tensors: Any) -> list:
    return list(tensors) if isinstance(tensors, list | tuple) else [tensors]


def _detail(layer: Any) -> str:
    """What tells a layer from others of its class."""
    if getattr(layer, "kernel_size", None):
        strides = layer.strides[0]
        return " × ".join(map(str, layer.kernel_size)) + (f", stride {strides}" if strides > 1 else "")
    if type(layer).__name__ == "Activation":
        return layer.activation.__name__
    slope = getattr(layer, "negative_slope", None)
    if slope:
        return f"slope {float(slope):g}"
    for name in ("size", "pool_size"):
        if hasattr(layer, name):
            return " × ".join(map(str, getattr(layer, name)))
    return ""


def residual_blocks(nodes: Mapping[str, Node]) -> list[Block]:
    """The residual blocks of a network of pictures, in order: they end in an ``Add`` of two feature maps."""
    order = layered.ranks({name: node.parents for name, node in nodes.items()})
    blocks = []
    for node in nodes.values():
        if node.kind != "Add" or len(node.shape) != 3:
            continue
        one, other = ({parent, *_ancestors(nodes, parent)} for parent in node.parents)
        start = max(one & other, key=order.__getitem__)
        between = [name for name in (one | other) - (one & other) if start in _ancestors(nodes, name)]
        members = [nodes[name] for name in nodes if name in between]
        blocks.append(Block(start, (*members, node)))
    return blocks


def folded(nodes: Mapping[str, Node], blocks: Iterable[Block]) -> dict[str, Node]:
    """The graph with every block as one node of the kind ``residual block``, under the name of its last layer."""
    whole = {block.end.name: block for block in blocks}
    inside = {node.name for block in whole.values() for node in block.nodes[:-1]}
    result = {}
    for name, node in nodes.items():
        if name in whole:
            block = whole[name]
            before, after = nodes[block.start].shape[0], node.shape[0]
            detail = "up" if after > before else "down" if after < before else ""
            result[name] = Node(name, "residual block", detail, node.shape, block.parameters, (block.start,))
        elif name not in inside:
            result[name] = node
    return result


def _ancestors(nodes: Mapping[str, Node], name: str) -> set[str]:
    found: set[str] = set()
    waiting = list(nodes[name].parents)
    while waiting:
        parent = waiting.pop()
        if parent not in found:
            found.add(parent)
            waiting.extend(nodes[parent].parents)
    return found
