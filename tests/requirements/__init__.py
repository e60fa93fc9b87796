"""A test for each promise of the seven phases: `test_r13_…` shows R13. `test_all_are_named` counts them."""
