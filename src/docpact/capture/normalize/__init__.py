"""Text of pages in the forms that docpact reads, without the marks of copying."""
