-- Templates, rendered and checked by the library, which takes and gives texts as UTF-8.
create function zap.render_utf8(body bytea, context bytea, timezone bytea)
returns bytea
language c immutable strict
as 'MODULE_PATHNAME', 'render_utf8_wrapper';
comment on function zap.render_utf8(bytea, bytea, bytea) is 'The library''s part of zap.render';

create function zap.check_template_utf8(body bytea, sample bytea, names_known boolean)
returns bytea
language c immutable strict
as 'MODULE_PATHNAME', 'check_template_utf8_wrapper';
comment on function zap.check_template_utf8(bytea, bytea, boolean) is 'The library''s part of zap.check_template';

create function zap.check_provider_template_utf8(template bytea, sample bytea, names_known boolean)
returns bytea
language c immutable strict
as 'MODULE_PATHNAME', 'check_provider_template_utf8_wrapper';
comment on function zap.check_provider_template_utf8(bytea, bytea, boolean) is 'The library''s part of zap.check_provider_template';

create function zap.fill_provider_template_utf8(template bytea, context bytea, timezone bytea)
returns bytea
language c immutable strict
as 'MODULE_PATHNAME', 'fill_provider_template_utf8_wrapper';
comment on function zap.fill_provider_template_utf8(bytea, bytea, bytea) is 'The library''s part of zap.fill_provider_template';

create function zap.builtin_template_utf8(event bytea, audience bytea, locale bytea)
returns bytea
language c immutable strict
as 'MODULE_PATHNAME', 'builtin_template_utf8_wrapper';
comment on function zap.builtin_template_utf8(bytea, bytea, bytea) is 'The library''s part of zap.builtin_template';

create function zap.sample_context_utf8()
returns bytea
language c immutable
as 'MODULE_PATHNAME', 'sample_context_utf8_wrapper';
comment on function zap.sample_context_utf8() is 'The library''s part of zap.sample_context';

create function zap.normalize_phone_utf8(number bytea, area_code bytea)
returns bytea
language c immutable
as 'MODULE_PATHNAME', 'normalize_phone_utf8_wrapper';
comment on function zap.normalize_phone_utf8(bytea, bytea) is 'The library''s part of zap.normalize_phone';

create function zap.choose_channel(ids bigint [], shares smallint [], recipient bytea)
returns bigint
language c immutable strict
as 'MODULE_PATHNAME', 'choose_channel_wrapper';
comment on function zap.choose_channel(bigint [], smallint [], bytea) is
'Which of several channels, in the order of their priority and with their shares, serves a recipient';

create function zap.render(body text, context jsonb, timezone text default 'America/Sao_Paulo')
returns text
language sql immutable strict
set search_path = pg_catalog, pg_temp
return convert_from(
    zap.render_utf8(convert_to(body, 'UTF8'), convert_to(context::text, 'UTF8'), convert_to(timezone, 'UTF8')), 'UTF8'
);
comment on function zap.render(text, jsonb, text) is 'The message that a template makes of a context';

create function zap.check_template(body text, sample jsonb default null, names_known boolean default true)
returns text
language sql immutable
set search_path = pg_catalog, pg_temp
return convert_from(
    zap.check_template_utf8(
        convert_to(body, 'UTF8'), coalesce(convert_to(sample::text, 'UTF8'), zap.sample_context_utf8()),
        names_known
    ),
    'UTF8'
);
comment on function zap.check_template(text, jsonb, boolean) is
'What is wrong with a template, in one line; null: it makes a message of the sample (null: an invented order). names_known false: '
'an order may have names that the sample lacks';

create function zap.check_provider_template(template jsonb, sample jsonb default null, names_known boolean default true)
returns text
language sql immutable
set search_path = pg_catalog, pg_temp
return convert_from(
    zap.check_provider_template_utf8(
        convert_to(template::text, 'UTF8'), coalesce(convert_to(sample::text, 'UTF8'), zap.sample_context_utf8()),
        names_known
    ),
    'UTF8'
);
comment on function zap.check_provider_template(jsonb, jsonb, boolean) is
'What is wrong with what fills an approved template, in one line; null: nothing';

create function zap.fill_provider_template(template jsonb, context jsonb, timezone text default 'America/Sao_Paulo')
returns jsonb
language sql immutable strict
set search_path = pg_catalog, pg_temp
return convert_from(
    zap.fill_provider_template_utf8(
        convert_to(template::text, 'UTF8'), convert_to(context::text, 'UTF8'), convert_to(timezone, 'UTF8')
    ),
    'UTF8'
)::jsonb;
comment on function zap.fill_provider_template(jsonb, jsonb, text) is 'An approved template with its gaps filled from a context';

create function zap.builtin_template(event text, audience text default 'customer', locale text default 'pt-BR')
returns text
language sql immutable strict
set search_path = pg_catalog, pg_temp
return convert_from(
    zap.builtin_template_utf8(convert_to(event, 'UTF8'), convert_to(audience, 'UTF8'), convert_to(locale, 'UTF8')), 'UTF8'
);
comment on function zap.builtin_template(text, text, text) is 'The text that is sent as long as nobody has saved one';

create function zap.sample_context()
returns jsonb
language sql immutable
set search_path = pg_catalog, pg_temp
return convert_from(zap.sample_context_utf8(), 'UTF8')::jsonb;
comment on function zap.sample_context() is 'The values of an invented order';

create function zap.normalize_phone(number text, area_code text default null)
returns text
language sql immutable
set search_path = pg_catalog, pg_temp
return case
    when number is not null
        then convert_from(zap.normalize_phone_utf8(convert_to(number, 'UTF8'), convert_to(area_code, 'UTF8')), 'UTF8')
end;
comment on function zap.normalize_phone(text, text) is
'A number as people write it, as +5511987654321; area_code completes one without. Of other countries only the length counts';

revoke all on function zap.render_utf8(bytea, bytea, bytea) from public;
revoke all on function zap.check_template_utf8(bytea, bytea, boolean) from public;
revoke all on function zap.check_provider_template_utf8(bytea, bytea, boolean) from public;
revoke all on function zap.fill_provider_template_utf8(bytea, bytea, bytea) from public;
revoke all on function zap.builtin_template_utf8(bytea, bytea, bytea) from public;
revoke all on function zap.sample_context_utf8() from public;
revoke all on function zap.normalize_phone_utf8(bytea, bytea) from public;
revoke all on function zap.choose_channel(bigint [], smallint [], bytea) from public;
revoke all on function zap.render(text, jsonb, text) from public;
revoke all on function zap.check_template(text, jsonb, boolean) from public;
revoke all on function zap.check_provider_template(jsonb, jsonb, boolean) from public;
revoke all on function zap.fill_provider_template(jsonb, jsonb, text) from public;
revoke all on function zap.builtin_template(text, text, text) from public;
revoke all on function zap.sample_context() from public;
revoke all on function zap.normalize_phone(text, text) from public;
