"""How far the seeds of a study lie apart: every row of every table has these columns."""

import numpy as np


def summary(values) -> dict:
    """Seeds, mean, standard deviation (of a sample), lowest and highest of what the seeds gave."""
    values = np.asarray(values, float)
    return {
        "seeds": len(values),
        "mean": float(values.mean()),
        "sd": float(values.std(ddof=1)),
        "low": float(values.min()),
        "high": float(values.max()),
    }
