create table zap.daemon (
    name text primary key,
    instance uuid not null,
    lease_until timestamptz not null,
    started_at timestamptz not null default pg_catalog.clock_timestamp(),
    version text not null
) with (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);
comment on table zap.daemon is 'Daemons at work. Each renews its lease here, for all its channels; others delete a row whose lease has run out';
comment on column zap.daemon.name is 'Name by which it is known, unique in the database';
comment on column zap.daemon.instance is 'The process: a daemon started anew is another one';
comment on column zap.daemon.lease_until is 'Until when it may begin requests';
comment on column zap.daemon.started_at is 'When it began';
comment on column zap.daemon.version is 'Its version';
