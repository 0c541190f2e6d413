"""The user's config.toml: what may be set, what is set, where it comes from, and how it is changed."""
