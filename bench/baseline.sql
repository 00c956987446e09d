-- What a careful application programmer would write without Zapgres: first-item check, queue row, log row and NOTIFY, all by
-- a PL/pgSQL trigger in the user's transaction. Capture is measured against it.
create schema baseline;

create table baseline.notification_queue (
    id bigserial primary key,
    pedido_id bigint not null unique,
    empresa_id bigint,
    status text not null default 'pending',
    payload jsonb,
    attempts integer not null default 0,
    scheduled_at timestamptz not null default now(),
    created_at timestamptz not null default now()
);
create index notification_queue_due on baseline.notification_queue (scheduled_at) where status = 'pending';

create table baseline.notification_logs (
    id bigserial primary key,
    queue_id bigint,
    pedido_id bigint,
    level text,
    message text,
    created_at timestamptz not null default now()
);

create function baseline.notify_after_items()
returns trigger
language plpgsql
as $$
declare
    company bigint;
    queued bigint;
begin
    if exists (select 1 from public.pedido_itens where pedido_id = new.pedido_id and id <> new.id) then
        return new;
    end if;
    select empresa_id into company from public.pedidos where id = new.pedido_id;
    insert into baseline.notification_queue (pedido_id, empresa_id, payload)
    values (new.pedido_id, company, jsonb_build_object('pedido_id', new.pedido_id))
    on conflict do nothing
    returning id into queued;
    if queued is not null then
        insert into baseline.notification_logs (queue_id, pedido_id, level, message)
        values (queued, new.pedido_id, 'info', 'queued');
        if tg_argv[0] = 'notify' then
            perform pg_notify('baseline', queued::text);
        end if;
    end if;
    return new;
exception
    when others then
        insert into baseline.notification_logs (pedido_id, level, message)
        values (new.pedido_id, 'error', sqlerrm);
        return new;
end
$$;
