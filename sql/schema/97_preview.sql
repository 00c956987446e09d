-- What would be sent about a subject, decided and written as intake does it, with nothing queued.
create type zap.previewed as (
    event text,
    audience text,
    tenant_id text,
    recipient text,
    channel text,
    template_version text,
    body text,
    provider_template jsonb,
    code text,
    problem text,
    note text
);
comment on type zap.previewed is
'A message that would be sent: to whom, through which channel, with which text; code and problem say what would keep it, note what '
'somebody should know of it';

create type zap.obstacle as (code text, problem text);
comment on type zap.obstacle is 'What would keep a message, and more about it';

-- Whom a source tells about an event, the customer first; a row for the event holds before one for every event.
create function zap.told_about(source_id bigint, event text, out name text, out recipient text, out purpose text)
returns setof record
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select t.name, t.recipient, t.purpose
    from (
        select distinct on (a.name)
            a.name, a.recipient, a.purpose, a.enabled, min(a.id) over (partition by a.name) as place
        from (
            select n.id, n.name, n.event, n.recipient, n.purpose, n.enabled
            from zap.audience as n
            where n.source_id = told_about.source_id
            union all
            select null, 'customer', null, null, null, true
        ) as a
        where a.event is null or a.event = told_about.event
        order by a.name, a.event is null, a.id is null
    ) as t
    where t.enabled
    order by t.name <> 'customer', t.place;
$$;
comment on function zap.told_about(bigint, text) is 'Audiences that a source tells about an event';

create function zap.source_to_preview(event text, source text)
returns zap.source
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    chosen zap.source;
    chosen_id bigint;
begin
    chosen_id := zap.source_of_event(event, source);
    select s.* into chosen from zap.source as s where s.id = chosen_id;
    if chosen.id is null then
        raise exception 'zap.preview: no table is attached'
            using errcode = 'no_data_found', hint = 'Attach the table of the orders first: select zap.attach(''your_items_table'');';
    end if;
    return chosen;
exception
    when ambiguous_parameter then
        raise exception 'zap.preview: cannot tell which table the subject is in'
            using errcode = 'ambiguous_parameter', hint = 'Name it: zap.preview(…, source => ''pedido_itens'').';
end
$$;
comment on function zap.source_to_preview(text, text) is 'The source whose order is previewed';

create function zap.preview(
    subject text,
    event text default null,
    audience text default null,
    source text default null,
    body text default null,
    tenant text default null
)
returns setof zap.previewed
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    chosen constant zap.source := zap.source_to_preview(event, source);
    answer constant jsonb := zap.ask_context(chosen.id, subject);
    shown_event text := event;
    told record;
    any_told boolean := false;
