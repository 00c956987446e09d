-- The commands that end each mode in the way.
create function zap.ways_to_live(source_id bigint, tenant text, event text)
returns text
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(string_agg(w.command, '; ' order by w.command), 'zapgres mode')
    from (
        select concat_ws(
            ' ', 'zapgres mode live', '--tenant ' || zap.shell_word(s.tenant_id), '--event ' || zap.shell_word(nullif(substr(s.key, 6), ''))
        )
        from zap.setting as s
        where s.key in ('mode', 'mode:' || ways_to_live.event)
            and (s.tenant_id is null or s.tenant_id = ways_to_live.tenant)
            and s.value in ('"off"', '"shadow"')
        union all
        select concat_ws(' ', 'zapgres mode live --source', zap.shell_word(s.relation), '--event', zap.shell_word(s.event))
        from zap.source as s
        where s.id = ways_to_live.source_id and s.mode <> 'live'
    ) as w (command);
$$;
comment on function zap.ways_to_live(bigint, text, text) is 'Commands that end what switches an event off or has it rehearsed only';

-- What stands in the texts of a notification's steps.
create function zap.why_values(q zap.notification_queue, numbers_in_full boolean)
returns jsonb
language sql stable
set search_path = pg_catalog, pg_temp
return jsonb_build_object(
    'id', (q).id,
    'subject', (q).subject,
    'event', (q).event,
    'source', coalesce((select s.relation from zap.source as s where s.id = (q).source_id), '-'),
    'source_id', (q).source_id,
    'tenant', coalesce((q).tenant_id, '-'),
    'channel', coalesce((select c.name from zap.channel as c where c.id = (q).channel_id), '-'),
    'recipient', case when numbers_in_full then (q).recipient else zap.masked_number((q).recipient) end,
    'template', coalesce((q).template_version, '-'),
    'reason', (q).reason,
    'until', null,
    'since', null,
    'setting', null,
    'trigger', null,
    'attach', null,
    'maker', null,
    'user', null,
    'live', zap.ways_to_live((q).source_id, (q).tenant_id, (q).event)
);
comment on function zap.why_values(zap.notification_queue, boolean) is 'Values for the texts about a notification';

-- A time as people of that place read it.
create function zap.local_time(at timestamptz, zone text, locale text)
returns text
language sql stable
set search_path = pg_catalog, pg_temp
return to_char(
    at at time zone zap.known_timezone(coalesce(zone, current_setting('timezone'))),
    case when locale ilike 'pt%' then 'DD/MM HH24:MI:SS' else 'YYYY-MM-DD HH24:MI:SS' end
);
comment on function zap.local_time(timestamptz, text, text) is 'A time as a person in that time zone reads it';

-- What was written down, the capture and the present state, in their order. "outcome": how the notification stands.
create function zap.why_steps(q zap.notification_queue)
returns table (at timestamptz, code text, level text, outcome text, error_class text, detail text, channel_id bigint, until timestamptz)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    latest text;
    now_waits record;
begin
    if q.source_id is not null and q.resend_of is null and q.parent_id is null and not exists (
        select from zap.notification_logs as l
        where l.notification_id = q.id and l.code in ('captured', 'swept', 'missed_drained')
    ) then
        return query select q.created_at, 'captured', 'info', 'captured', null, null, null::bigint, null::timestamptz;
    end if;
    -- A channel that does not work is tried again and again with the same message, which loses no attempt by it.
    return query
    select
        min(l.logged_at), l.told, l.level, l.event, l.error_class,
        nullif(concat_ws(
            ' ', nullif(regexp_replace(l.detail, '^' || l.told || '(: |$)', ''), ''), case when count(*) > 1 then 'x' || count(*) end
        ), ''),
        l.channel_id, null::timestamptz
    from (
        select
            g.*, coalesce(g.code, g.event) as told,
            row_number() over (order by g.logged_at, g.id)
            - row_number() over (
                partition by g.code, g.level, g.event, g.error_class, g.detail, g.channel_id, g.attempt order by g.logged_at, g.id
            ) as run
        from zap.notification_logs as g
        where g.notification_id = q.id
    ) as l
    group by l.run, l.told, l.level, l.event, l.error_class, l.detail, l.channel_id, l.attempt
    order by min(l.logged_at), min(l.id);
    select coalesce(l.code, l.event) into latest
    from zap.notification_logs as l where l.notification_id = q.id order by l.logged_at desc, l.id desc limit 1;
    if q.status in ('pending', 'processing', 'retrying', 'uncertain') then
        select w.* into now_waits from zap.why_waits(q) as w;
        if now_waits.code is distinct from latest then
            return query select
                now_waits.since, now_waits.code, 'info', 'now', null, now_waits.detail, q.channel_id, now_waits.until;
        end if;
    elsif latest is null then
        return query select
            coalesce(q.read_at, q.delivered_at, q.sent_at, q.failed_at, q.canceled_at, q.skipped_at, q.expired_at),
            case when q.status in ('skipped', 'expired') then coalesce(q.reason, q.status) else q.status end, 'info', q.status,
            q.error_class, q.last_error, q.channel_id, null::timestamptz;
    end if;
