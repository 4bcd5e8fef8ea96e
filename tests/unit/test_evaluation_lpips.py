"""LPIPS and the files of its weights.

The reference numbers were made once by lpips 0.1.4 (PyTorch 1.13) with ``net='squeeze'``: its trunk was given the published Keras
weights of SqueezeNet, its scaling layer replaced by what these expect (BGR, ImageNet means taken off), its own heads kept.
"""

import base64
import zlib

import numpy as np
import pytest

from smearsynth.errors import UserError
from smearsynth.evaluation import lpips, torch_file

SQUEEZENET = "squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5"
# torch.save(…, _use_new_zipfile_serialization=False) of lin0.model.1.weight (1, 3, 1, 1) = 0.5, 0.25, 1.5,
# lin1.model.1.weight (1, 4, 1, 1) = 4, 8, 5, 9 and view = rows 1 and 2 of a transposed 3 × 4 array of 0 to 11.
STATE = zlib.decompress(
    base64.b64decode(
        "eNpdUctu00AUHXucPoYUQsurPKQu3Y1lV0kKG5pIqBuLR8NmNsgK9igeZDy59jhVkSp5VQHfwIIln8GnsOUTkFhwJ1MEzUj3+s71uecc3Wndz6z4/eX41967b692g9Z9"
        "/pNiPgfi8x4hZF4prVJVJAtR1VKV4CCAb+GfQmpdiESUmZyW4H7kDJv6bC6SWn4QNdBz8HzewWadq0pDJ3Y5xZssNazFHvcMhypnsB57TYOaKcoUItWoUrOXVSYqkT2T"
        "qWZA9ifg+HxnqVqGwXuViSKIglMhZ7kGN9WqSvMgabQsapZU4m0jiyzRoqxVlSwOGFDf5+vGCiKnMwGeHWHHhZrq17bJoMM3EPP4ST8ahmEIa0u/6bxBi/SFho2TmPix"
        "E1MMR8OmbytTs0+5MXlNQ3cCW3+dRqtOr+doJPfyDt9ERDQID/vRwbAPN3JcAir0LhU8y3rTt5Wpt63CjoZbE7i93N5CilO4s0IZHQ4H/cEQ7iJlFynvneC8G9ML2DXE"
        "F3DfEj3Q8HACj8zi35jHvmrIWWFzr26GisAYsKcdYRoT8hW/vXGX/H/aI0zYH40szmC+Y/y4nOlh7GGEY/pvCGfap4g7+gPNKKFA"
    )
)


@pytest.fixture
def state(tmp_path):
    (tmp_path / "state.pth").write_bytes(STATE)
    return tmp_path / "state.pth"


def test_a_file_of_pytorch_is_read_without_it(state):
    arrays = torch_file.read(state)
    assert {name: array.shape for name, array in arrays.items()} == {
        "lin0.model.1.weight": (1, 3, 1, 1),
        "lin1.model.1.weight": (1, 4, 1, 1),
        "view": (2, 3),
    }
    assert arrays["lin0.model.1.weight"].ravel().tolist() == [0.5, 0.25, 1.5]
    assert arrays["view"].tolist() == [[1, 5, 9], [2, 6, 10]]


@pytest.mark.parametrize("damage", [lambda b: b[:-3], lambda b: b[:200], lambda b: b"\x80\x02K\x01." + b, lambda b: b""])
def test_a_damaged_file_is_refused(state, damage):
    state.write_bytes(damage(STATE))
    with pytest.raises(UserError, match="PyTorch's old format"):
        torch_file.read(state)


def test_a_file_that_would_run_code_is_refused(tmp_path):
    (tmp_path / "bad.pth").write_bytes(b"\x80\x02cos\nsystem\nq\x00.")
    with pytest.raises(UserError, match=r"os\.system"):
        torch_file.read(tmp_path / "bad.pth")


def test_heads_of_another_network_are_refused(state):
    heads = lpips.read_heads(state, [3, 4])
    assert [head.tolist() for head in heads] == [[0.5, 0.25, 1.5], [4, 8, 5, 9]]
    with pytest.raises(UserError, match=r"\[3, 4\]"):
        lpips.read_heads(state, [3, 5])


def test_distances_by_hand():
    """Directions (3, 4)/5 and (1, 0) differ by (−0.4, 0.8): 0.16 and 0.64; the second place is equal."""
    one = np.array([[[[3.0, 4.0], [2.0, 2.0]]]])
    other = np.array([[[[7.0, 0.0], [1.0, 1.0]]]])
    assert lpips.distances([one], [other], None) == pytest.approx([0.8 / 2])
    assert lpips.distances([one], [other], [np.array([1.0, 0.5])]) == pytest.approx([0.48 / 2])
    assert lpips.distances([one, one], [other, one], None) == pytest.approx([0.4])


def test_lpips_over_squeezenet_as_the_package(smearsynth_data):
    from smearsynth.evaluation import backbones, extractors
    from smearsynth.evaluation.metrics_options import ExtractorOptions

    weights = smearsynth_data.parent / "weights"
    heads = weights / "lpips-v0.1" / "squeeze.pth"
    if not (heads.is_file() and (weights / SQUEEZENET).is_file()):
        pytest.skip(f"no weights of SqueezeNet and its heads in {weights}")
    backbone = extractors.load(ExtractorOptions(f"file:{weights / SQUEEZENET}:fire9/concat", size=64))
    noise = np.random.default_rng(21).integers(256, size=(4, 64, 64, 3), dtype=np.uint8)
    y, x = np.mgrid[:64, :64]
    ramps = np.stack([np.stack([(y * (i + 1) + x * c) % 256 for c in range(3)], -1) for i in range(4)]).astype(np.uint8)
    activations = backbones.activations(backbone, batch=4)
    one, other = activations(noise), activations(ramps)
    found = lpips.distances(one, other, lpips.read_heads(heads, backbones.channels(backbone)))
    assert found == pytest.approx([0.5491544604, 0.5693588257, 0.6095978022, 0.5645136237], abs=1e-3)
    without = lpips.distances(one, other, None)
    assert without == pytest.approx([8.286110878, 8.698135376, 9.479416847, 8.995763779], abs=1e-3)
    assert lpips.distances(one, one, None) == pytest.approx(np.zeros(4), abs=1e-12)
    # A picture's activations do not depend on how many others there are.
    assert np.allclose(activations(noise[:1])[-1], one[-1][:1], atol=1e-4)
    with pytest.raises(UserError, match="channels"):
        lpips.read_heads(weights / "lpips-v0.1" / "vgg.pth", backbones.channels(backbone))
