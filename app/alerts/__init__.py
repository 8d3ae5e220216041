"""Rules that watch the figures, and the incidents they open."""
