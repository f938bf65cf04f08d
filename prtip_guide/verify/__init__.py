"""page → snippets → steps (with the host) → session in a sandbox → outcomes → ledger in results/."""
