"""What is asked: texts that were measured, parsed and validated, and what they select."""
