-- The functions of the library.
create function zap.send_whatsapp_notification_after_items()
returns trigger
language c
as 'MODULE_PATHNAME', 'send_whatsapp_notification_after_items_wrapper';
comment on function zap.send_whatsapp_notification_after_items() is
'Captures the first item of an order. Arguments: id of the source, event, key columns. Put on a table by zap.attach';
-- Not revoked from public: whoever makes a partition of an attached table must be allowed to execute its trigger's function, and
-- the table's owner may change. To put it on a table of one's own takes USAGE on the schema, which public does not have. The
-- same goes for the next two.

create function zap.capture_insert()
returns trigger
language c
as 'MODULE_PATHNAME', 'capture_insert_wrapper';
comment on function zap.capture_insert() is
'Captures a new row. Arguments: id of the source, event, key columns. Put on a table by zap.attach_inserts';

create function zap.capture_status()
returns trigger
language c
as 'MODULE_PATHNAME', 'capture_status_wrapper';
comment on function zap.capture_status() is
'Captures a row''s status. Arguments: id of the source, status column, number of key columns, key columns, values and their events. '
'Put on a table by zap.attach_status';

create function zap.flush()
returns integer
language c volatile parallel unsafe
as 'MODULE_PATHNAME', 'flush_wrapper';
comment on function zap.flush() is
'Writes what this transaction captured so far, which COMMIT would do; returns the number of orders';
revoke all on function zap.flush() from public;

create function zap.request_wake()
returns void
language c volatile parallel unsafe
as 'MODULE_PATHNAME', 'request_wake_wrapper';
comment on function zap.request_wake() is
'Has the daemon woken after COMMIT, as after a capture';
revoke all on function zap.request_wake() from public;

create function zap.highest_value(relation regclass, column_name name)
returns text
language c stable strict
as 'MODULE_PATHNAME', 'highest_value_wrapper';
comment on function zap.highest_value(regclass, name) is
'Highest value of a column, as text, read with the rights of the table''s owner; null when there is none';
revoke all on function zap.highest_value(regclass, name) from public;

create function zap.ask_as(role oid, statement bytea, subject bytea)
returns bytea
language c volatile strict
as 'MODULE_PATHNAME', 'ask_as_wrapper';
comment on function zap.ask_as(oid, bytea, bytea) is
'Rows of a query about one subject ($1, a text array), as JSON, with the rights of a role that the current one is a member of; '
'nothing that the query calls gets beyond them. All texts in the server''s encoding';
revoke all on function zap.ask_as(oid, bytea, bytea) from public;

create function zap.key_rows(relation regclass, key smallint [], key_values text [], created smallint)
returns table (writer bigint, created_at timestamptz)
language c stable strict
as 'MODULE_PATHNAME', 'key_rows_wrapper';
comment on function zap.key_rows(regclass, smallint [], text [], smallint) is
'Rows whose columns of these numbers have these values, read with the rights of the table''s owner: the low half of the '
'transaction that wrote each, and its time of creation (column number 0: null)';
revoke all on function zap.key_rows(regclass, smallint [], text [], smallint) from public;
