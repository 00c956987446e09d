-- The statement that the daemon runs for a batch of a source's subjects: $1 text[] → subject, tenant, recipient, context,
-- created_at, ready. Columns that the context query leaves out (tenant, created_at) are found in "absent" instead.
create function zap.compose_context_statement(
    context_query text, ready_when text, order_relation text, order_key name [], key_types text []
)
returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    ready text := 'true';
    order_alias text;
    same text;
begin
    if ready_when is not null and order_relation is not null then
        select quote_ident(c.relname) into order_alias
        from pg_class as c where c.oid = order_relation::regclass;
        select string_agg(
            format('%s.%I operator(pg_catalog.=) %s', order_alias, k.name, zap.subject_part('c.subject', k.position, order_key, k.type)),
            ' and ' order by k.position
        )
        into same
        from unnest(order_key, key_types) with ordinality as k (name, type, position);
        ready := format(
            E'coalesce((select (%s\n) from %s as %s where %s), false)', ready_when, order_relation, order_alias, same
        );
    elsif ready_when is not null then
        ready := format(E'coalesce((%s\n), false)', ready_when);
    end if;
    return format(
        E'select q.subject, q.tenant, q.recipient, q.context, q.created_at, q.ready\n'
        'from (select null::pg_catalog.text as tenant, null::pg_catalog.timestamptz as created_at) as absent\n'
        'cross join lateral (\n'
        'select c.subject::pg_catalog.text, tenant::pg_catalog.text, c.recipient::pg_catalog.text,\n'
        '    c.context::pg_catalog.jsonb, created_at::pg_catalog.timestamptz, %s as ready\n'
        'from (\n%s\n) as c) as q',
        ready, context_query
    );
end
$$;
comment on function zap.compose_context_statement(text, text, text, name [], text []) is
'Statement that resolves a batch of subjects: $1 text[] → subject, tenant, recipient, context, created_at, ready';

-- One column of a subject, cast to the key's type: the subject itself, or an element of its JSON array.
create function zap.subject_part(subject text, "position" bigint, key_columns name [], type_name text)
returns text
language sql immutable
set search_path = pg_catalog, pg_temp
return case
    when cardinality(key_columns) = 1 then format('%s::%s', subject, type_name)
    else format('(%s::pg_catalog.jsonb operator(pg_catalog.->>) %s)::%s', subject, "position" - 1, type_name)
end;
comment on function zap.subject_part(text, bigint, name [], text) is
'SQL expression of one key column of a subject';

create function zap.context_statement(source_id bigint)
returns text
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select zap.compose_context_statement(
            s.context_query, s.ready_when, s.order_relation, s.order_key, s.key_types
        )
    from zap.source as s
    where s.id = $1 and s.context_query is not null;
end;
comment on function zap.context_statement(bigint) is
'The context statement of a source; null when it has no context query';

-- Which subjects still have a row in the source's table: of the others a context query need not know.
create function zap.presence_statement(source_id bigint)
returns text
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select format(
            E'select s.subject\nfrom pg_catalog.unnest($1) as s (subject)\nwhere exists (select from %s as t where %s)',
            s.relation,
            string_agg(
                format('t.%I operator(pg_catalog.=) %s', k.name, zap.subject_part('s.subject', k.place, s.key_columns, k.type)),
                ' and ' order by k.place
            )
        )
    from zap.source as s
    cross join unnest(s.key_columns, s.key_types) with ordinality as k (name, type, place)
    where s.id = $1
    group by s.id;
end;
comment on function zap.presence_statement(bigint) is
'Statement that tells which subjects have a row in the source''s table: $1 text[] → subject';

revoke all on function zap.presence_statement(bigint) from public;
revoke all on function zap.compose_context_statement(text, text, text, name [], text []) from public;
revoke all on function zap.subject_part(text, bigint, name [], text) from public;
revoke all on function zap.context_statement(bigint) from public;
