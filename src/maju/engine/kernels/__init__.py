"""What the steps of a plan are made of: one kind of kernel a file."""
