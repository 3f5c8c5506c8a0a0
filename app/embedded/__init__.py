"""The Postgres and the Valkey that `rap-analyzer up` and the tests start, and what can go wrong with them."""
