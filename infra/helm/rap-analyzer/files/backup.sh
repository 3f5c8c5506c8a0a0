#!/bin/sh
# Dumps the database of $DATABASE_URL into $BACKUP_DIR, and forgets dumps that are older than $KEEP_DAYS days.
set -eu
# Policies confine even the owner of the tables: a dump by such a login would fail, or hold nothing.
reads_all=$(psql --dbname="$DATABASE_URL" --tuples-only --no-align \
  --command="select rolsuper or rolbypassrls from pg_roles where rolname = current_user")
[ "$reads_all" = t ] || {
  echo "This login is confined by row-level security. Give backups one that is not (backup-database-url):" >&2
  echo "create role rap_analyzer_backup login bypassrls password '…'; grant pg_read_all_data to rap_analyzer_backup;" >&2
  exit 1
}
name="$BACKUP_DIR/rap_analyzer-$(date -u +%Y%m%dT%H%M%SZ).dump"
# Written under another name first: what ends in .dump is whole.
pg_dump --dbname="$DATABASE_URL" --format=custom --file="$name.part"
pg_restore --list "$name.part" > /dev/null
mv "$name.part" "$name"
find "$BACKUP_DIR" -name '*.part' -mtime +1 -delete
find "$BACKUP_DIR" -name 'rap_analyzer-*.dump' -mtime "+$KEEP_DAYS" -delete
echo "Wrote $name, $(wc -c < "$name") bytes."
