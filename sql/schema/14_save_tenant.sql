-- Companies as operators enter and change them: whatever is checked, is checked here, so that every dump can be restored.
create function zap.check_opening_hours(hours jsonb)
returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    day record;
    given jsonb;
    is_ever_open boolean := false;
begin
    if jsonb_typeof(hours) <> 'object' then
        raise exception 'zap.save_tenant: opening hours are an object, not %', left(hours::text, 40)
            using errcode = 'invalid_parameter_value', hint = 'Write them like {"mon": ["11:00-14:30", "18:00-00:30"], "tue": []}.';
    end if;
    for day in select e.key, e.value from jsonb_each(hours) as e loop
        if day.key <> all (array['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun', 'closed_on']) then
            raise exception 'zap.save_tenant: opening hours know no day %', day.key
                using errcode = 'invalid_parameter_value', hint = 'Days are mon, tue, wed, thu, fri, sat, sun, and the list closed_on.';
        end if;
        if jsonb_typeof(day.value) <> 'array' then
            raise exception 'zap.save_tenant: opening hours of %: % is no list', day.key, left(day.value::text, 40)
                using errcode = 'invalid_parameter_value', hint = format('Write them like {"%s": []}.', day.key);
        end if;
        for given in select e.value from jsonb_array_elements(day.value) as e loop
            if day.key = 'closed_on' then
                perform zap.check_closed_on(given);
            else
                perform zap.check_range(day.key, given);
                is_ever_open := true;
            end if;
        end loop;
    end loop;
    if not is_ever_open then
        raise exception 'zap.save_tenant: no day has opening hours: it would never be open'
            using errcode = 'invalid_parameter_value', hint = 'Give {} for always open; to send nothing, disable or pause the tenant.';
    end if;
end
$$;
comment on function zap.check_opening_hours(jsonb) is 'Refuses what says no opening hours, and names the day';

create function zap.check_range(day text, given jsonb)
returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    range constant text := given #>> '{}';
begin
    if jsonb_typeof(given) = 'string'
        and range ~ '^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$'
        and split_part(range, '-', 1) <> split_part(range, '-', 2)
    then
        return;
    end if;
    raise exception 'zap.save_tenant: opening hours of %: % is no range', day, left(given::text, 40)
        using
            errcode = 'invalid_parameter_value',
            hint = 'A range is written 18:00-23:30, past midnight 18:00-00:30, the whole day 00:00-24:00.';
end
$$;
comment on function zap.check_range(text, jsonb) is 'Refuses what is no range of opening hours';

create function zap.check_closed_on(given jsonb)
returns void
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    day constant text := given #>> '{}';
begin
    if jsonb_typeof(given) = 'string' and day ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$' then
        perform make_date(split_part(day, '-', 1)::integer, split_part(day, '-', 2)::integer, split_part(day, '-', 3)::integer);
        return;
    end if;
    raise datetime_field_overflow;
exception
    when datetime_field_overflow then
        raise exception 'zap.save_tenant: opening hours of closed_on: % is no date', left(given::text, 40)
            using errcode = 'invalid_parameter_value', hint = 'A date is written 2026-12-25.';
end
$$;
comment on function zap.check_closed_on(jsonb) is 'Refuses what is no date of opening hours';

create function zap.check_tenant(
    timezone text, locale text, default_area_code text, phone text, daily_cap integer, monthly_cap integer, out problem text, out hint text
)
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    case
        -- Names alone: what only PostgreSQL understands as a zone has no calendar elsewhere.
        when timezone <> all (array(select z.name from pg_timezone_names as z)) then
            problem := format('there is no time zone %s', timezone);
            hint := 'A name such as America/Sao_Paulo: select name from pg_timezone_names;';
        when locale !~ '^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$' then
            problem := format('%s is no language', locale);
            hint := 'A tag such as pt-BR.';
        -- As in core: with one that nobody has, every number without an area code would be refused.
        when default_area_code !~ '^([14689][1-9]|2[12478]|3[1-578]|5[1345]|7[134579])$' and default_area_code <> '' then
            problem := format('%s is no area code', default_area_code);
            hint := 'Two digits that exist in Brazil, such as 11.';
        when (phone !~ '^\+[1-9][0-9]{7,14}$' or phone ~ '^\+55[1-9]{2}[6-9][0-9]{7}$') and phone <> '' then
            problem := 'this is no phone number';
            hint := 'A number is written +5511987654321, a mobile of Brazil with its ninth digit.';
        when daily_cap < 0 then
            problem := format('a daily cap of %s is none', daily_cap);
            hint := 'Give 1 or more; 0 takes the cap away.';
        when monthly_cap < 0 then
            problem := format('a monthly cap of %s is none', monthly_cap);
            hint := 'Give 1 or more; 0 takes the cap away.';
        else null;
    end case;
