"""The `paging` family, with the fields, links and ends of pages."""
