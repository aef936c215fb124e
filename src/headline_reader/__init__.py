"""Names, folders and addresses in; tables of headlines with roles, days, languages and clean text out."""
