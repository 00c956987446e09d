-- Apart from zap.channel_state, whose rows marks lock: who looks after a channel's health must not hold up its messages.
create table zap.channel_health (
    channel_id bigint primary key references zap.channel (id) on delete cascade,
    connection text check (connection in ('connected', 'connecting', 'awaits_pairing', 'disconnected')),
    connection_since timestamptz,
    detail text,
    connected_number text,
    checked_at timestamptz,
    latency_ms integer,
    error text,
    health_due_at timestamptz not null default pg_catalog.clock_timestamp()
) with (fillfactor = 50, autovacuum_vacuum_threshold = 200, autovacuum_vacuum_scale_factor = 0);
comment on table zap.channel_health is 'Whether a channel''s number is connected to WhatsApp, as its provider says';
comment on column zap.channel_health.channel_id is 'The channel';
comment on column zap.channel_health.connection is 'connected, connecting, awaits_pairing (a person has to scan a code), disconnected; null: not known';
comment on column zap.channel_health.connection_since is 'Since when that is so';
comment on column zap.channel_health.detail is 'More, in the provider''s words';
comment on column zap.channel_health.connected_number is 'The number that is connected, digits';
comment on column zap.channel_health.checked_at is 'When the provider was asked last';
comment on column zap.channel_health.latency_ms is 'How long its answer took';
comment on column zap.channel_health.error is 'Why it could not be asked; null: it answered';
comment on column zap.channel_health.health_due_at is 'When to ask next; whoever learns of a change sets it to now';
