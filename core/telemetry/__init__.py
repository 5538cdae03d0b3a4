"""What the program writes down about itself."""
