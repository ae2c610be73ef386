"""A penalty can be wrong by a factor that nobody sees, or on the wrong parameters."""

IN_THE_PENALTY = ()
