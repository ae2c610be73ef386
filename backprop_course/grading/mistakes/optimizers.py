"""Where every gradient is right, the optimizer can still use it wrongly."""

IN_THE_OPTIMIZER = ()
