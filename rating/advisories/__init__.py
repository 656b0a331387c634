"""What people must be told: duties, deadlines and limits that come near. Never changes a price."""
