"""All that depends on the engine: devices and threads, compiled steps, gradients, moments. TensorFlow ships; Keras 3 runs on it.

Networks, losses and augmentation are written in ``keras.ops``. Another engine is another module with these functions.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from smearsynth.errors import UserError

_configured: dict[str, Any] = {}


def configure(*, device: str, threads: int) -> str:
    """Choose the device and the threads of an operation, once for the process, and return what it will compute on.

    Parameters
    ----------
    device : str
        ``auto``, ``cpu`` or ``gpu``.
    threads : int
        Threads within an operation; part of the result's bits on a CPU.

    Returns
    -------
    str
        ``cpu`` or ``gpu``.

    Raises
    ------
    UserError
        If ``gpu`` is asked for and none is visible.
    """
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if device == "gpu" and not gpus:
        raise UserError.of(
            "gans.device", "gpu, but none is visible to TensorFlow", "install tensorflow[and-cuda], or set device: auto or cpu"
        )
    wanted = {"device": device, "threads": threads}
    if _configured and _configured != wanted:
        # Threads are fixed when the engine starts; a process that draws with several models keeps the first's.
        return "gpu" if gpus and _configured["device"] != "cpu" else "cpu"
    if not _configured:
        try:
            tf.config.threading.set_intra_op_parallelism_threads(threads)
            tf.config.threading.set_inter_op_parallelism_threads(1)
            if device == "cpu" and gpus:
                tf.config.set_visible_devices([], "GPU")
            for gpu in gpus if device != "cpu" else []:
                tf.config.experimental.set_memory_growth(gpu, True)
        except RuntimeError:
            pass  # Something in this process has computed before: its threads stand.
        tf.config.experimental.enable_op_determinism()
        # Windows of many sizes are many graphs, on purpose: no warning for each.
        tf.get_logger().setLevel("ERROR")
        _configured.update(wanted)
    return "gpu" if gpus and device != "cpu" else "cpu"


def computes_in_bfloat16(device: str) -> bool:
    """Whether bfloat16 is faster than float32 on a ``cpu`` or ``gpu`` of this machine; False where this cannot be told.

    Without instructions for it (AVX-512 BF16 or AMX; on GPUs from compute capability 8.0 on) it is emulated, many times slower.
    """
    import tensorflow as tf

    if device == "gpu":
        gpu = tf.config.list_physical_devices("GPU")[0]
        return tf.config.experimental.get_device_details(gpu).get("compute_capability", (0, 0)) >= (8, 0)
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return False
    return "avx512_bf16" in flags or "amx_bf16" in flags


def version() -> str:
    """Name and version of the engine, for the fingerprint of a state."""
    import keras
    import tensorflow as tf

    return f"tensorflow {tf.__version__}, keras {keras.__version__}"


def compiled(function: Callable, *, signature: Sequence[tuple[Sequence[int | None], str]] | None = None) -> Callable:
    """A function of arrays, compiled.

    Parameters
    ----------
    function : callable
    signature : sequence of (shape, dtype), optional
        Of its arguments, None where a side may be of any length: then all sizes are computed by the same graph and with the same
        rounding. Otherwise each size has a graph of its own, whose layers may be fused in another way.
    """
    import tensorflow as tf

    specs = None if signature is None else [tf.TensorSpec(shape, dtype) for shape, dtype in signature]
    return tf.function(function, input_signature=specs, autograph=False)


def gradients(forward: Callable[[], tuple[Sequence[Any], Any]], groups: Sequence[Sequence[Any]]) -> tuple[list[list[Any]], Any]:
    """The gradients of several losses out of one forward pass, each with respect to its own variables.

    Parameters
    ----------
    forward : callable
        Returns the losses, one a group, and anything else that is wanted.
    groups : sequence of sequences of keras.Variable
        The variables of each loss.

    Returns
    -------
    list of lists of tensors
        Per group the gradient of its loss.
    Any
        What `forward` returned beside the losses.
    """
    import tensorflow as tf

    with tf.GradientTape(persistent=True) as tape:
        losses, rest = forward()
    found = [tape.gradient(loss, [v.value for v in group]) for loss, group in zip(losses, groups, strict=True)]
    del tape
    return found, rest


def input_gradient(function: Callable, at: Any) -> Any:
    """The gradient of ``sum(function(at))`` with respect to `at`; differentiable again within `gradients`."""
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(at)
        value = function(at)
    return tape.gradient(value, at)


def moments_of_one(x: Any) -> tuple[Any, Any]:
    """Mean and variance of the features of one picture (1, height, width, features), each (1, 1, 1, features).

    ``keras.ops.moments`` in half the time: the kernel of batch normalisation, of which only these are kept.
    """
    import tensorflow as tf

    pixels, features = x.shape[1] * x.shape[2], x.shape[3]
    ones, zeros = tf.ones(features), tf.zeros(features)
    _, mean, variance = tf.compat.v1.nn.fused_batch_norm(x, ones, zeros, is_training=True)
    # The kernel's variance is that of a sample.
    return tf.reshape(mean, (1, 1, 1, -1)), tf.reshape(variance * ((pixels - 1) / pixels), (1, 1, 1, -1))


def to_numpy(value: Any) -> Any:
    """An array of the host."""
    import keras

    return keras.ops.convert_to_numpy(value)
