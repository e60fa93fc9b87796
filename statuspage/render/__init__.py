"""From rows to bytes. `load` reads rows into facts; everything after it is pure and takes facts and `now`."""
