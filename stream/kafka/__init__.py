"""Kafka: a broker of one's own, the topics, and the client's settings."""
