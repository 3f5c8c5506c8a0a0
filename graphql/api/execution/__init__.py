"""Who answers: planned root fields from Postgres, all others through graphql-core."""
