"""Where rooms above the terrain find `in_threads`, which rooms beside it share."""

from moonstation.threads import in_threads as in_threads
