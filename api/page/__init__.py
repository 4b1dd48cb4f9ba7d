"""The page at `/`: static files, nothing else. They come from this server only and hold no markup from outside."""
