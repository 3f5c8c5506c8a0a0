"""What goes to production, held against the real tools: `make infra-check`."""
