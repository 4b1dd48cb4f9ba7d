"""Pure folds from switch events to read models, their tables, and the one runner that does every effect."""