end
$$;
comment on function zap.why_steps(zap.notification_queue) is 'What happened to a notification, and what it waits for now';

-- The end of closed or quiet hours is written down by the world's clock.
create function zap.detail_to_read(detail text, zone text, locale text)
returns text
language sql stable
set search_path = pg_catalog, pg_temp
return case
    when detail ~ '^until \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$' then
        case when locale ilike 'pt%' then 'até ' else 'until ' end || zap.local_time(substr(detail, 7)::timestamptz, zone, locale)
    else detail
end;
comment on function zap.detail_to_read(text, text, text) is 'What a decision says beside its code, with times as a person reads them';

-- The words for one step. The class of an error says more than that an attempt failed.
create function zap.why_step_text(step_code text, outcome text, error_class text, detail text, given jsonb, locale text)
returns text
language sql stable
set search_path = pg_catalog, pg_temp
return concat_ws(
    ' ',
    case when outcome = 'expired' and step_code <> 'expired' then (select t.meaning from zap.code_text('expired', locale) as t) end,
    coalesce((select zap.fill_text(t.meaning, given) from zap.code_text(step_code, locale) as t), step_code),
    case when error_class <> step_code then (select zap.fill_text(t.meaning, given) from zap.code_text(error_class, locale) as t) end,
    '(' || detail || ')'
);
comment on function zap.why_step_text(text, text, text, text, jsonb, text) is 'The words for one step';

-- What mends it; null: nothing is to be done about this one.
create function zap.why_remedy(step_code text, outcome text, error_class text, detail text, given jsonb, locale text)
returns text
language sql stable
set search_path = pg_catalog, pg_temp
return zap.fill_text(
    case
        when outcome in ('retrying', 'uncertain', 'sent', 'delivered', 'read') then null
        -- The query is none the worse for a right that the daemon lacks.
        when step_code = 'context_error' and detail like '%(42501)%' then 'zapgres setup'
        else concat_ws(
            E'\n',
            coalesce(
                case when outcome = 'failed' then (select t.remedy from zap.code_text(error_class, locale) as t) end,
                (select t.remedy from zap.code_text(step_code, locale) as t)
            ),
            case when outcome = 'expired' and step_code <> 'expired' then 'zapgres queue retry {id}' end
        )
    end, given
);
comment on function zap.why_remedy(text, text, text, text, jsonb, text) is 'The command that mends what a step tells';

