-- What a provider says of an address holds for the channel that asked: another one may call the same person otherwise.
create table zap.recipient_address (
    channel_id bigint not null references zap.channel (id) on delete cascade,
    kind text not null,
    address text not null,
    confirmed_address text,
    asked_at timestamptz not null default pg_catalog.clock_timestamp(),
    expires_at timestamptz not null,
    primary key (channel_id, kind, address)
);
create index recipient_address_expiring on zap.recipient_address (expires_at);
comment on table zap.recipient_address is 'Under which address a channel''s provider knows a recipient; asked anew when it has expired';
comment on column zap.recipient_address.channel_id is 'Channel that asked';
comment on column zap.recipient_address.kind is 'phone';
comment on column zap.recipient_address.address is 'Canonical address, as in zap.notification_queue.recipient';
comment on column zap.recipient_address.confirmed_address is 'Address to send to; null: not on WhatsApp';
comment on column zap.recipient_address.asked_at is 'When the provider was asked';
comment on column zap.recipient_address.expires_at is 'Until when its answer counts';

create table zap.recipient_alias (
    channel_id bigint not null references zap.channel (id) on delete cascade,
    alias text not null,
    kind text not null,
    address text not null,
    seen_at timestamptz not null default pg_catalog.clock_timestamp(),
    primary key (channel_id, alias)
);
create index recipient_alias_by_time on zap.recipient_alias (seen_at);
comment on table zap.recipient_alias is 'Other names of a recipient at a channel''s provider: without the ninth digit, LID, BSUID';
comment on column zap.recipient_alias.channel_id is 'Channel whose provider uses it';
comment on column zap.recipient_alias.alias is 'The name, as the provider writes it';
comment on column zap.recipient_alias.kind is 'Kind of the canonical address';
comment on column zap.recipient_alias.address is 'Canonical address, as in zap.notification_queue.recipient';
comment on column zap.recipient_alias.seen_at is 'When the provider used it last';
