"""A training can be lost before its first step: by its weights, or by what is fed in."""

AT_THE_START = ()
