"""The other carrier's bill against the books: reading it, matching it, why it differs, the pack that disputes it."""
