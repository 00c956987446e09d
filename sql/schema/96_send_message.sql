create function zap.send_message(
    channel text,
    recipient text,
    body text default null,
    kind text default 'text',
    payload jsonb default '{}',
    recipient_kind text default 'phone',
    expires_after interval default '24 hours'
)
returns bigint
language plpgsql volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    chosen record;
    new_id bigint;
    name constant uuid := gen_random_uuid();
begin
    select c.id, c.tenant_id into chosen from zap.channel as c where c.name = send_message.channel;
    if not found then
        raise exception 'there is no channel %', send_message.channel
            using errcode = 'undefined_object', hint = 'zapgres channel list names them; zapgres channel add adds one.';
    end if;
    if coalesce(kind, '') <> all (array[
        'text', 'template', 'image', 'document', 'audio', 'video', 'sticker', 'location', 'contact', 'reaction', 'buttons',
        'list', 'poll'
    ]) then
        raise exception 'there are no messages of kind %', kind
            using
                errcode = 'invalid_parameter_value',
                hint = 'text, template, image, document, audio, video, sticker, location, contact, reaction, buttons, list or poll.';
    end if;
    if jsonb_typeof(payload) <> 'object' then
        raise exception 'the payload is no JSON object'
            using errcode = 'invalid_parameter_value', hint = 'Give it the fields of the kind, such as {"url": "https://h/a.jpg"}.';
    end if;
    if kind = 'text' and coalesce(nullif(body, ''), payload ->> 'text', '') !~ '\S' then
        raise exception 'a text message needs a body'
            using errcode = 'invalid_parameter_value', hint = 'Give body the text that the recipient shall read.';
    end if;
    -- Opt-outs and histories know these addresses without their servers.
    if recipient_kind in ('lid', 'group') then
        recipient := regexp_replace(recipient, '@(lid|g\.us)$', '');
    end if;
    if coalesce(recipient_kind, '') <> all (array['phone', 'lid', 'bsuid', 'group'])
        or coalesce(recipient, '') !~ '\S'
        -- They know a mobile of Brazil by its number with the ninth digit.
        or (
            recipient_kind = 'phone'
            and (recipient !~ '^\+[1-9][0-9]{7,14}$' or recipient ~ '^\+55[1-9]{2}[6-9][0-9]{7}$')
        )
    then
        -- The number itself is not repeated: it is private.
        raise exception 'this is not a recipient of kind %', recipient_kind
            using
                errcode = 'invalid_parameter_value',
                hint = 'A phone is written +5511987654321, a mobile of Brazil with its ninth digit; the other kinds are lid, bsuid and group.';
    end if;
    insert into zap.notification_queue (
        public_id, event, subject, dedup_key, tenant_id, channel_id, recipient, recipient_kind, kind, body, payload, resolved_at,
        expires_at
    )
    values (
        name, 'message', name::text, 'message:' || name, chosen.tenant_id, chosen.id, recipient, recipient_kind, kind, body,
        nullif(payload, '{}'), clock_timestamp(), clock_timestamp() + expires_after
    )
    returning id into new_id;
    insert into zap.notification_logs (notification_id, tenant_id, channel_id, level, event, code)
    values (new_id, chosen.tenant_id, chosen.id, 'info', 'resolved', 'resolved');
    return new_id;
end
$$;
comment on function zap.send_message(text, text, text, text, jsonb, text, interval) is
'Queues one message of any kind for a channel; returns the notification''s id. body: the text or caption; payload: what else the '
'kind needs';
revoke all on function zap.send_message(text, text, text, text, jsonb, text, interval) from public;
