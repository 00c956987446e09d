-- What operators and tenants may set, checked by type and range when it is set: zap.setting itself takes anything, so that
-- every dump can be restored. What is in it and cannot be used is as if it were not there.
create function zap.known_settings()
returns table (
    key text, type text, minimum numeric, maximum numeric, choices text [], default_value jsonb, per_tenant boolean, meaning text
)
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select k.key, k.type, k.minimum, k.maximum, k.choices, k.default_value::jsonb, k.per_tenant, k.meaning
    from (
        values
        (
            'sending.enabled', 'boolean', null::numeric, null::numeric, null::text [], 'true', true,
            'false: nothing is sent; it waits, and expires as it would otherwise'
        ),
        (
            'mode', 'choice', null, null, array['off', 'shadow', 'live'], '"live"', true,
            'off: events are skipped; shadow: everything but the sending; the most restrictive one that applies holds'
        ),
        (
            'mode:<event>', 'choice', null, null, array['off', 'shadow', 'live'], '"live"', true,
            'The mode of one event, such as mode:order_paid'
        ),
        (
            'tenants.unknown', 'choice', null, null, array['enabled', 'disabled'], '"enabled"', false,
            'How a company is added whose id an order is the first to have'
        ),
        (
            'retention.queue_days', 'number', 0, 36500, null, '30', false,
            'Days after which notifications that ended leave the queue'
        ),
        ('retention.logs_days', 'number', 0, 36500, null, '90', false, 'Days after which log rows leave'),
        (
            'retention.inbound_days', 'number', 0, 36500, null, '7', false,
            'Days after which deliveries that were read leave'
        ),
        (
            'retention.history_days', 'number', 0, 36500, null, '365', false,
            'Days after which messages of conversations leave'
        ),
        (
            'alert.old_snapshot_seconds', 'number', 0.1, 31536000, null, '300', false,
            'A snapshot held longer is named in a warning: it keeps dead rows from being removed'
        )
    ) as k (key, type, minimum, maximum, choices, default_value, per_tenant, meaning);
$$;
comment on function zap.known_settings() is 'The settings that there are: type, range, default, whether a tenant may have its own';

-- By the pairs of letters that both have; null: nothing is alike.
create function zap.nearest_name(word text, names text [])
returns text
language sql immutable
set search_path = pg_catalog, pg_temp
as $$
    select n.name
    from unnest(names) as n (name)
    cross join lateral (
        select count(*) as shared
        from generate_series(1, char_length(word) - 1) as place
        where strpos(n.name, substr(lower(word), place, 2)) > 0
    ) as pairs
    where pairs.shared * 2 >= char_length(word) - 1 and pairs.shared > 0
    order by pairs.shared::float8 / (char_length(n.name) + char_length(word)) desc, n.name
    limit 1;
$$;
comment on function zap.nearest_name(text, text []) is 'The one of these names that somebody probably meant';

create function zap.check_setting(key text, value jsonb, tenant text, out code text, out problem text, out hint text)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    known record;
    allowed text;
    is_usable boolean;
begin
    select k.* into known
    from zap.known_settings() as k
    where k.key = check_setting.key
        or (k.key = 'mode:<event>' and check_setting.key ~ '^mode:[a-z][a-z0-9_:.-]*$');
    if not found then
        code := 'undefined_object';
        problem := format('there is no setting %s', coalesce(key, 'null'));
        hint := coalesce(
            'Did you mean ' || zap.nearest_name(key, array(select k.key from zap.known_settings() as k)) || '? ', ''
        ) || 'Settings: zapgres setting list, or select key from zap.settings();';
        return;
    end if;
    code := 'invalid_parameter_value';
    if tenant is not null and not known.per_tenant then
        problem := format('%s is the same for all tenants', key);
        hint := 'Leave the tenant out.';
        return;
    end if;
    allowed := case known.type
        when 'boolean' then 'true or false'
        when 'number' then format('a number from %s to %s', known.minimum, known.maximum)
        else array_to_string(known.choices, ', ')
    end;
    is_usable := case
        when value is null then false
        when known.type = 'boolean' then jsonb_typeof(value) = 'boolean'
        when known.type = 'number'
            then case when jsonb_typeof(value) = 'number' then value::numeric between known.minimum and known.maximum end
        else jsonb_typeof(value) = 'string' and value #>> '{}' = any(known.choices)
    end;
    if is_usable is not true then
        problem := format('%s cannot be %s', key, coalesce(left(value::text, 40), 'null'));
        hint := format('It takes %s.', allowed);
        return;
    end if;
    code := null;
end
$$;
comment on function zap.check_setting(text, jsonb, text) is 'What is wrong with a setting, and what to do; null: nothing';

