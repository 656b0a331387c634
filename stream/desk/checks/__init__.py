"""What is looked at before a month is closed: whether all calls are there, and whether some are there twice."""
