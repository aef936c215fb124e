"""From documents to unit vectors, stored in Milvus."""
