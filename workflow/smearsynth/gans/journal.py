"""The losses of a training, as a table and for TensorBoard, the same whether it was interrupted or not."""

import io
from pathlib import Path

from smearsynth.files import write_bytes, write_tsv


def scalars(steps: list[tuple[int, list[float]]], columns: tuple[str, ...]) -> bytes:
    """A TensorBoard event file of scalars; the wall time of an event is its step, so that no clock is in it."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.record_writer import RecordWriter

    buffer = io.BytesIO()
    writer = RecordWriter(buffer)
    writer.write(Event(wall_time=0.0, file_version="brain.Event:2").SerializeToString())
    for step, values in steps:
        summary = Summary(value=[Summary.Value(tag=name, simple_value=v) for name, v in zip(columns, values, strict=True)])
        writer.write(Event(wall_time=float(step), step=step, summary=summary).SerializeToString())
    return buffer.getvalue()


class Journal:
    """Rows of mean losses since the row before.

    Parameters
    ----------
    columns : tuple of str
        Names of the losses.
    every : int
        Steps between rows.
    """

    def __init__(self, columns: tuple[str, ...], every: int):
        self.columns, self.every = columns, every
        self.rows: list[tuple[int, list[float]]] = []
        self._sums, self._count = [0.0] * len(columns), 0

    def add(self, step: int, values: list[float]) -> None:
        """Take the losses of a step (from 1)."""
        self._sums = [total + value for total, value in zip(self._sums, values, strict=True)]
        self._count += 1
        if step % self.every == 0:
            self.rows.append((step, [total / self._count for total in self._sums]))
            self._sums, self._count = [0.0] * len(self.columns), 0

    def state(self) -> dict:
        """What a resumed training needs to go on with the same table."""
        return {"rows": self.rows, "sums": self._sums, "count": self._count}

    def restore(self, state: dict) -> None:
        """The inverse of `state`."""
        self.rows = [(step, list(values)) for step, values in state["rows"]]
        self._sums, self._count = list(state["sums"]), state["count"]

    def write(self, folder: Path) -> None:
        """Write ``losses.tsv`` and ``events/events.out.tfevents.0``, each whole."""
        write_tsv(folder / "losses.tsv", ["step", *self.columns], [[step, *values] for step, values in self.rows])
        write_bytes(folder / "events" / "events.out.tfevents.0", scalars(self.rows, self.columns))