end
$$;
comment on function zap.check_tenant(text, text, text, text, integer, integer) is
'What is wrong with a tenant''s values, and what to do; null: nothing';

create function zap.save_tenant(
    id text,
    name text default null,
    timezone text default null,
    locale text default null,
    default_area_code text default null,
    phone text default null,
    daily_cap integer default null,
    monthly_cap integer default null,
    opening_hours jsonb default null,
    enabled boolean default null
)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    dialled constant text := regexp_replace(phone, '[\s().-]', '', 'g');
    is_new boolean;
    wrong record;
begin
    if coalesce(id, '') !~ '\S' or octet_length(id) > 500 then
        raise exception 'zap.save_tenant: this is no id of a tenant'
            using errcode = 'invalid_parameter_value', hint = 'Give the company''s id in your tables, as text.';
    end if;
    select w.* into wrong
    from zap.check_tenant(timezone, locale, default_area_code, dialled, daily_cap, monthly_cap) as w;
    if wrong.problem is not null then
        raise exception 'zap.save_tenant: %', wrong.problem
            using errcode = 'invalid_parameter_value', hint = wrong.hint;
    end if;
    if opening_hours <> '{}' then
        perform zap.check_opening_hours(opening_hours);
    end if;
    insert into zap.tenant (id, enabled) values (save_tenant.id, coalesce(save_tenant.enabled, true)) on conflict do nothing;
    is_new := found;
    update zap.tenant as t
    set
        name = case when save_tenant.name is null then t.name else nullif(save_tenant.name, '') end,
        timezone = coalesce(save_tenant.timezone, t.timezone),
        locale = coalesce(save_tenant.locale, t.locale),
        default_area_code =
            case when save_tenant.default_area_code is null then t.default_area_code else nullif(save_tenant.default_area_code, '') end,
        phone = case when dialled is null then t.phone else nullif(dialled, '') end,
        daily_cap = case when save_tenant.daily_cap is null then t.daily_cap else nullif(save_tenant.daily_cap, 0) end,
        monthly_cap = case when save_tenant.monthly_cap is null then t.monthly_cap else nullif(save_tenant.monthly_cap, 0) end,
        opening_hours =
            case when save_tenant.opening_hours is null then t.opening_hours else nullif(save_tenant.opening_hours, '{}') end
    where t.id = save_tenant.id;
    perform zap.log_control('tenant', id, null, null, case when is_new then 'tenant added' else 'tenant changed' end);
    if not is_new and enabled is not null then
        perform zap.set_tenant_enabled('save_tenant', id, enabled);
    end if;
    perform zap.wake_lanes(array(select c.id from zap.channel as c where c.tenant_id = save_tenant.id));
    return is_new;
end
$$;
comment on function zap.save_tenant(text, text, text, text, text, text, integer, integer, jsonb, boolean) is
'Adds or changes a tenant: what is null stays as it is; an empty text, {} or 0 takes a value away. true: it is new';

create function zap.set_tenant_enabled(action text, id text, enabled boolean)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update zap.tenant as t set enabled = set_tenant_enabled.enabled
    where t.id = set_tenant_enabled.id and t.enabled <> set_tenant_enabled.enabled;
    if not found then
        perform zap.check_tenant_exists(action, coalesce(id, 'null'));
        return false;
    end if;
    perform zap.log_control(case when enabled then 'enabled' else 'disabled' end, id, null, null, 'tenant ' || id);
    perform zap.wake_lanes(array(select c.id from zap.channel as c where c.tenant_id = set_tenant_enabled.id));
    return true;
end
$$;
comment on function zap.set_tenant_enabled(text, text, boolean) is 'Enables or disables a tenant';

create function zap.enable_tenant(id text)
returns boolean
language sql
set search_path = pg_catalog, pg_temp
begin atomic
    select zap.set_tenant_enabled('enable_tenant', id, true);
end;
comment on function zap.enable_tenant(text) is
'Lets a tenant send: what waited while it was disabled goes on. false: it was enabled already';

create function zap.disable_tenant(id text)
returns boolean
language sql
set search_path = pg_catalog, pg_temp
begin atomic
    select zap.set_tenant_enabled('disable_tenant', id, false);
end;
comment on function zap.disable_tenant(text) is
'Has a tenant''s new notifications skipped (tenant_disabled); what is ready waits, and expires as it would otherwise. '
'false: it was disabled already';

revoke all on function zap.check_opening_hours(jsonb) from public;
revoke all on function zap.check_range(text, jsonb) from public;
revoke all on function zap.check_closed_on(jsonb) from public;
revoke all on function zap.check_tenant(text, text, text, text, integer, integer) from public;
revoke all on function zap.save_tenant(text, text, text, text, text, text, integer, integer, jsonb, boolean) from public;
revoke all on function zap.set_tenant_enabled(text, text, boolean) from public;
revoke all on function zap.enable_tenant(text) from public;
revoke all on function zap.disable_tenant(text) from public;
