"""Time the metrics on sets of features against their plain, published forms, in one run on the same features.

    python benchmarks/metrics.py --pictures 10000 --features 2048

Peers: ``scipy.linalg.sqrtm`` of the product of the covariances for the Fréchet distance; whole distance matrices, as the package
prdc holds them, for precision, recall, density and coverage; for the kernel distance the same subsets with three kernel matrices
for each, as torch-fidelity goes about it. What both give is printed too: they have to agree. Each runs in a process of its own,
whose peak of memory is told beside its time.
"""

import argparse
import multiprocessing
import resource
import time
from collections.abc import Callable

import numpy as np


def sets(pictures: int, features: int) -> tuple[np.ndarray, np.ndarray]:
    """Two sets of float32 features with correlations, as networks give them."""
    rng = np.random.default_rng(0)
    mix = rng.normal(size=(features, features)).astype(np.float32) / np.sqrt(features)
    real, synthetic = (rng.normal(size=(pictures, features)).astype(np.float32) @ mix for _ in range(2))
    return np.maximum(real, 0), np.maximum(1.05 * synthetic + 0.02, 0)


def frechet_ours(real: np.ndarray, synthetic: np.ndarray) -> list[float]:
    """Two symmetric eigenvalue problems."""
    from smearsynth.evaluation import frechet

    return [frechet.between(real, synthetic)]


def frechet_peer(real: np.ndarray, synthetic: np.ndarray) -> list[float]:
    """As the distance is usually written: numpy's covariance, scipy's root of a matrix."""
    from scipy import linalg

    one, other = (np.cov(x.astype(np.float64), rowvar=False) for x in (real, synthetic))
    apart = real.mean(0, dtype=np.float64) - synthetic.mean(0, dtype=np.float64)
    return [float(apart @ apart + np.trace(one) + np.trace(other) - 2 * np.trace(linalg.sqrtm(one @ other).real))]


def manifold_ours(real: np.ndarray, synthetic: np.ndarray) -> list[float]:
    """Distances in blocks of rows."""
    from smearsynth.evaluation import manifold

    found = manifold.between(real, synthetic, k=5)
    return [found.precision, found.recall, found.density, found.coverage] if found else []


def manifold_peer(real: np.ndarray, synthetic: np.ndarray) -> list[float]:
    """Whole matrices of distances."""

    def distances(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        x, y = x.astype(np.float64), y.astype(np.float64)
        squared = (x**2).sum(1)[:, None] + (y**2).sum(1) - 2 * x @ y.T
        return np.sqrt(np.maximum(squared, 0))

    def radii(x: np.ndarray) -> np.ndarray:
        return np.partition(distances(x, x), 5, axis=1)[:, 5]

    first, second, between = radii(real), radii(synthetic), distances(real, synthetic)
    inside = between < first[:, None]
    covered = between.min(1) < first
    return [inside.any(0).mean(), (between < second).any(1).mean(), inside.sum(0).mean() / 5, covered.mean()]


def kernel_ours(real: np.ndarray, synthetic: np.ndarray) -> list[float]:
    """100 subsets of 1,000, as Bińkowski et al. 2018: mean and spread."""
    from smearsynth.evaluation import kernel

    found = kernel.between(real, synthetic, np.random.default_rng(1), subsets=100, size=1000)
    return [found.mean, found.spread] if found else []


def kernel_peer(real: np.ndarray, synthetic: np.ndarray) -> list[float]:
    """As torch-fidelity goes about it: for each subset the three kernel matrices of its pictures."""
    rng = np.random.default_rng(1)
    found = []
    for _ in range(100):
        x, y = (
            features[rng.choice(len(features), min(1000, len(features) // 2), replace=False)] for features in (real, synthetic)
        )
        xx, yy, xy = ((one @ other.T / one.shape[1] + 1) ** 3 for one, other in ((x, x), (y, y), (x, y)))
        n = len(x)
        within = (xx.sum() - np.trace(xx) + yy.sum() - np.trace(yy)) / (n * (n - 1))
        found.append(within - 2 * xy.mean())
    return [float(np.mean(found)), float(np.std(found))]


METRICS: dict[str, tuple[Callable, Callable]] = {
    "Fréchet distance": (frechet_ours, frechet_peer),
    "precision … coverage": (manifold_ours, manifold_peer),
    "kernel distance": (kernel_ours, kernel_peer),
}


def measured(function: Callable, pictures: int, features: int) -> tuple[float, float, list[float]]:
    """Seconds of processor time, GiB at the process's peak (the features among them), and what came out."""
    real, synthetic = sets(pictures, features)
    start = time.process_time()
    found = function(real, synthetic)
    seconds = time.process_time() - start
    return seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, found


def main() -> None:
    """Run it and print a line for each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pictures", type=int, default=10_000, help="of each set")
    parser.add_argument("--features", type=int, default=2048)
    parser.add_argument("--only", choices=list(METRICS), help="one metric only")
    args = parser.parse_args()
    print(f"{args.pictures} pictures of {args.features} features in each set")
    # A fresh process for each, so that one's peak of memory is not the other's.
    context = multiprocessing.get_context("spawn")
    for name, pair in METRICS.items():
        for who, function in zip(("ours", "peer"), pair, strict=True):
            if args.only in (None, name):
                with context.Pool(1) as pool:
                    seconds, peak, found = pool.apply(measured, (function, args.pictures, args.features))
                values = ", ".join(f"{value:.5g}" for value in found)
                print(f"{name:22} {who:5} {seconds:8.1f} s CPU  {peak:6.2f} GiB  {values}", flush=True)


if __name__ == "__main__":
    main()
