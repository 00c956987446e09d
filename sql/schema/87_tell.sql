-- Whom to tell about the events of a source.
create function zap.tell(
    source text,
    audience text,
    recipient text default null,
    event text default null,
    purpose text default null,
    enabled boolean default true
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
    ids bigint [] := zap.sources_named(tell.source);
    problem text;
begin
    if coalesce(tell.audience, '') !~ '^[a-z][a-z0-9_]*$' or tell.purpose !~ '^[a-z][a-z0-9_]*$' then
        raise exception 'zap.tell: % is not a name', coalesce(nullif(tell.audience, ''), tell.purpose, 'null')
            using errcode = 'invalid_parameter_value', hint = 'customer, shop, courier, or one of your own in small letters.';
    end if;
    if tell.enabled and tell.audience <> 'customer' and coalesce(tell.recipient, '') !~ '\S' then
        raise exception 'zap.tell: the audience % has no recipient', tell.audience
            using errcode = 'invalid_parameter_value',
            hint = 'A number, or where the context has it: recipient => ''{{ company.phone }}''.';
    end if;
    if tell.recipient !~ '\{\{.*\}\}' and tell.recipient !~ '^[+(]?[0-9][0-9() .-]{7,}$' then
        raise exception 'zap.tell: the recipient is neither a number nor a text such as {{ company.phone }}'
            using errcode = 'invalid_parameter_value', hint = 'A number is written +5511987654321.';
    end if;
    problem := zap.check_template(tell.recipient);
    if problem is not null then
        -- The query for the context may know more than the sample.
        raise warning 'zap.tell: with a sample order the recipient is not found: %', problem
            using hint = 'What an order of yours has: zapgres preview ORDER.';
    end if;
    insert into zap.audience as a (source_id, name, event, recipient, purpose, enabled)
    select s.id, tell.audience, tell.event, tell.recipient, tell.purpose, tell.enabled
    from unnest(ids) as s (id)
    on conflict (source_id, name, event) do update
    set recipient = excluded.recipient, purpose = excluded.purpose, enabled = excluded.enabled;
end
$$;
comment on function zap.tell(text, text, text, text, text, boolean) is
'Has somebody told about the events of an attached table, beside the customer; enabled => false: not, the customer included';

create function zap.is_kept_from_customer(kept bigint)
returns boolean
language sql stable
set search_path = pg_catalog, pg_temp
begin atomic
    select exists (
        select from zap.audience as a
        where a.source_id = kept and a.name = 'customer' and a.event is null and not a.enabled
    );
end;
comment on function zap.is_kept_from_customer(bigint) is 'True when the customers of a source''s orders are not told of its events';

-- Attaching again keeps whom a source tells, also where its orders had no phone before.
create function zap.report_audience(attached zap.source, proposal jsonb)
returns void
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if coalesce((proposal -> 'has_phone')::boolean, true) and zap.is_kept_from_customer(attached.id) then
        raise notice 'zapgres: the customer is told of nothing of %, as before; to tell the customer: select zap.tell(%, ''customer'');',
            attached.relation, quote_literal(attached.relation);
    end if;
end
$$;
comment on function zap.report_audience(zap.source, jsonb) is 'Tells that a source''s customers are not told';

revoke all on function zap.tell(text, text, text, text, text, boolean) from public;
revoke all on function zap.report_audience(zap.source, jsonb) from public;
revoke all on function zap.is_kept_from_customer(bigint) from public;