create function zap.set_setting(key text, value jsonb, tenant text default null)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    wrong record;
begin
    select w.* into wrong from zap.check_setting(key, value, tenant) as w;
    if wrong.code is not null then
        raise exception 'zap.set_setting: %', wrong.problem
            using errcode = wrong.code, hint = wrong.hint;
    end if;
    perform zap.check_tenant_exists('set_setting', tenant);
    insert into zap.setting as s (key, tenant_id, value)
    values (set_setting.key, set_setting.tenant, set_setting.value)
    on conflict on constraint setting_once do update set value = excluded.value, updated_at = clock_timestamp()
    where s.value <> excluded.value;
    if not found then
        return false;
    end if;
    perform zap.note_setting(format('%s = %s', key, value), tenant);
    return true;
end
$$;
comment on function zap.set_setting(text, jsonb, text) is
'Sets what holds for all, or for one tenant. false: it was so already. The settings there are: zap.settings()';

create function zap.reset_setting(key text, tenant text default null)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    wrong record;
begin
    delete from zap.setting as s where s.key = reset_setting.key and s.tenant_id is not distinct from reset_setting.tenant;
    if found then
        perform zap.note_setting(format('%s is reset', key), tenant);
        return true;
    end if;
    -- Whatever is there may be removed; what is neither there nor known is a slip of the pen.
    select w.* into wrong from zap.check_setting(key, null, null) as w;
    if wrong.code = 'undefined_object' then
        raise exception 'zap.reset_setting: %', wrong.problem
            using errcode = wrong.code, hint = wrong.hint;
    end if;
    perform zap.check_tenant_exists('reset_setting', tenant);
    return false;
end
$$;
comment on function zap.reset_setting(text, text) is
'Removes what was set for all, or for one tenant: the default holds, or what holds for all. false: nothing was set';

create function zap.check_tenant_exists(action text, id text)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if id is not null and not exists (select from zap.tenant as t where t.id = check_tenant_exists.id) then
        raise exception 'zap.%: there is no tenant %', action, id
            using
                errcode = 'no_data_found',
                hint = 'A tenant is a company''s id in your tables: zapgres tenant list, or select id, name from zap.tenant;';
    end if;
end
$$;
comment on function zap.check_tenant_exists(text, text) is 'Refuses a tenant that nobody has entered; null is none';

create function zap.note_setting(what text, tenant text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform zap.log_control('setting', tenant, null, null, what);
    perform zap.wake_lanes(array(select c.id from zap.channel as c where tenant is null or c.tenant_id = tenant));
end
$$;
comment on function zap.note_setting(text, text) is 'Logs a changed setting, and lets the daemons look';

create function zap.invalid_settings()
returns table (key text, tenant_id text, value jsonb, problem text, hint text)
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select
        s.key,
        s.tenant_id,
        s.value,
        wrong.problem,
        wrong.hint
    from zap.setting as s
    cross join lateral zap.check_setting(s.key, s.value, s.tenant_id) as wrong
    where wrong.code is not null
    order by s.key, s.tenant_id nulls first;
end;
comment on function zap.invalid_settings() is 'Rows of zap.setting that cannot be used: they are as if they were not there';

create function zap.settings()
returns table (
    key text, tenant_id text, value jsonb, is_set boolean, default_value jsonb, type text, allowed text, per_tenant boolean,
    meaning text
)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    with known as (
        select
            k.key, k.default_value, k.type, k.per_tenant, k.meaning,
            case k.type
                when 'boolean' then 'true, false'
                when 'number' then format('%s to %s', k.minimum, k.maximum)
                else array_to_string(k.choices, ', ')
            end as allowed
        from zap.known_settings() as k
    ),
    given as (
        select s.key, s.tenant_id, s.value
        from zap.setting as s
        cross join lateral zap.check_setting(s.key, s.value, s.tenant_id) as wrong
        where wrong.code is null
    )
    select
        coalesce(g.key, k.key), g.tenant_id, coalesce(g.value, k.default_value), g.key is not null, k.default_value, k.type,
        k.allowed, k.per_tenant, k.meaning
    from known as k
    left join lateral (
        select s.key, s.tenant_id, s.value
        from given as s
        where s.key = k.key or (k.key = 'mode:<event>' and s.key like 'mode:%')
        union all
        -- What a tenant has of its own leaves the row for all in its place.
        select null, null, null
        where not exists (select from given as s where s.key = k.key and s.tenant_id is null)
    ) as g on true
    order by 1, 2 nulls first;
$$;
comment on function zap.settings() is
'Every setting: what holds for all and for tenants that have their own, its default, and what it may be';

revoke all on function zap.known_settings() from public;
revoke all on function zap.nearest_name(text, text []) from public;
revoke all on function zap.check_setting(text, jsonb, text) from public;
revoke all on function zap.set_setting(text, jsonb, text) from public;
revoke all on function zap.reset_setting(text, text) from public;
revoke all on function zap.check_tenant_exists(text, text) from public;
revoke all on function zap.note_setting(text, text) from public;
revoke all on function zap.invalid_settings() from public;
revoke all on function zap.settings() from public;
