"""Documents in; unit vectors out, stored in Milvus."""
