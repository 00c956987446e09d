//! Status changes: a new value in a column is an event.

use crate::captured::{gaps, missed, queued};
use crate::cluster::plain;
use crate::database::Database;
use crate::session::Session;
use crate::shop;

const NOTHING: [&str; 0] = [];

const EVENTS: &str =
    r#"{"pago": "order_paid", "pronto": "order_ready", "cancelado": "order_cancelled"}"#;

/// The plain shop, whose orders have a status of this type, and the orders 1 to 5, `novo`.
async fn open_with(status_type: &str) -> (Database, Session) {
    let (database, s) = shop::open(plain()).await;
    s.run(&format!(
        "alter table pedidos add status {status_type} default 'novo'"
    ))
    .await;
    for key in 1..=5 {
        s.run(&shop::order(key)).await;
    }
    s.run(&format!(
        "select zap.attach_status('pedidos', 'status', '{EVENTS}')"
    ))
    .await;
    s.notices().await;
    (database, s)
}

async fn open() -> (Database, Session) {
    open_with("text").await
}

fn set(key: u32, status: &str) -> String {
    format!("update pedidos set status = '{status}' where id = {key};")
}

/// What is queued, as event and subject.
async fn events(session: &Session) -> Vec<String> {
    session
        .column("select dedup_key from zap.notification_queue order by dedup_key collate \"C\"")
        .await
}

/// O6: however often an order gets a status, it is told once.
#[tokio::test]
async fn a_status_is_announced_once_per_order_and_value() {
    let (_, s) = open().await;
    for status in ["pago", "novo", "pago", "pronto", "pago"] {
        s.run(&set(1, status)).await;
    }
    s.run(&set(2, "pago")).await;
    assert_eq!(
        events(&s).await,
        ["order_paid:1", "order_paid:2", "order_ready:1"]
    );
    let sources =
        "select distinct q.source_id = s.id from zap.notification_queue as q, zap.source as s
         where s.captures = 'status'";
    assert_eq!(s.column(sources).await, ["t"]);
}

/// O6: several values in one transaction, and each row several times.
#[tokio::test]
async fn several_statuses_in_one_transaction_are_all_announced() {
    let (_, s) = open().await;
    s.run(&format!(
        "begin; {} {} {} commit",
        set(1, "pago"),
        set(2, "pago"),
        set(1, "pronto")
    ))
    .await;
    assert_eq!(
        events(&s).await,
        ["order_paid:1", "order_paid:2", "order_ready:1"]
    );
}

/// O6: values without an event, null, and rows whose status stays are nothing.
#[tokio::test]
async fn other_changes_are_no_events() {
    let (_, s) = open().await;
    s.run(&set(1, "em preparo")).await;
    s.run("update pedidos set status = null where id = 2").await;
    s.run("update pedidos set total = 1").await;
    s.run(&set(3, "pago")).await;
    s.run("delete from zap.notification_queue").await;
    s.run("update pedidos set status = status, total = 2").await;
    assert_eq!(events(&s).await, NOTHING);
    s.run("update pedidos set status = 'pago' where id = 2")
        .await;
    assert_eq!(events(&s).await, ["order_paid:2"]);
}

/// O6: a savepoint that is rolled back takes its changes along, and those alone.
#[tokio::test]
async fn a_rolled_back_savepoint_announces_nothing() {
    let (_, s) = open().await;
    s.run("begin").await;
    s.run(&set(1, "pago")).await;
    s.run("savepoint a").await;
    s.run(&(set(1, "pronto") + &set(2, "pago"))).await;
    s.run("rollback to savepoint a").await;
    s.run(&set(3, "cancelado")).await;
    s.run("commit; begin").await;
    s.run(&set(4, "pago")).await;
    s.run("rollback").await;
    assert_eq!(events(&s).await, ["order_cancelled:3", "order_paid:1"]);
}

/// O6: two-phase commit: told when it is committed, and not before.
#[tokio::test]
async fn a_prepared_change_is_announced_at_its_commit() {
    let (_, s) = open().await;
    s.run("begin").await;
    s.run(&set(1, "pago")).await;
    s.run("prepare transaction 'status'").await;
    assert_eq!(events(&s).await, NOTHING);
    s.run("commit prepared 'status'").await;
    assert_eq!(events(&s).await, ["order_paid:1"]);
}

/// O6: a bulk change of more rows than are kept in memory.
#[tokio::test]
async fn a_bulk_change_announces_each_order() {
    let (_, s) = open().await;
    s.run(
        "insert into pedidos (id, empresa_id, status) select n, 1, 'novo' from generate_series(6, 110000) as n;
         update pedidos set status = 'pago'",
    )
    .await;
    let counts = "select count(*), count(distinct subject), min(event) from zap.notification_queue";
    assert_eq!(s.rows(counts).await, [["110000", "110000", "order_paid"]]);
}

