"""The people of the companies as readers get them: now in memory, and as they were."""
