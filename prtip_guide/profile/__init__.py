"""From a scenario to what its profiles say: scenario, profiler, profile, summary, report and comparison."""
