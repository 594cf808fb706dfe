"""Web page: templates, style and scripts; no build step, nothing from other hosts."""
