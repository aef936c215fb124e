"""What people look at: figures, tables, and executed notebooks as pages."""
