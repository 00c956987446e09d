-- Saving texts: each is a new version, tried out on an order before anybody receives it (zap.try_template).

create function zap.check_template_key(action text, event text, tenant text, audience text, locale text)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if coalesce(event, '') !~ '^[a-z][a-z0-9_:.-]*$' then
        raise exception 'zap.%: % is not the name of an event', action, coalesce(event, 'null')
            using errcode = 'invalid_parameter_value', hint = 'Small letters, digits and _ : . -, such as order_ready.';
    end if;
    if coalesce(audience, '') !~ '^[a-z][a-z0-9_]*$' then
        raise exception 'zap.%: % is not the name of an audience', action, coalesce(audience, 'null')
            using errcode = 'invalid_parameter_value', hint = 'customer, shop, courier, or one of your own in small letters.';
    end if;
    if coalesce(locale, '') !~ '^[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*$' then
        raise exception 'zap.%: % is not a language', action, coalesce(locale, 'null')
            using errcode = 'invalid_parameter_value', hint = 'A tag such as pt-BR, as zap.tenant has it.';
    end if;
    if not exists (select from zap.tenant as t where t.id = tenant) and tenant is not null then
        raise exception 'zap.%: there is no tenant %', action, tenant
            using errcode = 'no_data_found', hint = 'Tenants: select id, name from zap.tenant; null is for every tenant.';
    end if;
end
$$;
comment on function zap.check_template_key(text, text, text, text, text) is 'Refuses what a template cannot be for';

-- A company reads the texts of its own language only.
create function zap.languages_instead(tenant text, locale text)
returns text
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    with readers as (
        select t.locale from zap.tenant as t where t.id = tenant or (tenant is null and t.enabled)
    ),

    spoken as (
        select r.locale from readers as r
        union
        select 'pt-BR' as locale where not exists (select from readers)
    )

    select string_agg(s.locale, ', ' order by s.locale)
    from spoken as s
    having bool_and(s.locale <> $2);
end;
comment on function zap.languages_instead(text, text) is 'Languages of those that a text is for, none of which is its own; null: one is';

create function zap.report_language(action text, tenant text, locale text)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
declare
    spoken constant text := zap.languages_instead(tenant, locale);
begin
    if spoken is not null then
        raise notice 'zap.%: nobody reads this text yet: it is in %, and the language of % is %', action, locale,
            coalesce('tenant ' || tenant, 'the companies'), spoken
            using hint = format('Save it with locale => %L, or change the language: zap.tenant.locale.', spoken);
    end if;
end
$$;
comment on function zap.report_language(text, text, text) is 'Says that a text was saved in a language that nobody speaks';

create function zap.save_template(
    event text,
    body text,
    tenant text default null,
    audience text default 'customer',
    locale text default 'pt-BR',
    activate boolean default true
)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    tried record;
    new_version integer;
begin
    perform zap.check_template_key('save_template', event, tenant, audience, locale);
    if coalesce(body, '') !~ '\S' or length(body) > 16384 then
        raise exception 'zap.save_template: a template has 1 to 16384 characters'
            using errcode = 'invalid_parameter_value', hint = 'The text that is sent now: select zap.builtin_template(''order_received'');';
    end if;
    select t.* into tried from zap.try_template(event, body) as t;
    if tried.problem is not null then
        raise exception 'zap.save_template: %', tried.problem
            using errcode = 'invalid_parameter_value', hint = zap.hint_about_names();
    end if;
    perform zap.report_unchecked('save_template', event, tried.unchecked);
    perform zap.report_language('save_template', tenant, locale);
    -- Two that save at once would count the same version.
    lock table zap.template in share row exclusive mode;
    select coalesce(max(t.version), 0) + 1 into new_version
    from zap.template as t
    where t.tenant_id is not distinct from tenant and t.event = save_template.event
        and t.audience = save_template.audience and t.locale = save_template.locale;
    insert into zap.template (tenant_id, event, audience, locale, version, body, active)
    values (tenant, event, audience, locale, new_version, body, false);
    if activate then
        perform zap.activate_template(event, new_version, tenant, audience, locale);
    end if;
    return new_version;
end
$$;
comment on function zap.save_template(text, text, text, text, text, boolean) is
'Saves the text of an event as a new version, which holds from now on unless activate is false; returns the version';

