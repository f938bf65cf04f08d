"""Make a machine ready: the locks, and what comes from the system's packages."""
