-- {name} in a text stands for a value; {name:sql} and {name:sh} for it as a literal of that language.
create function zap.shell_word(word text)
returns text
language sql immutable
set search_path = pg_catalog, pg_temp
return case
    when word ~ '^[A-Za-z0-9_.:@%+,/-]+$' then word
    else '''' || replace(word, '''', '''\''''') || ''''
end;
comment on function zap.shell_word(text) is 'A text as one word of a shell''s command line';

create function zap.fill_text(template text, given jsonb)
returns text
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    filled text := template;
    entry record;
begin
    for entry in select v.key, coalesce(v.value, '-') as value from jsonb_each_text(given) as v loop
        filled := replace(filled, '{' || entry.key || ':sql}', quote_literal(entry.value));
        filled := replace(filled, '{' || entry.key || ':sh}', zap.shell_word(entry.value));
        filled := replace(filled, '{' || entry.key || '}', entry.value);
    end loop;
    return filled;
end
$$;
comment on function zap.fill_text(text, jsonb) is 'A text with its values filled in';

-- All but the last four digits.
create function zap.masked_number(number text)
returns text
language sql immutable
set search_path = pg_catalog, pg_temp
return regexp_replace(number, '[0-9](?=[^0-9]*([0-9][^0-9]*){4})', '*', 'g');
comment on function zap.masked_number(text) is 'A number of which only the last four digits can be read';

revoke all on function zap.shell_word(text) from public;
revoke all on function zap.fill_text(text, jsonb) from public;
revoke all on function zap.masked_number(text) from public;
