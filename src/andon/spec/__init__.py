"""What the user declared, as frozen records."""
