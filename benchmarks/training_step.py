"""How fast is a training step written by hand, beside its five matrix products and beside other libraries?

    python benchmarks/training_step.py               one thread, then as many as there are cores
    python benchmarks/training_step.py --threads 2

A step is forward, loss, backward and update with plain gradient descent, in float32, on one mini-batch. Every
library runs in a process of its own with the same number of threads, from the same weights on the same data;
the loss after 20 steps shows that they do the same. A library that is not installed is reported and left out:
`pip install -e ".[benchmarks,torch]"` brings them all.

The exit status is 1 if our step on one thread takes more than 1.5 times its matrix products. More threads
share the products, but not the rest of a step: then the ratio grows, for everyone.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from statistics import median
from time import perf_counter

ROOT = Path(__file__).parents[1]
SIZES = [(784, 512, 10, 128), (64, 32, 10, 32)]  # inputs, hidden units, classes, batch
BOUND = 1.5  # on one thread, a step of the first size takes at most this many times its matrix products
LEARNING_RATE, CHECKED_STEPS = 0.1, 20
SECONDS, REPEATS = 3.0, 10  # a round times 10 steps, then 10 times the products; the median round counts


def task(n, h, m, N):
    """The same data and weights for everyone: learnable, so that the loss falls."""
    import numpy as np

    from backprop_course.models import two_layer

    rng = np.random.default_rng(0)
    X = rng.random((N, n), dtype=np.float32)
    labels = (X @ rng.standard_normal((n, m), dtype=np.float32)).argmax(axis=1)
    return X, labels, two_layer.init(rng, n, h, m, np.float32)


# ------------------------------------------------------- the contestants: each returns step() -> loss
def ours(X, labels, params):
    from backprop_course.models import two_layer
    from backprop_course.notation import one_hot
    from backprop_course.training import sgd

    Y_true = one_hot(labels, len(params["b2"]), X.dtype)
    optimizer = sgd(LEARNING_RATE)
    state = optimizer.init(params)

    def step():
        nonlocal state
        Y_pred, saved = two_layer.forward(params, X)
        loss = two_layer.loss(Y_pred, Y_true)
        grads = two_layer.backward(params, saved, Y_true)
        _, state = optimizer.update(params, grads, state, out=params)
        return loss

    return step


def five_matrix_products(X, params):
    import numpy as np

    W1, W2 = params["W1"], params["W2"]
    A1 = X @ W1.T
    dZ1, dZ2 = np.ones_like(A1), A1 @ W2.T

    def products():
        X @ W1.T
        A1 @ W2.T
        dZ2.T @ A1
        dZ2 @ W2
        dZ1.T @ X

    return products


def pytorch(X, labels, params):
    import torch

    torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 1)))
    (h, n), m = params["W1"].shape, len(params["b2"])
    model = torch.nn.Sequential(torch.nn.Linear(n, h), torch.nn.ReLU(), torch.nn.Linear(h, m))
    with torch.no_grad():
        for own, given in zip(model.parameters(), params.values(), strict=True):
            own.copy_(torch.from_numpy(given))
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)
    cross_entropy = torch.nn.CrossEntropyLoss()
    X, labels = torch.from_numpy(X), torch.from_numpy(labels)

    def step():
        optimizer.zero_grad()
        loss = cross_entropy(model(X), labels)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def scikit_learn(X, labels, params):
    from sklearn.neural_network import MLPClassifier

    classes = range(len(params["b2"]))
    model = MLPClassifier(
        (len(params["b1"]),), solver="sgd", alpha=0, batch_size=len(X), shuffle=False, momentum=0,
        nesterovs_momentum=False, learning_rate_init=LEARNING_RATE,
    )  # fmt: skip
    model.partial_fit(X, labels, classes=classes)  # makes the arrays, which then take the common weights
    for own, name in zip(model.coefs_ + model.intercepts_, ("W1", "W2", "b1", "b2"), strict=True):
        own[:] = params[name].T

    def step():
        return model.partial_fit(X, labels).loss_

    return step


def hips_autograd(X, labels, params):
    import autograd.numpy as np
    from autograd import value_and_grad

    Y_true = np.eye(len(params["b2"]), dtype=X.dtype)[labels]

    def loss_of(params):
        Z1 = np.dot(X, params["W1"].T) + params["b1"]
        Z2 = np.dot(np.maximum(Z1, 0), params["W2"].T) + params["b2"]
        Z2 = Z2 - np.max(Z2, axis=1, keepdims=True)
        return -np.sum(Y_true * (Z2 - np.log(np.sum(np.exp(Z2), axis=1, keepdims=True)))) / len(X)

    loss_and_gradients = value_and_grad(loss_of)

    def step():
        loss, grads = loss_and_gradients(params)
        for name in params:
            params[name] = params[name] - LEARNING_RATE * grads[name]
        return loss

    return step


CONTESTANTS = {
    "this course": (ours, "numpy"),
    "PyTorch eager": (pytorch, "torch"),
    "scikit-learn": (scikit_learn, "scikit-learn"),
    "HIPS autograd": (hips_autograd, "autograd"),
}


# ------------------------------------------------------------------ one process: one contestant, one size
def measure(name, size):
    """Median seconds of a step, in rounds that alternate with the matrix products where they are measured."""
    X, labels, params = task(*size)
    make, distribution = CONTESTANTS[name]
    step = make(X, labels, params)
    for _ in range(CHECKED_STEPS):
        loss = step()
    timed = {"step": step}
    if make is ours:
        timed["products"] = five_matrix_products(X, params)
    seconds = {key: [] for key in timed}
    end = perf_counter() + SECONDS
    while perf_counter() < end:
        for key, function in timed.items():
            start = perf_counter()
            for _ in range(REPEATS):  # a step follows a step, as in training, so the caches are its own
                function()
            seconds[key].append((perf_counter() - start) / REPEATS)
    found = {key: median(values) for key, values in seconds.items()}
    return found | {"loss": float(loss), "rounds": len(seconds["step"]), "version": version(distribution)}


def in_a_process_of_its_own(name, size, threads):
    """Run `measure` in a new interpreter; None if the library is not installed."""
    limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    python_path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, __file__, "--measure", name, *map(str, size)]
    run = subprocess.run(
        command, env=os.environ | limits | {"PYTHONPATH": python_path}, capture_output=True, text=True
    )
    if run.returncode and "ModuleNotFoundError" in run.stderr:
        return None
    if run.returncode:
        raise SystemExit(run.stderr)
    return json.loads(run.stdout.splitlines()[-1])


# ------------------------------------------------------------------ the table
def compare(size, threads):
    """Print the table of one size; return how many times its matrix products our step takes."""
    n, h, m, N = size
    results = {name: in_a_process_of_its_own(name, size, threads) for name in CONTESTANTS}
    own = results["this course"]
    print(f"\n{n}-{h}-{m}, batch {N}, float32, threads: {threads}")
    head = f"{'µs a step':>10}{'/ products':>12}{'/ this course':>15}   loss after {CHECKED_STEPS} steps"
    print(f"  {'':22}{head}")
    print(f"  {'five matrix products':22}{own['products'] * 1e6:10.0f}{1:12.2f}")
    for name, found in results.items():
        if found is None:
            print(f"  {name:22} not installed")
            continue
        ratios = f"{found['step'] / own['products']:12.2f}{found['step'] / own['step']:15.2f}"
        facts = f"{found['loss']:.4f}   {found['rounds']} rounds, {CONTESTANTS[name][1]} {found['version']}"
        print(f"  {name:22}{found['step'] * 1e6:10.0f}{ratios}   {facts}")
    return own["step"] / own["products"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, cores}))
    parser.add_argument("--measure", nargs=5, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        name, *size = arguments.measure
        print(json.dumps(measure(name, tuple(map(int, size)))))
        return 0
    print(f"{platform.platform()}, {cores} cores, Python {platform.python_version()}")
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > 0.5:
        print(f"Other programs are running, too (load {os.getloadavg()[0]:.1f}): a quiet machine is faster.")
    ratios = {}
    for threads in arguments.threads:
        for size in SIZES:
            ratios[size, threads] = compare(size, threads)
    print()
    for threads in arguments.threads:
        print(f"threads: {threads}; a step takes {ratios[SIZES[0], threads]:.2f} times its matrix products")
    return ratios.get((SIZES[0], 1), 0) > BOUND


if __name__ == "__main__":
    sys.exit(main())