/// O6: two sessions give the same order statuses; each is told once.
#[tokio::test]
async fn two_sessions_announce_each_status_once() {
    let (database, s) = open().await;
    let other = database.session().await;
    s.run("begin").await;
    s.run(&set(1, "pago")).await;
    let waiting_update = format!(
        "update pedidos set status = 'pronto' where id = 1; {}",
        set(1, "pago")
    );
    let waits = format!(
        "select count(*) from pg_stat_activity where pid = {} and wait_event_type = 'Lock'",
        other.pid()
    );
    let watcher = database.session().await;
    let commit = async {
        crate::wait::until("it waits", async || watcher.value(&waits).await == "1").await;
        s.run("commit").await;
    };
    tokio::join!(commit, other.run(&waiting_update));
    assert_eq!(events(&s).await, ["order_paid:1", "order_ready:1"]);
}

/// O6: an order can be new and have its status at once, whichever way it comes in.
#[tokio::test]
async fn an_order_that_begins_with_a_status_is_told() {
    let (_, s) = open().await;
    s.run("insert into pedidos (id, empresa_id, status) values (6, 1, 'pago'), (7, 1, 'novo'), (8, 1, null)")
        .await;
    s.run(
        "insert into pedidos (id, empresa_id, status) values (6, 1, 'pronto')
         on conflict (id) do update set status = excluded.status",
    )
    .await;
    assert_eq!(events(&s).await, ["order_paid:6", "order_ready:6"]);
}

