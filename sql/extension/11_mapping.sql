-- What the library proposes for an unknown order schema. It reads and writes UTF-8, whatever the database's encoding.
create function zap.mapping_utf8(catalogue bytea, overrides bytea)
returns bytea
language c immutable strict
as 'MODULE_PATHNAME', 'mapping_utf8_wrapper';
comment on function zap.mapping_utf8(bytea, bytea) is 'zap.propose_mapping on JSON in UTF-8';
revoke all on function zap.mapping_utf8(bytea, bytea) from public;

create function zap.propose_mapping(catalogue jsonb, overrides jsonb)
returns jsonb
language sql immutable strict
set search_path = pg_catalog, pg_temp
return convert_from(
    zap.mapping_utf8(convert_to(catalogue::text, 'UTF8'), convert_to(overrides::text, 'UTF8')), 'UTF8'
)::jsonb;
comment on function zap.propose_mapping(jsonb, jsonb) is
'Proposes a mapping for what zap.catalogue_of says: query, fields, problems, indexes, status; overrides: {"phone": "celular", …}';
revoke all on function zap.propose_mapping(jsonb, jsonb) from public;

create function zap.meaning_utf8(described_column bytea)
returns bytea
language c immutable strict
as 'MODULE_PATHNAME', 'meaning_utf8_wrapper';
comment on function zap.meaning_utf8(bytea) is 'zap.status_meaning on JSON in UTF-8';
revoke all on function zap.meaning_utf8(bytea) from public;

create function zap.status_meaning(described_column jsonb)
returns jsonb
language sql immutable strict
set search_path = pg_catalog, pg_temp
return convert_from(zap.meaning_utf8(convert_to(described_column::text, 'UTF8')), 'UTF8')::jsonb;
comment on function zap.status_meaning(jsonb) is 'Events that the values of a column mean, which zap.describe_columns has described';
revoke all on function zap.status_meaning(jsonb) from public;

create function zap.sample_utf8(relation regclass, newest name)
returns bytea
language c stable
as 'MODULE_PATHNAME', 'sample_utf8_wrapper';
comment on function zap.sample_utf8(regclass, name) is
'zap.sample as JSON in UTF-8; newest: a column whose highest values are those of the newest rows, or null';
revoke all on function zap.sample_utf8(regclass, name) from public;

create function zap.sample(relation regclass)
returns jsonb
language sql stable strict
set search_path = pg_catalog, pg_temp
return convert_from(zap.sample_utf8(relation, zap.growing_key_of(relation)), 'UTF8')::jsonb;
comment on function zap.sample(regclass) is
'What the newest rows of a table look like, column by column: counts, not values; read with the rights of the table''s owner';
revoke all on function zap.sample(regclass) from public;
