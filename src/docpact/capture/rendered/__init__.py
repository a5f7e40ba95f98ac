"""Text copied from a page that a tool renders from an OpenAPI document."""
