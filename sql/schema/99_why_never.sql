-- The parts of a subject: the subject itself, or the elements of its JSON array.
create function zap.subject_values(subject text, key_columns name [])
returns text []
language sql immutable
set search_path = pg_catalog, pg_temp
return case
    when cardinality(key_columns) = 1 then array[subject]
    else array(select e.value from jsonb_array_elements_text(subject::jsonb) with ordinality as e (value, place) order by e.place)
end;
comment on function zap.subject_values(text, name []) is 'The values of a subject''s key columns, as text';

-- The rows with this key, as far as the current role may read the table; "problem" where they cannot be read. A subject that
-- is no value of the key's type names no row. zap.key_rows is the library's, made after this.
create function zap.rows_about(
    relation text, key_columns name [], subject text, created_column name,
    out row_count bigint, out writers bigint [], out created_at timestamptz, out problem text
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    numbers smallint [];
    created_number smallint;
begin
    row_count := 0;
    writers := '{}';
    if to_regclass(relation) is null then
        problem := 'the table is not there';
        return;
    end if;
    select array_agg(a.attnum order by k.place) into numbers
    from unnest(key_columns) with ordinality as k (name, place)
    inner join pg_attribute as a on a.attrelid = to_regclass(relation) and a.attname = k.name and not a.attisdropped;
    if cardinality(numbers) is distinct from cardinality(key_columns) then
        problem := 'a column of its key is not there';
        return;
    end if;
    select a.attnum into created_number
    from pg_attribute as a
    where a.attrelid = to_regclass(relation) and a.attname = created_column and not a.attisdropped;
    select count(*), coalesce(array_agg(distinct r.writer) filter (where r.writer is not null), '{}'), min(r.created_at)
    into row_count, writers, created_at
    from zap.key_rows(
        to_regclass(relation), numbers, zap.subject_values(subject, key_columns), coalesce(created_number, 0::smallint)
    ) as r;
exception
    when data_exception then
        row_count := 0;
    when insufficient_privilege or syntax_error_or_access_rule_violation then
        problem := sqlerrm;
end
$$;
comment on function zap.rows_about(text, name [], text, name) is
'How many rows have this key, the low halves of the transactions that wrote them, and the time of creation';

-- The trigger of a source on its table, whatever it captures.
create function zap.trigger_of(source zap.source, out name text, out enabled "char")
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select
t.tgname,
t.tgenabled
    from pg_trigger as t
    inner join pg_proc as p on t.tgfoid = p.oid
    where t.tgrelid = to_regclass((source).relation)
        and p.pronamespace = to_regnamespace('zap')
        and split_part(encode(t.tgargs, 'escape'), '\000', 1) = (source).id::text
    order by t.tgenabled in ('D', 'R'), t.tgname
    limit 1;
end;
comment on function zap.trigger_of(zap.source) is 'Name and state of a source''s trigger; nothing: there is none';

-- Settings that switch capture off for the database, for a role, or for both.
create function zap.capture_off()
returns text
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select string_agg(
        concat_ws(' ', 'database ' || d.datname, 'role ' || r.rolname), ', ' order by d.datname, r.rolname
    )
    from pg_db_role_setting as s
    left join pg_database as d on s.setdatabase = d.oid
    left join pg_roles as r on s.setrole = r.oid
    cross join lateral unnest(s.setconfig) as c (setting)
    where (s.setdatabase = 0 or d.datname = current_database())
        and c.setting ~* '^zap\.enabled=(off|false|no|0|f|n|of)$';
end;
comment on function zap.capture_off() is 'Where zap.enabled = off is set for sessions of this database; null: nowhere';

-- A new row of an order table is attached like items, of any other table as what it is.
create function zap.attaching_again(source zap.source)
returns text
language sql stable
set search_path = pg_catalog, pg_temp
return case
    when (source).captures = 'status' then format(
        'zap.attach_status(%L, %L, s.events, supersede => s.supersedes) from zap.source as s where s.id = %s',
        (source).relation, (source).status_column, (source).id
    )
    when (source).captures = 'insert' and (source).event <> 'order_received'
        then format('zap.attach_inserts(%L, event => %L)', (source).relation, (source).event)
    else format('zap.attach(%L)', (source).relation)
end;
comment on function zap.attaching_again(zap.source) is 'The call that attaches a detached source again';

-- Why a source has no notification about a subject, by looking; null where the subject is not known there.
create function zap.why_not_captured(
    source zap.source, subject text, out code text, out at timestamptz, out detail text, out given jsonb
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    orders record;
    items record;
    missed_row zap.missed;
    capture record;
    created timestamptz;
    off_for text := zap.capture_off();
    is_first_item boolean := source.captures = 'first_item';
begin
    given := '{}';
    select m.* into missed_row from zap.missed as m
    where m.source_id = source.id and m.subject = why_not_captured.subject order by m.id limit 1;
    if missed_row.id is not null then
        code := 'missed';
        at := missed_row.missed_at;
        given := jsonb_build_object('reason', missed_row.reason);
        return;
    end if;
    if source.captures = 'notify' then
        return;
    end if;
    select r.* into items from zap.rows_about(
        source.relation, source.key_columns, subject, case when source.order_relation is null then source.created_column end
    ) as r;
    orders := items;
    if source.order_relation is not null then
        select r.* into orders
        from zap.rows_about(source.order_relation, source.order_key, subject, source.created_column) as r;
    end if;
    if coalesce(items.problem, orders.problem) is not null then
        code := 'source_unreadable';
        detail := coalesce(items.problem, orders.problem);
        return;
    end if;
    if items.row_count = 0 and orders.row_count = 0 then
        return;
    end if;
    created := coalesce(orders.created_at, items.created_at);
    at := created;
    select t.* into capture from zap.trigger_of(source) as t;
    given := jsonb_build_object(
        'trigger', coalesce(quote_ident(capture.name), '?'), 'setting', off_for, 'attach', zap.attaching_again(source),
        'maker', case when is_first_item then 'zap.create_trigger' else 'zap.create_capture_triggers' end
    );
    code := case
        when is_first_item and items.row_count = 0 then 'no_items'
        when exists (
            select from zap.capture_gap as g
            where g.source_id = source.id and g.transaction::text::bigint & 4294967295 = any (items.writers || orders.writers)
        ) then 'silenced'
        when source.detached_at is not null and coalesce(created >= source.detached_at, true) then 'detached'
        when source.captures <> 'status' and zap.is_before_attachment(source, subject, created) then 'before_attach'
        when created < clock_timestamp() - zap.queue_retention() then 'forgotten'
        when capture.name is null then 'trigger_missing'
        when capture.enabled in ('D', 'R') then 'trigger_disabled'
        when off_for is not null then 'capture_off'
        when source.captures = 'status' then 'no_such_event'
        else 'not_announced'
    end;
end
$$;
comment on function zap.why_not_captured(zap.source, text) is
'Why there is no notification of a source about a subject: a code, its time and values; null: the source has no such subject';

create function zap.is_before_attachment(source zap.source, subject text, created timestamptz)
returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
return coalesce(
    created < (source).attached_at,
    subject ~ '^[0-9]{1,18}$' and exists (
        select 1 from zap.sweep_mark as m
        where m.source_id = (source).id
            and m.marked_at <= (source).attached_at + interval '1 minute'
            and m.key >= case when subject ~ '^[0-9]{1,18}$' then subject::bigint end
    )
);
comment on function zap.is_before_attachment(zap.source, text, timestamptz) is
'True when the subject was there before the source was attached, by its time or else by its key';

create function zap.queue_retention()
returns interval
language sql stable
set search_path = pg_catalog, pg_temp
return make_interval(days => greatest(coalesce(
    (
        select case when jsonb_typeof(s.value) = 'number' then least(s.value::numeric, 36500)::integer end
        from zap.setting as s where s.key = 'retention.queue_days' and s.tenant_id is null
    ),
    30
), 1));
comment on function zap.queue_retention() is 'How long ended notifications stay in the queue';

revoke all on function zap.subject_values(text, name []) from public;
revoke all on function zap.rows_about(text, name [], text, name) from public;
revoke all on function zap.trigger_of(zap.source) from public;
revoke all on function zap.capture_off() from public;
revoke all on function zap.attaching_again(zap.source) from public;
revoke all on function zap.why_not_captured(zap.source, text) from public;
revoke all on function zap.is_before_attachment(zap.source, text, timestamptz) from public;
revoke all on function zap.queue_retention() from public;