create function zap.why(
    subject text, source_id bigint default null, locale text default 'pt-BR', numbers_in_full boolean default false
)
returns table (
    step integer, at timestamptz, notification_id bigint, event text, audience text, code text, level text, text text,
    remedy text
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    in_locale text := coalesce(why.locale, 'pt-BR');
    ids bigint [] := array(select n.id from zap.notifications_about(why.subject, why.source_id) as n (id));
begin
    if why.subject is null or btrim(why.subject) = '' then
        raise exception 'zap.why: no order given'
            using errcode = 'invalid_parameter_value', hint = 'select * from zap.why(''123'');';
    end if;
    if why.source_id is not null and not exists (select from zap.source as s where s.id = why.source_id) then
        raise exception 'zap.why: there is no source %', why.source_id
            using errcode = 'no_data_found', hint = 'select id, relation, event from zap.source;';
    end if;
    if cardinality(ids) = 0 then
        return query select * from zap.why_never(why.subject, why.source_id, in_locale);
        return;
    end if;
    return query
    with told as (
        select
            q.id, q.event, coalesce(q.payload ->> 'audience', 'customer') as audience, t.timezone, s.*,
            row_number() over (partition by q.id order by s.place desc) = 1 as is_last,
            zap.why_values(q, coalesce(why.numbers_in_full, false)) || jsonb_strip_nulls(jsonb_build_object(
                'channel', (select c.name from zap.channel as c where c.id = s.channel_id),
                'until', zap.local_time(s.until, t.timezone, in_locale)
            )) as given
        from zap.notification_queue as q
        left join zap.tenant as t on q.tenant_id = t.id
        cross join lateral zap.why_steps(q) with ordinality
            as s (at, code, level, outcome, error_class, detail, channel_id, until, place)
        where q.id = any (ids)
    ),
    worded as (
        select
            t.*, zap.why_step_text(
                t.code, t.outcome, t.error_class, zap.detail_to_read(t.detail, t.timezone, in_locale), t.given, in_locale
            ) as words,
            case when t.is_last then nullif(zap.why_remedy(
                t.code, t.outcome, t.error_class, t.detail, t.given, in_locale
            ), '') end as mends
        from told as t
    )
    select
        row_number() over (order by w.id, w.place)::integer, coalesce(w.at, clock_timestamp()), w.id, w.event, w.audience,
        w.code, case when w.mends is not null then 'error' else w.level end, w.words, w.mends
    from worded as w
    order by w.id, w.place;
end
$$;
comment on function zap.why(text, bigint, text, boolean) is
'The decision trace of one order, from capture to read receipt, in Portuguese or English; the remedy stands where something is '
'in the way. Where nothing was captured: why not, by looking';

-- One row per source that has the subject, or one that says that none has.
create function zap.why_never(subject text, source_id bigint, locale text)
returns table (
    step integer, at timestamptz, notification_id bigint, event text, audience text, code text, level text, text text,
    remedy text
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_variable
declare
    source zap.source;
    looked record;
    given jsonb;
    relations text [] := '{}';
begin
    step := 0;
    for source in select s.* from zap.source as s where s.id = coalesce(source_id, s.id) order by s.id loop
        select n.* into looked from zap.why_not_captured(source, subject) as n;
        if source.captures <> 'notify' then
            relations := relations || source.relation;
        end if;
        continue when looked.code is null;
        given := looked.given || jsonb_build_object(
            'subject', subject, 'source', source.relation, 'source_id', source.id, 'user', quote_ident(current_user),
            'since', zap.local_time(source.attached_at, null, locale)
        );
        step := step + 1;
        at := coalesce(looked.at, clock_timestamp());
        event := source.event;
        code := looked.code;
        select zap.fill_text(t.meaning, given) || coalesce(' (' || looked.detail || ')', ''), zap.fill_text(t.remedy, given)
        into text, remedy from zap.code_text(code, locale) as t;
        level := case when remedy is null then 'info' else 'error' end;
        return next;
    end loop;
    if step > 0 then
        return;
    end if;
    step := 1;
    at := clock_timestamp();
    code := case when cardinality(relations) = 0 then 'no_source' else 'order_unknown' end;
    given := jsonb_build_object(
        'subject', subject, 'source', array_to_string(array(select distinct r.name from unnest(relations) as r (name) order by 1), ', ')
    );
    select zap.fill_text(t.meaning, given), zap.fill_text(t.remedy, given) into text, remedy from zap.code_text(code, locale) as t;
    level := 'error';
    return next;
end
$$;
comment on function zap.why_never(text, bigint, text) is 'Why an order without any notification has none';

revoke all on function zap.ways_to_live(bigint, text, text) from public;
revoke all on function zap.why_values(zap.notification_queue, boolean) from public;
revoke all on function zap.local_time(timestamptz, text, text) from public;
revoke all on function zap.why_steps(zap.notification_queue) from public;
revoke all on function zap.detail_to_read(text, text, text) from public;
revoke all on function zap.why_step_text(text, text, text, text, jsonb, text) from public;
revoke all on function zap.why_remedy(text, text, text, text, jsonb, text) from public;
revoke all on function zap.why(text, bigint, text, boolean) from public;
revoke all on function zap.why_never(text, bigint, text) from public;
