-- A server may know other zones than the one that a dump was made on: a tenant must not be lost for that. What restores
-- says so by not having functions' bodies checked.
create function zap.check_timezone()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform clock_timestamp() at time zone new.timezone;
    return new;
exception
    when invalid_parameter_value then
        if not current_setting('check_function_bodies')::boolean then
            raise warning 'zap.%: there is no time zone %; UTC is taken instead', tg_table_name, new.timezone;
            return new;
        end if;
        raise exception 'zap.%: there is no time zone %', tg_table_name, new.timezone
            using errcode = 'invalid_parameter_value', hint = 'A name such as America/Sao_Paulo: select name from pg_timezone_names;';
end
$$;
comment on function zap.check_timezone() is 'Refuses a time zone that the server does not know';
revoke all on function zap.check_timezone() from public;

create trigger tenant_timezone before insert or update of timezone on zap.tenant
for each row execute function zap.check_timezone();

-- Whoever reads a restored one must not fail.
create function zap.known_timezone(zone text)
returns text
language plpgsql stable
set search_path = pg_catalog, pg_temp
as $$
begin
    perform clock_timestamp() at time zone zone;
    return zone;
exception
    when invalid_parameter_value then
        return 'UTC';
end
$$;
comment on function zap.known_timezone(text) is 'The time zone, or UTC where the server does not know it';
revoke all on function zap.known_timezone(text) from public;
