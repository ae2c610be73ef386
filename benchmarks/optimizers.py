"""How long does `fit` with Adam take, without and with dropout, beside the same training in PyTorch?

    python benchmarks/optimizers.py               one thread, then as many as there are cores
    python benchmarks/optimizers.py --threads 1 --rounds 3 --epochs 4

The network is 784-512-10 in float32 with ReLU and cross-entropy; 12,800 rows are taken 128 at a time. Both
sides shuffle anew in every epoch, read the loss of every step, and measure loss and accuracy on all rows
after each epoch, as `fit` does. With dropout, each keeps a hidden unit with a probability of 0.8, by draws
of its own. Before the first step `fit` also tries all rows once; that counts. PyTorch takes part with its
three forms of Adam, and the fastest of these is compared. Each contestant runs in a process of its own with
the same number of threads, and they take turns, so that other programs disturb all alike. On one thread the
time of the processor is compared, too: in it, other programs do not count.

A second table has the time of one update alone, for each optimizer.
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
from time import perf_counter, process_time

ROOT = Path(__file__).parents[1]
n, h, m, BATCH, ROWS, RATE = 784, 512, 10, 128, 12_800, 0.001
KEEPS = (1.0, 0.8)  # the share of the hidden units that dropout keeps; 1: no dropout
UPDATES = 200  # of one optimizer alone


def task(rows=ROWS):
    """The same data and weights for everyone: learnable, so that the loss falls."""
    import numpy as np

    from backprop_course.models import two_layer
    from backprop_course.notation import one_hot

    rng = np.random.default_rng(0)
    X = rng.random((rows, n), dtype=np.float32)
    labels = ((X - 0.5) @ rng.standard_normal((n, m), dtype=np.float32)).argmax(axis=1)
    return X, one_hot(labels, m, np.float32), two_layer.init(rng, n, h, m, np.float32)


# ------------------------------------------------------- the contestants: each returns train() -> last loss
def ours(X, Y_true, params, epochs, keep=1.0):
    import numpy as np

    from backprop_course.models import mlp, two_layer
    from backprop_course.training import adam, fit

    model = two_layer if keep == 1 else mlp([n, h, m], keep=keep)

    def train():
        call = {"optimizer": adam(RATE), "epochs": epochs, "batch_size": BATCH, "progress": False}
        history = fit(model, params, X, Y_true, rng=np.random.default_rng(1), **call)
        return history.epoch_loss[-1]

    return train


def pytorch(form):
    def make(X, Y_true, params, epochs, keep=1.0):
        import numpy as np
        import torch

        torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", 1)))
        dropout = [] if keep == 1 else [torch.nn.Dropout(1 - keep)]
        model = torch.nn.Sequential(torch.nn.Linear(n, h), torch.nn.ReLU(), *dropout, torch.nn.Linear(h, m))
        cross_entropy = torch.nn.CrossEntropyLoss()
        X, labels = torch.from_numpy(X), torch.from_numpy(Y_true.argmax(axis=1))

        def train():
            with torch.no_grad():
                for own, given in zip(model.parameters(), params.values(), strict=True):
                    own.copy_(torch.from_numpy(given))
            optimizer, rng = torch.optim.Adam(model.parameters(), lr=RATE, **form), np.random.default_rng(1)
            losses, curves = [], []
            torch.manual_seed(1)  # of the masks
            for _ in range(epochs):
                model.train()
                for rows in torch.from_numpy(rng.permutation(len(X))).split(BATCH):
                    optimizer.zero_grad()
                    loss = cross_entropy(model(X[rows]), labels[rows])
                    loss.backward()
                    optimizer.step()
                    losses.append(loss.item())
                model.eval()
                with torch.no_grad():
                    scores = model(X)
                    accuracy = (scores.argmax(dim=1) == labels).float().mean().item()
                    curves.append((cross_entropy(scores, labels).item(), accuracy))
            return curves[-1][0]

        return train

    return make


OURS = "this course"
CONTESTANTS = {
    OURS: (ours, "numpy"),
    "PyTorch, default": (pytorch({}), "torch"),
    "PyTorch, foreach": (pytorch({"foreach": True}), "torch"),
    "PyTorch, fused": (pytorch({"fused": True}), "torch"),
}


# ------------------------------------------------------------------ one process: one contestant
def measure(name, epochs, keep):
    """Train an epoch for warming up, then a run for each line that comes in; answer with times and loss."""
    make, distribution = CONTESTANTS[name]
    data = task()
    make(*data, 1, keep)()
    train = make(*data, epochs, keep)
    print(json.dumps(version(distribution)), flush=True)
    for _ in sys.stdin:
        start, busy = perf_counter(), process_time()
        loss = train()
        answer = {"seconds": perf_counter() - start, "busy": process_time() - busy, "loss": float(loss)}
        print(json.dumps(answer), flush=True)


def update_times():
    """Median microseconds of one update into given arrays, by optimizer."""
    from backprop_course import training

    print(f"\none update into given arrays, {n}-{h}-{m}, float32{'':7}µs")
    params = task(BATCH)[2]
    grads = {name: W.copy() for name, W in params.items()}
    for name in ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "adamw"):
        optimizer, seconds = getattr(training, name)(1e-5), []
        state = optimizer.init(params)
        for _ in range(UPDATES):
            start = perf_counter()
            _, state = optimizer.update(params, grads, state, out=params)
            seconds.append(perf_counter() - start)
        print(f"  {name:22}{1e6 * median(seconds):10.0f}")


def started(name, threads, epochs, keep):
    """A process for this contestant, ready to train; None if its library is not installed."""
    limits = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), str(threads))
    python_path = os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")])
    process = subprocess.Popen(
        [sys.executable, __file__, "--measure", name, "--epochs", str(epochs), "--keep", str(keep)],
        env=os.environ | limits | {"PYTHONPATH": python_path},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    first = process.stdout.readline()
    if not first:
        error = process.communicate()[1]
        if "ModuleNotFoundError" in error:
            return None
        raise SystemExit(error)
    return process, json.loads(first)


def compare(threads, rounds, epochs, keep):
    """Print the table for these threads and this dropout, and how our times compare with PyTorch's best."""
    processes = {name: started(name, threads, epochs, keep) for name in CONTESTANTS}
    found = {name: [] for name, process in processes.items() if process}
    for _ in range(rounds):
        for name, answers in found.items():
            process, _ = processes[name]
            print(file=process.stdin, flush=True)
            answers.append(json.loads(process.stdout.readline()))
    for process, _ in filter(None, processes.values()):
        process.communicate()
    dropout = "no dropout" if keep == 1 else f"dropout that keeps {keep:g}"
    print(f"\nthreads: {threads}, {dropout}\n  {'':22}{'µs a step':>10}{'busy':>10}   loss at the end")
    steps = epochs * ROWS // BATCH
    for name in CONTESTANTS:
        if name not in found:
            print(f"  {name:22} not installed")
            continue
        times = [1e6 / steps * median(a[key] for a in found[name]) for key in ("seconds", "busy")]
        facts = f"{found[name][-1]['loss']:.4f}   {CONTESTANTS[name][1]} {processes[name][1]}"
        print(f"  {name:22}{times[0]:10.0f}{times[1]:10.0f}   {facts}")
    print("\n".join(verdicts(found, threads)))


