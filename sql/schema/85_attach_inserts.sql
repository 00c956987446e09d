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
begin
    perform zap.check_table(relation);
    return zap.start_capture(
        zap.wanted_source(
            relation, 'insert', event, context_query, settle, max_settle, ready_when, max_age, expires_after, mode
        ),
        key_column
    );
end
$$;
comment on function zap.attach_inserts(regclass, text, name, text, interval, interval, text, interval, interval, text) is
'Captures every new row of a table as an event. Returns the source''s id';
revoke all on function zap.attach_inserts(regclass, text, name, text, interval, interval, text, interval, interval, text) from public;
