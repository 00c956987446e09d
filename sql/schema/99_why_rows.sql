create function zap.code_text(code text, locale text)
returns table (meaning text, remedy text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if locale ilike 'pt%' then
        return query select zap.written_text(t.meaning), zap.written_text(t.remedy) from zap.codes_in_portuguese() as t where t.code = code_text.code;
    else
        return query select zap.written_text(t.meaning), zap.written_text(t.remedy) from zap.codes_in_english() as t where t.code = code_text.code;
    end if;
end
$$;
comment on function zap.code_text(text, text) is
'What a decision code means, and the command that mends it; remedy null: nothing is to be done. Portuguese or English';

-- Few notifications are read through. Among many they are looked for by the keys that they may have: the key is all that
-- has an index.
create function zap.notifications_about(subject text, source_id bigint)
returns setof bigint
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    few constant bigint := 100000;
begin
    if zap.entries_of('notification_queue') <= few then
        return query
        select q.id from zap.notification_queue as q
        where q.subject = notifications_about.subject
            and q.source_id is not distinct from coalesce(notifications_about.source_id, q.source_id);
        return;
    end if;
    return query
    select q.id
    from zap.notification_queue as q
    where q.dedup_key = any (array(select k.key from zap.keys_about(notifications_about.subject) as k (key)))
        and q.subject = notifications_about.subject
        and q.source_id is not distinct from coalesce(notifications_about.source_id, q.source_id);
end
$$;
comment on function zap.notifications_about(text, bigint) is 'Ids of the notifications about a subject, of one source or of all';

create function zap.keys_about(subject text)
returns setof text
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    with event (name) as (
        select s.event from zap.source as s
        union
        select e.value #>> '{}' from zap.source as s cross join lateral jsonb_each(coalesce(s.events, '{}')) as e
        union
        select t.event from zap.template as t
        union
        select a.event from zap.audience as a
        union
        select n.event
        from unnest(array[
            'order_received', 'order_accepted', 'order_paid', 'order_in_preparation', 'order_ready', 'order_out_for_delivery',
            'order_delivered', 'order_cancelled', 'order_status_changed'
        ]) as n (event)
    ),

audience (prefix) as (
        select ''
        union
        select '@' || a.name || ':' from zap.audience as a
    ),

resend (suffix) as (
        select ''
        union all
        select ':resend:' || n from generate_series(1, 20) as n
    )

select a.prefix || e.name || ':' || subject || r.suffix
    from event as e cross join audience as a cross join resend as r;
end;
comment on function zap.keys_about(text) is 'Keys that notifications about a subject may have';

revoke all on function zap.code_text(text, text) from public;
revoke all on function zap.notifications_about(text, bigint) from public;
revoke all on function zap.keys_about(text) from public;
