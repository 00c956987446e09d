-- Trying texts with what their event knows, before they are saved.

-- Asks about one subject ($1, an array) as the daemon does: with its role where there is one, and undone afterwards.
create function zap.ask_as_daemon(statement text, subject text)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    encoding constant name := getdatabaseencoding();
    asker oid := (
        select r.oid from pg_roles as r where r.rolname = 'zap_daemon' and pg_has_role(current_user, r.oid, 'member')
    );
    answers jsonb;
    problem text;
begin
    asker := coalesce(asker, (select r.oid from pg_roles as r where r.rolname = current_user));
    perform set_config('transaction_read_only', 'on', true);
    answers := convert_from(zap.ask_as(asker, convert_to(statement, encoding), convert_to(coalesce(subject, ''), encoding)), encoding);
    -- What is raised undoes the mode and whatever the query did; variables keep what it found.
    raise exception using errcode = 'ZAP01';
exception
    when sqlstate 'ZAP01' then
        return jsonb_build_object('rows', coalesce(answers, '[]'));
    when others then
        get stacked diagnostics problem = message_text;
        return jsonb_build_object('code', 'context_error', 'problem', problem);
end
$$;
comment on function zap.ask_as_daemon(text, text) is '{"rows": […]} of a query, or {"code", "problem"}';

create function zap.ask_context(source_id bigint, subject text)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    statement constant text := zap.context_statement(source_id);
begin
    if statement is null then
        return jsonb_build_object('code', 'no_context_query');
    end if;
    return zap.ask_as_daemon(format('select c.* from (%s) as c where c.subject = ($1)[1]', statement), subject);
end
$$;
comment on function zap.ask_context(bigint, text) is
'{"rows": […]} of a source''s context query about a subject, or {"code", "problem"}';

-- What every template learns of the event itself.
create function zap.event_values(event text)
returns jsonb
language sql immutable
set search_path = pg_catalog, pg_temp
return jsonb_build_object('event', jsonb_build_object(
    'name', event, 'status', case when event like 'order\_status:%' then substr(event, 14) end
));
comment on function zap.event_values(text) is 'The event as templates see it';

