#!/bin/sh
# Restores the newest dump of $BACKUP_DIR into a Postgres of its own, below $SCRATCH_DIR, and fails unless tenants come out.
set -eu
dump=$(find "$BACKUP_DIR" -name 'rap_analyzer-*.dump' | sort | tail -n 1)
[ -n "$dump" ] || { echo "There is no dump in $BACKUP_DIR." >&2; exit 1; }
export PGDATA="$SCRATCH_DIR/data" PGHOST="$SCRATCH_DIR" PGUSER=drill PGDATABASE=rap_analyzer
initdb --username=drill --auth=trust --no-sync > /dev/null
pg_ctl --wait --silent --log="$SCRATCH_DIR/log" --options="-c listen_addresses='' -c unix_socket_directories=$SCRATCH_DIR -c fsync=off" start
trap 'pg_ctl --silent --mode=immediate stop' EXIT
createdb rap_analyzer
# The roles are the cluster's, and not in the dump.
psql --quiet --command='create role rap_analyzer_app' --command='create role rap_analyzer_gate'
pg_restore --dbname=rap_analyzer --no-owner --exit-on-error "$dump"
for table in tenants tracks analyses; do
  # As the superuser that restored them, to whom no policy applies.
  echo "$table: $(psql --tuples-only --no-align --command="select count(*) from $table")"
done
[ "$(psql --tuples-only --no-align --command='select count(*) from tenants')" -gt 0 ] || { echo "$dump holds no tenant." >&2; exit 1; }
echo "$dump can be restored."