create function zap.activate_template(
    event text, version integer, tenant text default null, audience text default 'customer', locale text default 'pt-BR'
)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    was_active boolean;
begin
    select t.active into was_active
    from zap.template as t
    where t.tenant_id is not distinct from tenant and t.event = activate_template.event
        and t.audience = activate_template.audience and t.locale = activate_template.locale
        and t.version = activate_template.version;
    if not found then
        raise exception 'zap.activate_template: there is no version % of this template', coalesce(version::text, 'null')
            using errcode = 'no_data_found', hint = 'Versions: select tenant_id, event, audience, locale, version from zap.template;';
    end if;
    if was_active then
        return false;
    end if;
    perform zap.deactivate_template(event, tenant, audience, locale);
    update zap.template as t set active = true
    where t.tenant_id is not distinct from tenant and t.event = activate_template.event
        and t.audience = activate_template.audience and t.locale = activate_template.locale
        and t.version = activate_template.version;
    return true;
end
$$;
comment on function zap.activate_template(text, integer, text, text, text) is
'Has this version of a text hold from now on; false: it did';

create function zap.deactivate_template(
    event text, tenant text default null, audience text default 'customer', locale text default 'pt-BR'
)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update zap.template as t set active = false
    where t.tenant_id is not distinct from tenant and t.event = deactivate_template.event
        and t.audience = deactivate_template.audience and t.locale = deactivate_template.locale and t.active;
    return found;
end
$$;
comment on function zap.deactivate_template(text, text, text, text) is
'Goes back to the text for every tenant, or to the built-in one; false: no text of one''s own was in use';

create function zap.save_provider_template(
    event text,
    name text,
    parameters jsonb default '[]',
    header jsonb default null,
    buttons jsonb default '[]',
    language text default 'pt_BR',
    tenant text default null,
    audience text default 'customer',
    locale text default 'pt-BR'
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    tried record;
begin
    perform zap.check_template_key('save_provider_template', save_provider_template.event, tenant,
        save_provider_template.audience, save_provider_template.locale);
    if coalesce(save_provider_template.name, '') = '' then
        raise exception 'zap.save_provider_template: no name given'
            using errcode = 'invalid_parameter_value', hint = 'The name under which the provider approved it.';
    end if;
    select t.* into tried from zap.try_provider_template(
        save_provider_template.event,
        jsonb_strip_nulls(jsonb_build_object(
            'name', save_provider_template.name, 'language', save_provider_template.language,
            'parameters', save_provider_template.parameters, 'header', save_provider_template.header,
            'buttons', save_provider_template.buttons
        ))
    ) as t;
    if tried.problem is not null then
        raise exception 'zap.save_provider_template: %', tried.problem
            using errcode = 'invalid_parameter_value',
            hint = zap.hint_about_names() || ' A gap takes one line: {{ items | itens | linha(300) }}, for example.';
    end if;
    perform zap.report_unchecked('save_provider_template', save_provider_template.event, tried.unchecked);
    perform zap.report_language('save_provider_template', tenant, save_provider_template.locale);
    insert into zap.provider_template as p
        (tenant_id, event, audience, locale, name, language, parameters, header, buttons)
    values (
        tenant, save_provider_template.event, save_provider_template.audience, save_provider_template.locale,
        save_provider_template.name, save_provider_template.language, save_provider_template.parameters,
        save_provider_template.header, save_provider_template.buttons
    )
    on conflict (tenant_id, event, audience, locale) do update
    set name = excluded.name, language = excluded.language, parameters = excluded.parameters, header = excluded.header,
        buttons = excluded.buttons;
end
$$;
comment on function zap.save_provider_template(text, text, jsonb, jsonb, jsonb, text, text, text, text) is
'Saves what fills the gaps of a template that a provider has approved; one line each';

revoke all on function zap.languages_instead(text, text) from public;
revoke all on function zap.report_language(text, text, text) from public;
revoke all on function zap.check_template_key(text, text, text, text, text) from public;
revoke all on function zap.save_template(text, text, text, text, text, boolean) from public;
revoke all on function zap.activate_template(text, integer, text, text, text) from public;
revoke all on function zap.deactivate_template(text, text, text, text) from public;
revoke all on function zap.save_provider_template(text, text, jsonb, jsonb, jsonb, text, text, text, text) from public;
