-- off, shadow or live: for all, a tenant, an event, a source. Of those that apply the most restrictive one holds.
create function zap.mode_rules(source_id bigint, tenant text, event text)
returns table (mode text, set_by text)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select rule.mode, rule.set_by
    from (
        select
            s.value #>> '{}',
            concat_ws(', ', case when s.key = 'mode' and s.tenant_id is null then 'for all' end, 'tenant ' || s.tenant_id,
                'event ' || nullif(substr(s.key, 6), ''))
        from zap.setting as s
        where s.key in ('mode', 'mode:' || event)
            and (s.tenant_id is null or s.tenant_id = tenant)
            and s.value in ('"off"', '"shadow"')
        union all
        select s.mode, 'source ' || s.relation from zap.source as s where s.id = source_id and s.mode <> 'live'
        union all
        select 'live', 'nothing restricts it'
    ) as rule (mode, set_by)
    order by array_position(array['off', 'shadow', 'live'], rule.mode), rule.set_by;
$$;
comment on function zap.mode_rules(bigint, text, text) is 'The modes that apply, the most restrictive first, and what set them';

create function zap.effective_mode(source_id bigint default null, tenant text default null, event text default null)
returns text
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select r.mode from zap.mode_rules(source_id, tenant, event) as r limit 1;
$$;
comment on function zap.effective_mode(bigint, text, text) is
'off, shadow or live: what holds for a tenant''s event of a source; null leaves out what is set for one';

create function zap.modes()
returns table (relation text, event text, tenant_id text, mode text, set_by text)
language sql stable
set search_path = pg_catalog, pg_temp
as $$
    select s.relation, e.event, t.tenant_id, r.mode, r.set_by
    from zap.source as s
    cross join lateral (
        select s.event where s.events is null
        union
        select v.value from jsonb_each_text(s.events) as v
    ) as e (event)
    cross join (
        select null::text
        union
        select o.tenant_id from zap.setting as o where o.key = 'mode' or o.key like 'mode:%'
    ) as t (tenant_id)
    cross join lateral (
        select m.mode, m.set_by from zap.mode_rules(s.id, t.tenant_id, e.event) as m limit 1
    ) as r
    where s.detached_at is null
    order by s.relation, e.event, t.tenant_id nulls first;
$$;
comment on function zap.modes() is
'What holds for each event of each attached table: for tenants without a mode of their own, and for those that have one';

create function zap.set_mode(mode text, tenant text default null, event text default null, source text default null)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    setting constant text := 'mode' || coalesce(':' || event, '');
begin
    if coalesce(mode, '') <> all (array['off', 'shadow', 'live']) then
        raise exception 'zap.set_mode: there is no mode %', coalesce(mode, 'null')
            using errcode = 'invalid_parameter_value', hint = 'Modes are off, shadow and live.';
    end if;
    if source is not null and tenant is not null then
        raise exception 'zap.set_mode: a source''s mode is the same for all tenants'
            using errcode = 'invalid_parameter_value', hint = 'Give a source, or a tenant and perhaps an event.';
    end if;
    if source is not null then
        return zap.set_source_mode(mode, source, event);
    end if;
    -- To restrict nothing and to say nothing are the same.
    if mode = 'live' then
        return zap.reset_setting(setting, tenant);
    end if;
    return zap.set_setting(setting, to_jsonb(mode), tenant);
end
$$;
comment on function zap.set_mode(text, text, text, text) is
'Sets the mode for all, a tenant, an event, a tenant''s event, or an attached table; live takes the restriction away. '
'false: it was so already';

create function zap.set_source_mode(mode text, source text, event text)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    ids constant bigint [] := zap.sources_named(source);
    changed record;
    any_changed boolean := false;
begin
    if event is not null and not exists (
        select from zap.source as s where s.id = any(ids) and s.event = set_source_mode.event
    ) then
        raise exception 'zap.set_mode: % has no event %', source, event
            using errcode = 'no_data_found', hint = 'Events: select relation, event from zap.source;';
    end if;
    for changed in
        update zap.source as s set mode = set_source_mode.mode
        where s.id = any(ids) and (set_source_mode.event is null or s.event = set_source_mode.event)
            and s.mode <> set_source_mode.mode
        returning s.id, s.relation, s.event
    loop
        any_changed := true;
        perform zap.log_control(
            'setting', null, changed.id, null, format('mode of %s, %s = %s', changed.relation, changed.event, mode)
        );
    end loop;
    return any_changed;
end
$$;
comment on function zap.set_source_mode(text, text, text) is 'Sets the mode of a table''s sources';

revoke all on function zap.mode_rules(bigint, text, text) from public;
revoke all on function zap.effective_mode(bigint, text, text) from public;
revoke all on function zap.modes() from public;
revoke all on function zap.set_mode(text, text, text, text) from public;
revoke all on function zap.set_source_mode(text, text, text) from public;