def verdicts(found, threads):
    """A sentence for the time, on one thread also for the time of the processor: ours beside the best."""
    told = []
    peers = [name for name in found if name != OURS]
    keys = {"seconds": "time", "busy": "time of the processor"} if threads == 1 else {"seconds": "time"}
    for key, words in keys.items() if peers else ():
        best = min(peers, key=lambda name: median(a[key] for a in found[name]))
        ratios = [a[key] / b[key] for a, b in zip(found[OURS], found[best], strict=True)]
        told.append(f"  {words}: fit takes {median(ratios):.2f} times that of {best} "
                    f"({min(ratios):.2f} to {max(ratios):.2f} in {len(ratios)} rounds)")  # fmt: skip
    return told


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    parser.add_argument("--threads", type=int, nargs="+", default=sorted({1, cores}))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--keep", type=float, nargs="+", default=KEEPS)
    parser.add_argument("--measure", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        measure(arguments.measure, arguments.epochs, *arguments.keep)
        return
    print(f"{platform.platform()}, {cores} cores, Python {platform.python_version()}")
    if hasattr(os, "getloadavg") and os.getloadavg()[0] > 0.5:
        print(f"Other programs are running, too (load {os.getloadavg()[0]:.1f}): a quiet machine is faster.")
    for threads in arguments.threads:
        for keep in arguments.keep:
            compare(threads, arguments.rounds, arguments.epochs, keep)
    update_times()


if __name__ == "__main__":
    main()
