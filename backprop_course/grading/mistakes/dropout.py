"""Dropout has two modes and one mask: each can be forgotten on the way back."""

IN_DROPOUT = ()
