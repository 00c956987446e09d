create function zap.codes_in_english()
returns table (code text, meaning text, remedy text)
language sql immutable
set search_path = pg_catalog, pg_temp
begin atomic
    select
        v.code,
        v.meaning,
        v.remedy
    from (
        values
        (
            'captured',
            'The database announced it when the order was written.',
            null
        ),
        (
            'swept',
            'The sweep found the order, which capture had not announced.',
            null
        ),
        (
            'missed_drained',
            'It could not enter the queue at once and was moved there later.',
            null
        ),
        (
            'coalesced',
            'Another message speaks for this one.',
            null
        ),
        (
            'superseded',
            'A later event of the order took its place.',
            null
        ),
        (
            'settling',
            'The order is still changing; the message waits until it is quiet.',
            null
        ),
        (
            'not_ready',
            'The condition ready_when of {source} does not hold for this order yet.',
            'select ready_when from zap.source where id = {source_id};  -- complete the order, or change the condition'
        ),
        (
            'order_gone',
            'The order is not there any more: it was deleted, or the context query does not return it.',
            'select context_query from zap.source where id = {source_id};  -- it has to return order {subject}'
        ),
        (
            'no_context_query',
            '{source} has no context query: nobody has said where phone and name come from.',
            'update zap.source set context_query = zap.propose({source:sql}) where id = {source_id};  -- and then: zapgres setup'
        ),
        (
            'context_error',
            'The context query of {source} fails.',
            'update zap.source set context_query = zap.propose({source:sql}) where id = {source_id};  -- looks at the tables anew; or give your own query'
        ),
        (
            'too_old',
            'The order is older than max_age of {source}: old orders stay quiet.',
            'update zap.source set max_age = ''48 hours'' where id = {source_id};  -- and then: zapgres queue retry {id}'
        ),
        (
            'tenant_gone',
            'The order''s company is not in zap.tenant.',
            'zapgres tenant set ID  # its id in your own tables'
        ),
        (
            'tenant_disabled',
            'Company {tenant} is switched off.',
            'zapgres tenant enable {tenant:sh}  # and then: zapgres queue retry {id}'
        ),
        (
            'no_phone',
            'The order has no phone number.',
            'Write the number into order {subject} (for the shop: zapgres tenant set {tenant:sh} --phone NUMBER), and then: zapgres queue retry {id}'
        ),
        (
            'invalid_phone',
            'The order''s phone is no possible WhatsApp number.',
            'Correct the number of order {subject}, and then: zapgres queue retry {id}'
        ),
        (
            'template_error',
            'The text cannot be made from its template.',
            'select id, tenant_id, version, body from zap.template where event = {event:sql} and active;  -- correct the template; the message '
            'then goes by itself'
        ),
        (
            'write_error',
            'The database refuses to store the finished message.',
            'See the error above and the daemon''s log: journalctl -u zapgres'
        ),
        (
            'no_audience',
            'Nobody is told of this event: the customer is taken off, and no other audience is enabled.',
            'select zap.tell({source:sql}, ''customer'');'
        ),
        (
            'told',
            'Another audience is told of the same event, too.',
            null
        ),
        (
            'resolved',
            'Message ready for {recipient}, through channel {channel} (template {template}).',
            null
        ),
        (
            'no_channel',
            'No channel of company {tenant} can be used.',
            'zapgres channel list  # enable one, or: zapgres channel add NAME --tenant {tenant:sh} --provider … --url … --instance … --credential …'
        ),
        (
            'source_off',
            '{source} is switched off (mode = off).',
            '{live}  # and then: zapgres queue retry {id}'
        ),
        (
            'mode_off',
            'A setting switches it off (mode = off), for all, for the company or for the event.',
            '{live}  # and then: zapgres queue retry {id}'
        ),
        (
            'shadow',
            'Shadow mode: everything was done but the sending to {recipient}.',
            '{live}  # only if it shall be sent; and then: zapgres queue retry {id}'
        ),
        (
            'opted_out',
            'The recipient wants no messages ({recipient}).',
            'update zap.recipient set opted_out_at = null where tenant_id = {tenant:sql} and address = (select n.recipient from '
            'zap.notification_queue as n where n.id = {id});  -- only if they ask for it; and then: zapgres queue retry {id}'
        ),
        (
            'expired',
            'It could not be sent in time.',
            'zapgres queue retry {id}  # the limit: update zap.source set expires_after = ''12 hours'' where id = {source_id};'
        ),
        (
            'canceled',
            'A person withdrew it.',
            'zapgres queue retry {id}'
        ),
        (
            'retried',
            'A person had it taken up again.',
            null
        ),
        (
            'resent',
            'A person had it sent once more.',
            null
        ),
        (
            'sent',
            'The provider accepted the message.',
            null
        ),
        (
            'delivered',
            'It reached the phone.',
            null
        ),
        (
            'read',
            'It was read.',
            null
        ),
        (
            'retrying',
            'An attempt failed; it is repeated.',
            null
        ),
        (
            'failed',
            'Given up: not delivered.',
            'zapgres queue retry {id}'
        ),
        (
            'uncertain',
            'The provider did not answer: the message may have gone out, or not.',
            null
        ),
        (
            'repeated',
            'Sent again after an attempt without an answer: it may be a repeat.',
            null
        ),
        (
            'reconciled',
            'The provider confirmed that it has the message.',
            null
        ),
        (
            'fallback',
            'Another channel of the company took it over, as the first one does not work.',
            null
        ),
        (
            'held',
            'Held after a send without an answer: a person decides.',
            'zapgres queue retry {id}  # or: zapgres queue cancel {id}'
        ),
        (
            'transient',
            'A passing failure of the provider.',
            'zapgres queue retry {id}'
        ),
        (
            'throttled',
            'The provider wants fewer messages.',
            'update zap.channel set rate_per_minute = 20 where name = {channel:sql};'
        ),
        (
            'recipient_invalid',
            'This number is not on WhatsApp.',
            'Correct the number of order {subject}, and then: zapgres queue retry {id}'
        ),
        (
            'window_closed',
            'WhatsApp takes free text only within 24 hours after the customer wrote.',
            'insert into zap.provider_template (event, name, language) values ({event:sql}, ''approved_name'', ''pt_BR'');  -- and then: zapgres '
            'queue retry {id}'
        ),
        (
            'channel_auth',
            'The access of channel {channel} is wrong: key, instance or address.',
            'zapgres channel test {channel:sh}  # correct the key where zap.channel.credential says it is'
        ),
        (
            'channel_down',
            'Channel {channel} does not work: the provider does not answer, or its phone is disconnected.',
            'zapgres channel connect {channel:sh}'
        ),
        (
            'rejected',
            'The provider refuses this message.',
            'See the error above; when its cause is mended: zapgres queue retry {id}'
        ),
        (
            'source_error',
            'The database did not give what the message needs.',
            'zapgres setup'
        ),
        (
            'waiting',
            'It waits for its turn in channel {channel}.',
            null
        ),
        (
            'due_later',
            'It is due from {until} on.',
            null
        ),
        (
            'not_looked_at',
            'Just captured; the daemon looks at the order now.',
            null
        ),
        (
            'in_flight',
            'It is being sent now; the provider has not answered yet.',
            null
        ),
        (
            'no_daemon',
            'No daemon is at work on this database.',
            'systemctl enable --now zapgres  # or, on a terminal: zapgres run'
        ),
        (
            'not_adopted',
            'This database is a copy from another server and sends nothing.',
            'zapgres adopt  # only if the original does not send any more'
        ),
        (
            'sending_off',
            'Sending is switched off (sending.enabled = false).',
            'zapgres setting reset sending.enabled; zapgres setting reset sending.enabled --tenant {tenant:sh}'
        ),
        (
            'tenant_paused',
            'Company {tenant} is paused.',
            'zapgres tenant resume {tenant:sh}'
        ),
        (
            'channel_paused',
            'Channel {channel} is paused.',
            'zapgres channel resume {channel:sh}'
        ),
        (
            'channel_disabled',
            'Channel {channel} is switched off.',
            'update zap.channel set enabled = true where name = {channel:sql};'
        ),
        (
            'source_paused',
            '{source} is paused.',
            'zapgres source resume {source:sh}'
        ),
        (
            'breaker_open',
            'Channel {channel} does not work and rests; it is tried again at {until}.',
            'zapgres channel test {channel:sh}  # phone disconnected: zapgres channel connect {channel:sh}'
        ),
        (
            'disconnected',
            'The phone of channel {channel} is not connected.',
            'zapgres channel connect {channel:sh}'
        ),
        (
            'channel_locked',
            'A session has a transaction open that keeps channel {channel} from being used.',
            'select pg_terminate_backend(l.pid) from zap.locks_of_channel({channel:sql}) as l;  -- ends it: what it has not committed is undone'
        ),
        (
            'channel_cap',
            'Channel {channel} has sent what it may today; it goes on tomorrow.',
            'update zap.channel set daily_cap = 2 * daily_cap, warm_up_from = null, warm_up_days = null where name = {channel:sql};'
        ),
        (
            'no_lease',
            'No living daemon sends for channel {channel}.',
            'systemctl restart zapgres  # what it says: journalctl -u zapgres; who there is: zapgres daemon list'
        ),
        (
            'daily_cap',
            'Company {tenant} has sent what it may today.',
            'zapgres tenant set {tenant:sh} --daily-cap 0'
        ),
        (
            'monthly_cap',
            'Company {tenant} has sent what it may this month.',
            'zapgres tenant set {tenant:sh} --monthly-cap 0'
        ),
        (
            'quiet_hours',
            'These are the recipient''s quiet hours; it goes when they end.',
            null
        ),
        (
            'outside_hours',
            'Company {tenant} is closed; it goes at the next opening.',
            null
        ),
        (
            'no_source',
            'No table is attached to Zapgres.',
            'select zap.attach(''your_items_table'');  -- first look: zapgres attach your_items_table --dry-run'
        ),
        (
            'order_unknown',
            'There is no order {subject} in the attached tables ({source}). What counts is the order''s id, not its number.',
            'select relation, key_columns, order_relation from zap.source;'
        ),
        (
            'source_unreadable',
            'The tables of {source} cannot be read.',
            'zapgres setup  # grants the rights to read; to ask by SQL: grant select on {source} to {user};'
        ),
        (
            'no_items',
            'Order {subject} has no items in {source} yet: the first one announces it.',
            null
        ),
        (
            'detached',
            '{source} was detached.',
            'select {attach};'
        ),
        (
            'trigger_missing',
            'The trigger of {source} is gone from its table.',
            'select {maker}(s) from zap.source as s where s.id = {source_id};'
        ),
        (
            'trigger_disabled',
            'The trigger of {source} is disabled.',
            'alter table {source} enable trigger {trigger};'
        ),
        (
            'silenced',
            'The order''s transaction ran with zap.enabled = off: whoever wrote it wanted silence.',
            'Take zap.enabled = off out of the program that writes; this order is not announced.'
        ),
        (
            'capture_off',
            'zap.enabled = off is set for this database or a role ({setting}): nothing is captured.',
            'select setdatabase::regclass, setrole::regrole, setconfig from pg_db_role_setting;  -- alter database … reset zap.enabled; or alter '
            'role … reset zap.enabled;'
        ),
        (
            'before_attach',
            'The order is from before {source} was attached ({since}): what was there already is not announced.',
            null
        ),
        (
            'forgotten',
            'The order is old: what became of it has left the queue by retention.',
            null
        ),
        (
            'missed',
            'It could not enter the queue at once ({reason}) and waits for the daemon.',
            'systemctl enable --now zapgres  # the daemon collects it; see: select * from zap.missed;'
        ),
        (
            'not_announced',
            'The order exists and was not captured; nothing shows why.',
            'zapgres sweep  # finds recent orders that capture missed'
        ),
        (
            'no_such_event',
            '{source} announces changes from now on only, and this order has not changed since.',
            null
        ),
        (
            'paused',
            'A person paused it.',
            null
        ),
        (
            'resumed',
            'A person ended the pause.',
            null
        ),
        (
            'channel_removed',
            'A person took the channel away.',
            null
        ),
        (
            'setting',
            'A person changed a setting.',
            null
        ),
        (
            'tenant',
            'A person changed what is entered of a company.',
            null
        ),
        (
            'enabled',
            'A person enabled a company.',
            null
        ),
        (
            'disabled',
            'A person disabled a company.',
            null
        ),
        (
            'connection',
            'The channel''s connection changed.',
            null
        )
    ) as v (code, meaning, remedy);
end;
comment on function zap.codes_in_english() is 'What each decision code means and what mends it, in English';
revoke all on function zap.codes_in_english() from public;
