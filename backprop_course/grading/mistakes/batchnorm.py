"""Batch normalization has a long way back, and each of its terms can be left out."""

IN_BATCHNORM = ()
