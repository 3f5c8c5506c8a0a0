"""SQL expressions of the catalogue's computed fields, over `{row}`; `$1` is the tenant."""

from __future__ import annotations

# Counts along ix_tracks_artist.
TRACK_COUNT = "(select count(*) from tracks c where c.tenant_id = $1 and c.artist_id = {row}.id)"

# The lines as the analyzers number them: breaks are LF, CRLF and CR, and nothing else.
LINES = r"""(
    select jsonb_agg(jsonb_build_object('number', n, 'text', line) order by n)
    from regexp_split_to_table({row}.text, '\r\n|\r|\n') with ordinality as split(line, n))"""

EXTERNAL_IDS = """(
    select coalesce(
        jsonb_agg(jsonb_build_object('source', source, 'value', value, 'url', url) order by source), '[]')
    from external_ids e where e.tenant_id = $1 and e.track_id = {row}.id)"""

# Means over the artist's analysed tracks; a theme's confidence is its mean over all of them, counting
# 0 where it is absent, and themes below .1 are left out.
ARTIST_PROFILE = """(
    select jsonb_build_object(
        'sentiment', mode() within group (order by x.profile ->> 'sentiment'),
        'mood', mode() within group (order by x.profile ->> 'mood'),
        'technique', avg((x.profile ->> 'technique')::float8),
        'vocabulary', avg((x.profile ->> 'vocabulary')::float8),
        'emotion', avg((x.profile ->> 'emotion')::float8),
        'originality', avg((x.profile ->> 'originality')::float8),
        'agreement', avg((x.profile ->> 'agreement')::float8),
        'analyzers', (
            select coalesce(jsonb_agg(distinct used.name), '[]')
            from tracks y, jsonb_array_elements_text(y.profile -> 'analyzers') used(name)
            where y.tenant_id = $1 and y.artist_id = {row}.id),
        'themes', (
            select coalesce(
                jsonb_agg(
                    jsonb_build_object('kind', 'theme', 'name', name, 'confidence', weight)
                    order by weight desc, name), '[]')
            from (
                select theme ->> 'name' as name,
                       sum((theme ->> 'confidence')::float8) / count(x.profile) as weight
                from tracks y, jsonb_array_elements(y.profile -> 'themes') found(theme)
                where y.tenant_id = $1 and y.artist_id = {row}.id
                group by 1) themes
            where weight >= 0.1))
    from tracks x
    where x.tenant_id = $1 and x.artist_id = {row}.id and x.profile is not null
    having count(*) > 0)"""
