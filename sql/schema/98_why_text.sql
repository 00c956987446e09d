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

-- A database in another encoding than the install script's takes the script's bytes for letters of its own.
create function zap.written_text(written text)
returns text
language plpgsql immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    if getdatabaseencoding() in ('UTF8', 'SQL_ASCII') then
        return written;
    end if;
    return convert_from(convert_to(replace(written, '…', '...'), getdatabaseencoding()), 'UTF8');
exception
    when untranslatable_character or character_not_in_repertoire then
        return written;
end
$$;
comment on function zap.written_text(text) is 'A text of the install script with its accents, whatever the database''s encoding';

revoke all on function zap.written_text(text) from public;
revoke all on function zap.shell_word(text) from public;
revoke all on function zap.fill_text(text, jsonb) from public;
revoke all on function zap.masked_number(text) from public;
