create table zap.installation (
    id integer primary key default 1 check (id = 1),
    system_identifier bigint not null,
    database_oid oid not null,
    data_directory text not null,
    adopted_at timestamptz not null default pg_catalog.clock_timestamp(),
    adopted_by text not null default session_user
);
comment on table zap.installation is 'The server this database is meant to send from; a copy elsewhere sends nothing until adopted';
comment on column zap.installation.id is 'Always 1: there is one row';
comment on column zap.installation.system_identifier is 'Identifier that initdb gave the cluster';
comment on column zap.installation.database_oid is 'The database within it';
comment on column zap.installation.data_directory is 'Where the cluster keeps its files';
comment on column zap.installation.adopted_at is 'When it was recognised or adopted';
comment on column zap.installation.adopted_by is 'Who did it';

-- security definer: data_directory is shown to superusers and pg_read_all_settings only.
create function zap.this_installation(
    out system_identifier bigint, out database_oid oid, out data_directory text
)
language sql stable security definer
set search_path = pg_catalog, pg_temp
return (
    (select c.system_identifier from pg_catalog.pg_control_system() as c),
    (select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database()),
    pg_catalog.current_setting('data_directory')
);
comment on function zap.this_installation() is 'Identity of the server and database that run this, to compare with zap.installation';
revoke all on function zap.this_installation() from public;
