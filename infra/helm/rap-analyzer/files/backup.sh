#!/bin/sh
# Dumps the database of $DATABASE_URL into /backup, and forgets dumps that are older than $KEEP_DAYS days.
set -eu
name="/backup/rap_analyzer-$(date -u +%Y%m%dT%H%M%SZ).dump"
# Written under another name first: what ends in .dump is whole.
pg_dump --dbname="$DATABASE_URL" --format=custom --file="$name.part"
pg_restore --list "$name.part" > /dev/null
mv "$name.part" "$name"
find /backup -name '*.part' -mtime +1 -delete
find /backup -name 'rap_analyzer-*.dump' -mtime "+$KEEP_DAYS" -delete
echo "Wrote $name, $(wc -c < "$name") bytes."
