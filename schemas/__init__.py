"""The contracts with the world: record formats, their scanner and writer, published schemas."""
