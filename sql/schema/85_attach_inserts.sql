-- Attaching a table whose every new row is an event.
create function zap.attach_inserts(
    relation regclass,
    event text default 'order_received',
    key_column name default null,
    context_query text default null,
    settle interval default '2 seconds',
    max_settle interval default '10 seconds',
    ready_when text default null,
    max_age interval default '24 hours',
    expires_after interval default '6 hours',
    mode text default 'live'
)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
set lock_timeout = '2s'
as $$
#variable_conflict use_variable
declare
    wanted zap.source;
begin
    perform zap.check_table(relation);
    perform zap.check_options(event, mode, settle, max_settle, max_age, expires_after);
    select k.key_columns, k.order_relation, k.order_key, k.key_types
    into wanted.key_columns, wanted.order_relation, wanted.order_key, wanted.key_types
    from zap.row_key_of(relation, key_column) as k;
    wanted.relation := relation;
    wanted.captures := 'insert';
    wanted.event := event;
    wanted.supersedes := false;
    wanted.context_query := context_query;
    wanted.settle := settle;
    wanted.max_settle := max_settle;
    wanted.ready_when := ready_when;
    wanted.max_age := max_age;
    wanted.expires_after := expires_after;
    wanted.mode := mode;
    return zap.start_capture(wanted);
end
$$;
comment on function zap.attach_inserts(regclass, text, name, text, interval, interval, text, interval, interval, text) is
'Captures every new row of a table as an event. Returns the source''s id';
revoke all on function zap.attach_inserts(regclass, text, name, text, interval, interval, text, interval, interval, text) from public;