begin
    shown_event := coalesce(
        shown_event,
        chosen.events ->> (answer #>> '{rows,0,context,order,status}'),
        (select min(e.value) from jsonb_each_text(chosen.events) as e),
        chosen.event
    );
    for told in
        select t.name, t.recipient, t.purpose from zap.told_about(chosen.id, shown_event) as t
        where preview.audience is null or t.name = preview.audience
    loop
        any_told := true;
        return next zap.preview_for(
            chosen, shown_event, told.name, null, told.recipient, told.purpose, answer, preview.body, preview.tenant
        );
    end loop;
    if not any_told then
        return next zap.preview_for(
            chosen, shown_event, coalesce(preview.audience, 'customer'),
            coalesce('audience ' || preview.audience || ' is not', 'nobody is') || ' told about this event',
            null, null, answer, preview.body, preview.tenant
        );
    end if;
end
$$;
comment on function zap.preview(text, text, text, text, text, text) is
'The messages that would be sent about an order, one per audience, to the letter; nothing is queued. event null: the source''s; '
'body: a text that is not saved yet';

-- What keeps a source's orders before they are looked at, and the looking at one.
create function zap.obstacles_to_context(source zap.source, event text, answer jsonb)
returns zap.obstacle []
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    row_count constant integer := jsonb_array_length(answer -> 'rows');
    found zap.obstacle [] := '{}';
begin
    if source.mode = 'off' then
        found := found || ('source_off', null)::zap.obstacle;
    end if;
    if source.context_query is null then
        found := found || ('no_context_query', null)::zap.obstacle;
    end if;
    if zap.effective_mode(event => event) = 'off' then
        found := found || ('mode_off', null)::zap.obstacle;
    end if;
    if row_count = 0 then
        found := found || ('order_gone', 'the context query has no row for this subject; what counts is the order''s id, not its number')::zap.obstacle;
    elsif row_count > 1 then
        found := found || ('context_error', 'the context query has two rows for one subject')::zap.obstacle;
    elsif row_count is null then
        found := found || (answer ->> 'code', answer ->> 'problem')::zap.obstacle;
    end if;
    return found;
end
$$;
comment on function zap.obstacles_to_context(zap.source, text, jsonb) is 'What keeps an order''s values from being known, in intake''s order';

-- Older than what is announced, by its own time or, where no column tells it, by what its key was known to be older than.
create function zap.is_too_old(source zap.source, context_row jsonb)
returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
return case
    when context_row ->> 'created_at' is not null then (context_row ->> 'created_at')::timestamptz < clock_timestamp() - (source).max_age
    when (source).created_column is null and context_row ->> 'subject' ~ '^-?[0-9]{1,18}$'
        then (context_row ->> 'subject')::bigint <= (
            select m.key
            from zap.sweep_mark as m
            where m.source_id = (source).id and m.marked_at <= statement_timestamp() - (source).max_age
            order by m.marked_at desc
            limit 1
        )
end;
comment on function zap.is_too_old(zap.source, jsonb) is 'Whether an order is older than max_age of its source; null: nothing tells';

-- One audience's message. What would keep it is collected in the order in which intake finds it (drainer/src/run/intake):
-- the first is told. untold: why nobody is to get it.
create function zap.preview_for(
    source zap.source, event text, audience text, untold text, audience_recipient text, purpose text, answer jsonb, body text,
    tenant text
)
returns zap.previewed
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    message zap.previewed;
    obstacles zap.obstacle [] := zap.obstacles_to_context(source, event, answer);
    context_row constant jsonb := answer -> 'rows' -> 0;
    company zap.tenant;
    context jsonb;
    mode text;
begin
    message.event := event;
    message.audience := audience;
    if jsonb_array_length(answer -> 'rows') = 1 then
        message.tenant_id := coalesce(tenant, context_row ->> 'tenant', 'default');
        select t.* into company from zap.tenant as t where t.id = message.tenant_id;
        mode := zap.effective_mode(source.id, message.tenant_id, event);
        if zap.is_too_old(source, context_row) then
            obstacles := obstacles || ('too_old', null)::zap.obstacle;
        end if;
        if not (context_row ->> 'ready')::boolean then
            obstacles := obstacles || ('not_ready', null)::zap.obstacle;
        end if;
        if untold is not null then
            obstacles := obstacles || ('no_audience', untold)::zap.obstacle;
        end if;
        if mode = 'off' then
            obstacles := obstacles || ('mode_off', null)::zap.obstacle;
        end if;
        if not coalesce(company.enabled, zap.enters_enabled()) then
            obstacles := obstacles || ('tenant_disabled', null)::zap.obstacle;
        end if;
        -- One that is not entered yet gets these when its first order is seen.
        company.timezone := coalesce(company.timezone, 'America/Sao_Paulo');
        company.locale := coalesce(company.locale, 'pt-BR');
        context := zap.introduced(nullif(context_row -> 'context', 'null'), event, company);
        if untold is null then
            message := zap.preview_recipient(message, coalesce(audience_recipient, ''), context_row ->> 'recipient', context, company);
            obstacles := obstacles || (message.code, message.problem)::zap.obstacle;
            message.channel := zap.preview_channel(message.tenant_id, message.recipient, purpose);
        end if;
        message.code := null;
        message.problem := null;
        message := zap.preview_text(message, body, context, company);
        obstacles := obstacles || (message.code, message.problem)::zap.obstacle;
        if mode = 'shadow' then
            obstacles := obstacles || ('shadow', null)::zap.obstacle;
        end if;
        if exists (
            select from zap.recipient as r
            where r.tenant_id = message.tenant_id and r.kind = 'phone' and r.address = message.recipient and r.opted_out_at is not null
        ) then
            obstacles := obstacles || ('opted_out', null)::zap.obstacle;
        end if;
        if message.channel is null then
            obstacles := obstacles || ('no_channel', null)::zap.obstacle;
        end if;
    end if;
    select o.code, o.problem into message.code, message.problem
    from unnest(obstacles) with ordinality as o (code, problem, place)
    where o.code is not null
    order by o.place
    limit 1;
    return message;
end
$$;
comment on function zap.preview_for(zap.source, text, text, text, text, text, jsonb, text, text) is
'The message that one audience would get';

create function zap.enters_enabled()
returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
return coalesce(
    (select s.value from zap.setting as s where s.key = 'tenants.unknown' and s.tenant_id is null), '"enabled"'
) <> '"disabled"';
comment on function zap.enters_enabled() is 'Whether a company that nobody has entered is enabled when its first order is seen';

-- The context with the event and what is entered of the company, which goes before what the user's tables say.
create function zap.introduced(context jsonb, event text, company zap.tenant)
returns jsonb
language sql immutable
set search_path = pg_catalog, pg_temp
return case
    when jsonb_typeof(context) is distinct from 'object' then coalesce(context, 'null')
    else zap.event_values(event) || context || case
        when coalesce(company.name, company.phone) is null then '{}'
        else jsonb_build_object(
            'company',
            case when jsonb_typeof(context -> 'company') = 'object' then context -> 'company' else '{}' end
            || jsonb_strip_nulls(jsonb_build_object('name', company.name, 'phone', company.phone))
        )
    end
end;
comment on function zap.introduced(jsonb, text, zap.tenant) is 'What a template sees of an order';

create function zap.preview_recipient(
    message zap.previewed, audience_recipient text, of_order text, context jsonb, company zap.tenant
)
returns zap.previewed
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    given text := of_order;
begin
    if audience_recipient <> '' then
        begin
            given := zap.render(audience_recipient, context, company.timezone);
        exception
            when no_data_found then
                given := null;
            when invalid_parameter_value then
                message.code := 'template_error';
                message.problem := format('the recipient of audience %s: %s', message.audience, sqlerrm);
                return message;
        end;
    end if;
    if coalesce(given, '') !~ '\S' then
        message.code := 'no_phone';
        return message;
    end if;
    begin
        message.recipient := zap.normalize_phone(given, company.default_area_code);
    exception
        when invalid_parameter_value then
            message.code := 'invalid_phone';
            message.problem := sqlerrm;
    end;
    return message;
end
$$;
comment on function zap.preview_recipient(zap.previewed, text, text, jsonb, zap.tenant) is 'The message with its recipient';

-- The company's own text, else the one for all, else the built-in one; and the approved template likewise.
create function zap.preview_text(message zap.previewed, given text, context jsonb, company zap.tenant)
returns zap.previewed
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    source_text text := given;
    filled jsonb;
begin
    if given is null then
        select t.body, t.id::text || ':' || t.version::text into source_text, message.template_version
        from zap.template as t
        where t.active and t.event = message.event and t.audience = message.audience and t.locale = company.locale
            and (t.tenant_id is null or t.tenant_id = message.tenant_id)
        order by t.tenant_id nulls last
        limit 1;
        if source_text is null then
            source_text := zap.builtin_template(message.event, message.audience, company.locale);
            message.template_version := 'builtin';
            message.note := zap.about_language(message.event, message.audience, message.tenant_id, company.locale);
        end if;
    end if;
    if source_text is null then
        raise exception 'there is no text for event %, audience % in %', message.event, message.audience, company.locale
            using errcode = 'no_data_found';
    end if;
    message.body := zap.render(source_text, context, company.timezone);
    select zap.fill_provider_template(
        jsonb_strip_nulls(jsonb_build_object(
            'name', p.name, 'language', p.language, 'parameters', p.parameters, 'header', p.header, 'buttons', p.buttons
        )), context, company.timezone
    )
    into filled
    from zap.provider_template as p
    where p.event = message.event and p.audience = message.audience and p.locale = company.locale
        and (p.tenant_id is null or p.tenant_id = message.tenant_id)
    order by p.tenant_id nulls last
    limit 1;
    message.provider_template := filled;
    return message;
exception
    when invalid_parameter_value or no_data_found then
        message.code := coalesce(message.code, 'template_error');
        message.problem := coalesce(message.problem, sqlerrm);
        return message;
end
$$;
comment on function zap.preview_text(zap.previewed, text, jsonb, zap.tenant) is 'The message with its text';

-- The built-in texts are in one language.
create function zap.about_language(event text, audience text, tenant text, locale text)
returns text
language sql immutable
set search_path = pg_catalog, pg_temp
return case
    when locale !~* '^pt\y' then format(
        'the built-in text is in Portuguese, the language of tenant %s is %s: select zap.save_template(%L, ''…'', audience => %L, locale => %L);',
        tenant, locale, event, audience, locale
    )
end;
comment on function zap.about_language(text, text, text, text) is 'Says that a company gets a text in a language that it does not speak';

create function zap.preview_channel(tenant text, recipient text, purpose text)
returns text
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    with fit as (
        select c.id, c.name, c.share, c.priority, c.paused_at is null as is_ready
        from zap.channel as c
        where c.tenant_id = preview_channel.tenant and c.enabled
            and c.purpose is not distinct from case
                when exists (
                    select from zap.channel as p
                    where p.tenant_id = preview_channel.tenant and p.enabled and p.purpose = preview_channel.purpose
                ) then preview_channel.purpose
            end
    ),
    chosen as (
        select zap.choose_channel(
            array_agg(f.id order by f.priority desc, f.id), array_agg(f.share order by f.priority desc, f.id),
            convert_to(recipient, 'UTF8')
        ) as id
        from fit as f
        where f.is_ready or not exists (select from fit as r where r.is_ready)
    )
    select f.name from fit as f inner join chosen as c on f.id = c.id;
$$;
comment on function zap.preview_channel(text, text, text) is
'Name of the channel that serves a recipient while all work';

revoke all on function zap.told_about(bigint, text) from public;
revoke all on function zap.source_to_preview(text, text) from public;
revoke all on function zap.preview(text, text, text, text, text, text) from public;
revoke all on function zap.obstacles_to_context(zap.source, text, jsonb) from public;
revoke all on function zap.is_too_old(zap.source, jsonb) from public;
revoke all on function zap.preview_for(zap.source, text, text, text, text, text, jsonb, text, text) from public;
revoke all on function zap.enters_enabled() from public;
revoke all on function zap.introduced(jsonb, text, zap.tenant) from public;
revoke all on function zap.preview_recipient(zap.previewed, text, text, jsonb, zap.tenant) from public;
revoke all on function zap.preview_text(zap.previewed, text, jsonb, zap.tenant) from public;
revoke all on function zap.about_language(text, text, text, text) from public;
revoke all on function zap.preview_channel(text, text, text) from public;
