"""What people type and read: instants, filters and places of a log from their text; text made safe for a terminal."""
