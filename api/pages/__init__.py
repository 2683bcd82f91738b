"""The staff page: web-standard modules, served as they are. No build step, nothing from elsewhere."""