create function zap.context_in(answers jsonb)
returns jsonb
language sql immutable
set search_path = pg_catalog, pg_temp
return case
    when jsonb_typeof(answers #> '{rows,0,context}') = 'object' then answers #> '{rows,0,context}'
end;
comment on function zap.context_in(jsonb) is 'The context in an answer of zap.ask_context; null: there is none';

-- As its context query gives it now, or as it was told.
create function zap.newest_context(event text)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    newest record;
    context jsonb;
begin
    -- Not further back: the queue has no index by event.
    select q.source_id, q.subject, q.payload -> 'context' as told into newest
    from (
        select n.id, n.source_id, n.event, n.subject, n.payload from zap.notification_queue as n order by n.id desc limit 1000
    ) as q
    inner join zap.source as s on q.source_id = s.id
    where q.event = newest_context.event and (s.context_query is not null or q.payload ? 'context')
    order by q.id desc
    limit 1;
    if newest.subject is null then
        return null;
    end if;
    context := coalesce(newest.told, zap.context_in(zap.ask_context(newest.source_id, newest.subject)));
    -- With a number that the library cannot read it is no sample.
    perform zap.check_template('-', context);
    return context;
exception
    when internal_error then
        return null;
end
$$;
comment on function zap.newest_context(text) is 'Values of the newest subject that the event happened to; null: there is none';

create function zap.sample_for(event text)
returns jsonb
language sql
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(zap.newest_context(event), zap.sample_context()) || zap.event_values(event);
$$;
comment on function zap.sample_for(text) is 'Values to try a template of an event with: of its newest order, else of an invented one';

-- The newest where an index tells which that is, else any.
create function zap.subject_in(source zap.source)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    is_number constant boolean := source.key_types[1] in ('smallint', 'integer', 'bigint') and cardinality(source.key_types) = 1;
    subject text;
    given text;
begin
    if to_regclass(source.relation) is null or source.captures = 'notify' then
        return null;
    end if;
    select
        case
            when count(*) = 1 then min(format('o.%I::pg_catalog.text', k.name))
            else format($f$'[' || %s || ']'$f$, string_agg(
                case
                    when k.type in ('smallint', 'integer', 'bigint') then format('o.%I::pg_catalog.text', k.name)
                    else format('pg_catalog.to_json(o.%I::pg_catalog.text)::pg_catalog.text', k.name)
                end, $f$ || ',' || $f$ order by k.place
            ))
        end,
        string_agg(format('o.%I is not null', k.name), ' and ')
    into subject, given
    from unnest(source.key_columns, source.key_types) with ordinality as k (name, type, place);
    return zap.ask_as_daemon(
        format('select %s as subject from %s as o where %s', subject, source.relation, given)
        || case
            when is_number and zap.is_indexed(source.relation::regclass, source.key_columns)
                then format(' order by o.%I desc', source.key_columns[1])
            else ''
        end
        || ' limit 1', null
    ) #>> '{rows,0,subject}';
end
$$;
comment on function zap.subject_in(zap.source) is 'A subject that a source''s table has; null: none, or none that may be read';

-- Every name in it is one that any order has.
create function zap.is_derived(context_query text)
returns boolean
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select context_query like E'select\n    s.subject,\n%' and not exists (
        select from regexp_matches(context_query, $r$'([A-Za-z_]\w*)', $r$, 'g') as m (found)
        where m.found[1] not in (
            select n.name #>> '{}'
            from jsonb_path_query(zap.sample_context(), 'strict $.** ? (@.type() == "object").keyvalue().key') as n (name)
        )
    );
$$;
comment on function zap.is_derived(text) is 'True of a context query as zap.propose writes it, with no name added';

create function zap.is_builtin_event(event text)
returns boolean
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select event ~ '^order_status(_changed$|:)' or zap.builtin_template(event) <> zap.builtin_template('order_status_changed');
$$;
comment on function zap.is_builtin_event(text) is 'True of an event that has a text of its own';

-- What a text of an event can know beside the standard names. Null "sample": nothing shows it; "is_open": then a name that is
-- not a standard one may well be known.
create function zap.names_of(event text, out sample jsonb, out is_open boolean)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    announcing zap.source;
    announcing_id bigint;
    is_sure boolean;
begin
    begin
        announcing_id := zap.source_of_event(event, null);
    exception
        when ambiguous_parameter then null;
    end;
    select s.* into announcing from zap.source as s where s.id = announcing_id;
    -- Whatever else is announced with a context of its own says nothing before it comes.
    is_sure := coalesce(event = any (zap.events_of(announcing)), false) or zap.is_builtin_event(event);
    sample := zap.context_in(zap.ask_context(announcing.id, zap.subject_in(announcing))) || zap.event_values(event);
    is_open := case
        when is_sure then sample is null and announcing.id is not null and not coalesce(zap.is_derived(announcing.context_query), false)
        else true
    end;
end
$$;
comment on function zap.names_of(text) is 'An order of the table that announces an event, and whether it may know other names, too';

-- Of a text, or of what fills an approved template.
create function zap.problem_with(body text, template jsonb, sample jsonb, names_known boolean)
returns text
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select case
        when template is null then zap.check_template(body, sample, names_known)
        else zap.check_provider_template(template, sample, names_known)
    end;
$$;
comment on function zap.problem_with(text, jsonb, jsonb, boolean) is 'What is wrong with a text or an approved template; null: nothing';

create function zap.try_either(event text, body text, template jsonb, out problem text, out unchecked text)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    newest constant jsonb := zap.newest_context(event) || zap.event_values(event);
    sample constant jsonb := coalesce(newest, zap.sample_context() || zap.event_values(event));
    known record;
    found text;
begin
    problem := zap.problem_with(body, template, sample, true);
    if problem is null or newest is not null then
        return;
    end if;
    found := zap.problem_with(body, template, sample, false);
    if found is not null then
        problem := found;
        return;
    end if;
    -- Only a name that the invented order lacks.
    select n.* into known from zap.names_of(event) as n;
    if known.sample is not null then
        found := zap.problem_with(body, template, known.sample, true);
    end if;
    if known.sample is not null and (found is null or not known.is_open) then
        problem := found;
    elsif known.is_open then
        unchecked := problem;
        problem := null;
    end if;
end
$$;
comment on function zap.try_either(text, text, jsonb) is 'zap.try_template and zap.try_provider_template in one';

create function zap.try_template(event text, body text, out problem text, out unchecked text)
language sql
set search_path = pg_catalog, pg_temp
as $$
    select t.problem, t.unchecked from zap.try_either(event, body, null) as t;
$$;
comment on function zap.try_template(text, text) is
'Tries a text with the newest order of its event, else with one of its table, else with an invented one. problem: why it cannot be '
'saved; unchecked: the first name that nothing tells to be right or wrong yet';

create function zap.try_provider_template(event text, template jsonb, out problem text, out unchecked text)
language sql
set search_path = pg_catalog, pg_temp
as $$
    select t.problem, t.unchecked from zap.try_either(event, null, template) as t;
$$;
comment on function zap.try_provider_template(text, jsonb) is 'The same for what fills an approved template';

create function zap.hint_about_names()
returns text
language sql stable
set search_path = pg_catalog, pg_temp
return 'Nothing was saved. Names and filters: docs/TEMPLATES.md' || case
    when exists (select from zap.source as s where s.detached_at is null) then ', and what else the context query gives.'
    else '. Those that only your context query has are known once the table is attached: attach it first.'
end;
comment on function zap.hint_about_names() is 'Where the names are that a text may use';

create function zap.report_unchecked(action text, event text, unchecked text)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if unchecked is not null then
        raise notice 'zap.%: names could not be checked, since no % has come yet: %', action, event, unchecked
            using hint = format('When one has: select body, problem from zap.preview(''SUBJECT'', event => %L);', event);
    end if;
end
$$;
comment on function zap.report_unchecked(text, text, text) is 'Says that a text was saved whose names could not be checked';

revoke all on function zap.ask_as_daemon(text, text) from public;
revoke all on function zap.ask_context(bigint, text) from public;
revoke all on function zap.event_values(text) from public;
revoke all on function zap.context_in(jsonb) from public;
revoke all on function zap.newest_context(text) from public;
revoke all on function zap.sample_for(text) from public;
revoke all on function zap.subject_in(zap.source) from public;
revoke all on function zap.is_derived(text) from public;
revoke all on function zap.is_builtin_event(text) from public;
revoke all on function zap.names_of(text) from public;
revoke all on function zap.problem_with(text, jsonb, jsonb, boolean) from public;
revoke all on function zap.try_either(text, text, jsonb) from public;
revoke all on function zap.try_template(text, text) from public;
revoke all on function zap.try_provider_template(text, jsonb) from public;
revoke all on function zap.hint_about_names() from public;
revoke all on function zap.report_unchecked(text, text, text) from public;
