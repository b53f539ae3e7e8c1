"""What is measured outside an audit."""