/// O15: a column of any type; values as the column writes them.
#[tokio::test]
async fn the_column_may_be_of_any_type() {
    let (_, s) = shop::open(plain()).await;
    s.run(
        "create type andamento as enum ('novo', 'pago');
         create domain situacao as varchar(10) check (value <> '');
         create table comandas (
             id uuid primary key default gen_random_uuid(), rotulo text,
             a andamento default 'novo', b varchar(8) default 'novo', c integer default 0, d char(8) default 'novo',
             e boolean default false, f situacao default 'novo', g smallint default 0, h \"char\" default 'n',
             i json default '\"novo\"', \"J k\" numeric(4, 1) default 0
         );
         insert into comandas (rotulo) values ('x')",
    )
    .await;
    let columns = [
        ("a", "pago", "pago"),
        ("b", "pago", "pago"),
        ("c", "3", "3"),
        ("d", "pago", "pago"),
        ("e", "true", "t"),
        ("f", "pago", "pago"),
        ("g", "3", "3"),
        ("h", "p", "p"),
        ("i", r#"\"pago\""#, r#""pago""#),
        ("J k", "3", "3"),
    ];
    for (column, value, _) in columns {
        let event = format!("mudou_{}", column.to_lowercase().replace(' ', "_"));
        s.run(&format!(
            r#"select zap.attach_status('comandas', '{column}', '{{"{value}": "{event}"}}', event => 'source_{event}')"#
        ))
        .await;
    }
    for (column, _, value) in columns {
        s.run(&format!("update comandas set \"{column}\" = '{value}'"))
            .await;
        s.run("update comandas set rotulo = 'y'").await;
    }
    let events = "select event from zap.notification_queue order by event";
    let expected: Vec<String> = columns
        .iter()
        .map(|(column, _, _)| format!("mudou_{}", column.to_lowercase().replace(' ', "_")))
        .collect();
    assert_eq!(s.column(events).await, expected);
    let key =
        "select q.subject = c.id::text from zap.notification_queue as q, comandas as c limit 1";
    assert_eq!(s.value(key).await, "t");
}

/// O16: several key columns, and one that the row has just got.
#[tokio::test]
async fn the_subject_is_the_rows_new_key() {
    let (_, s) = shop::open(plain()).await;
    s.run(
        "create table vendas (loja integer, cupom text, status text default 'novo', primary key (loja, cupom));
         insert into vendas values (1, 'a\"b'), (2, 'c');
         select zap.attach_status('vendas', 'status', '{\"pago\": \"order_paid\"}')",
    )
    .await;
    s.run("update vendas set status = 'pago', loja = loja + 10")
        .await;
    assert_eq!(queued(&s).await, [r#"[11,"a\"b"]"#, r#"[12,"c"]"#]);
}

/// O15: a table whose rows tell of an order by a foreign key: its payments.
#[tokio::test]
async fn a_table_beside_the_orders_is_attached() {
    let (_, s) = open().await;
    s.run(
        "create table pagamentos (id bigserial primary key, pedido_id bigint references pedidos, situacao text);
         insert into pagamentos (pedido_id, situacao) values (3, 'pendente'), (3, 'pendente'), (4, 'pendente');
         select zap.attach_status('pagamentos', 'situacao', '{\"aprovado\": \"payment_approved\"}',
             key_column => 'pedido_id', event => 'payment_status');
         update pagamentos set situacao = 'aprovado' where pedido_id = 3",
    )
    .await;
    assert_eq!(events(&s).await, ["payment_approved:3"]);
    let source = "select order_relation, order_key, context_query is not null from zap.source
         where relation = 'public.pagamentos'";
    assert_eq!(s.rows(source).await, [["public.pedidos", "{id}", "t"]]);
}

/// O6: switched off, it notes that it was silent, once per transaction.
#[tokio::test]
async fn switched_off_it_leaves_a_gap() {
    let (_, s) = open().await;
    s.run("begin; set local zap.enabled = off").await;
    s.run(&(set(1, "pago") + &set(2, "pronto") + &set(3, "em preparo")))
        .await;
    s.run("commit").await;
    assert_eq!(gaps(&s).await, 1);
    assert_eq!(events(&s).await, NOTHING);
}

/// O2: a locked queue lets the transaction commit; the change is kept with its event.
#[tokio::test]
async fn a_locked_queue_lets_the_transaction_commit() {
    let (database, s) = open().await;
    let other = database.session().await;
    other
        .run("begin; lock table zap.notification_queue in access exclusive mode")
        .await;
    s.run(&set(1, "pago")).await;
    other.run("rollback").await;
    assert_eq!(
        s.value("select status from pedidos where id = 1").await,
        "pago"
    );
    assert_eq!(missed(&s).await, ["1"]);
    let kept = "select event, first_item_known from zap.missed";
    assert_eq!(s.rows(kept).await, [["order_paid", "t"]]);
}

/// O2: whatever is wrong with us, the user's transaction commits.
#[tokio::test]
async fn the_users_transaction_never_fails() {
    let (_, s) = open().await;
    s.run("alter table pedidos rename status to situacao").await;
    s.run("update pedidos set situacao = 'pago' where id = 1")
        .await;
    assert!(!s.warnings().await.is_empty());
    s.run("alter table pedidos rename situacao to status; alter schema zap rename to elsewhere")
        .await;
    s.run(&set(2, "pago")).await;
    assert!(!s.warnings().await.is_empty());
    let paid = "select id from pedidos where status = 'pago' order by id";
    assert_eq!(s.column(paid).await, ["1", "2"]);
}

/// O2: whoever may change the orders needs no right on anything of ours.
#[tokio::test]
async fn no_rights_of_ours_are_needed() {
    let (database, s) = open().await;
    s.run("create role status_clerk login; grant select, update on pedidos to status_clerk")
        .await;
    let clerk = database.session_as("status_clerk").await;
    clerk.run(&set(1, "pago")).await;
    assert_eq!(clerk.warnings().await, NOTHING);
    assert_eq!(events(&s).await, ["order_paid:1"]);
}

/// O6: what one transaction does to an order is told in the order in which it was done, whatever it does to others.
#[tokio::test]
async fn each_orders_events_keep_their_order() {
    let (_, s) = open().await;
    s.run(&format!(
        "begin; {} {} {} {} commit",
        set(1, "pronto"),
        set(2, "pago"),
        set(2, "pronto"),
        set(1, "cancelado")
    ))
    .await;
    let events = "select string_agg(event, ', ' order by id) from zap.notification_queue group by subject order by subject";
    assert_eq!(
        s.column(events).await,
        ["order_ready, order_cancelled", "order_paid, order_ready"]
    );
}

/// O6: a trigger of the user's that goes on to the next status does so before the first one reaches us.
#[tokio::test]
async fn a_status_that_a_trigger_goes_on_from_comes_first() {
    let (_, s) = open().await;
    s.run(
        "create function go_on() returns trigger language plpgsql as $$ begin
             update pedidos set status = case new.status when 'pago' then 'pronto' else 'cancelado' end where id = new.id;
             return null;
         end $$;
         create trigger a_go_on after update on pedidos for each row
             when (new.status in ('pago', 'pronto') and old.status <> new.status) execute function go_on()",
    )
    .await;
    s.run(&set(1, "pago")).await;
    let events = "select event from zap.notification_queue order by id";
    assert_eq!(
        s.column(events).await,
        ["order_paid", "order_ready", "order_cancelled"]
    );
}

/// O2: the server compares arrays and rows of what cannot be compared only when it meets them, and fails.
#[tokio::test]
async fn values_that_cannot_be_compared_are_compared_as_text() {
    let (_, s) = shop::open(plain()).await;
    s.run(
        "create type passo as (nome text, dados json);
         alter table pedidos add a json[] default '{}', add b passo default row('novo', '{}')",
    )
    .await;
    s.run(&shop::order(1)).await;
    s.run(
        r#"select zap.attach_status('pedidos', 'a', '{"{1}": "list_changed"}', event => 'a');
           select zap.attach_status('pedidos', 'b', '{"(pago,{})": "step_changed"}', event => 'b');
           update pedidos set a = '{1}';
           update pedidos set b = row('pago', '{}')"#,
    )
    .await;
    assert_eq!(events(&s).await, ["list_changed:1", "step_changed:1"]);
}
