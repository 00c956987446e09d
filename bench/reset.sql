-- The state that every measurement starts from: no capture, empty queues, the same old orders, nothing left to write out.
-- Needs the variable `orders`: how many old orders there are.
set client_min_messages = warning;
drop trigger if exists baseline on public.pedido_itens;
select zap.detach(t.relation) from (values ('public.pedido_itens'::regclass), ('public.pedidos')) as t (relation)
where exists (select from zap.capture_triggers(t.relation)) \g /dev/null
truncate public.pedidos, public.pedido_itens, public.pedido_eventos, baseline.notification_queue, baseline.notification_logs restart identity;
truncate zap.notification_queue, zap.notification_logs, zap.missed, zap.capture_gap, zap.sweep_mark, zap.audience, zap.source
restart identity;

-- Old orders were not inserted by these tables' triggers, nor need their foreign keys be looked at.
set session_replication_role = replica;
insert into public.pedidos (empresa_id, cliente_id, total)
select 1 + g.n % 100, 1 + g.n % 10000, 42.50
from generate_series(1, :orders) as g (n);
insert into public.pedido_itens (pedido_id, produto, quantidade, preco)
select o.n, i.produto, 1, 14.00
from generate_series(1, :orders) as o (n)
cross join (values ('X-Burger'), ('Coca-Cola'), ('Batata')) as i (produto);
reset session_replication_role;
