//! `zap.attach()` and `zap.detach()`.

use crate::captured::queued;
use crate::cluster::plain;
use crate::shop;

const ORDERS_OF_A_BAR: &str = "
    create table comandas (id uuid primary key, mesa integer, aberta boolean not null default true);
    create table comanda_itens (
        id bigserial primary key, comanda_id uuid not null references comandas, bebida text
    )";

const KEY: &str = "d0eebc99-9c0b-4ef8-bb6d-6bb9bd380a14";

fn order_a_drink() -> String {
    format!(
        "insert into comandas (id) values ('{KEY}') on conflict do nothing;
         insert into comanda_itens (comanda_id) values ('{KEY}')"
    )
}

/// O3: a table of another name; the key comes from its foreign key.
#[tokio::test]
async fn another_table_is_attached_by_hand() {
    let (_, s) = shop::open(plain()).await;
    s.run(ORDERS_OF_A_BAR).await;
    s.run("select zap.attach('comanda_itens')").await;
    s.run(&order_a_drink()).await;
    shop::place(&s, 1).await;
    assert_eq!(queued(&s).await, ["1", KEY]);
    let source = "select key_columns, key_types, order_relation, order_key from zap.source
         where relation = 'public.comanda_itens'";
    let expected = [["{comanda_id}", "{uuid}", "public.comandas", "{id}"]];
    assert_eq!(s.rows(source).await, expected);
}

/// O3: everything can be given.
#[tokio::test]
async fn every_option_is_kept() {
    let (_, s) = shop::open(plain()).await;
    s.run(ORDERS_OF_A_BAR).await;
    let query = "select k as subject, null::text as tenant, '+5511987654321' as recipient,
         '{}'::jsonb as context from unnest($1) as k";
    s.run(&format!(
        "select zap.attach('comanda_itens', key_column => 'comanda_id', event => 'drink_ordered',
             context_query => $q${query}$q$, settle => '5 seconds', max_settle => '1 minute',
             ready_when => 'not aberta', max_age => '2 hours', expires_after => '30 minutes',
             mode => 'shadow')"
    ))
    .await;
    let source = "select event, settle, max_settle, ready_when, max_age, expires_after, mode
         from zap.source where relation = 'public.comanda_itens'";
    let expected = [
        "drink_ordered",
        "00:00:05",
        "00:01:00",
        "not aberta",
        "02:00:00",
        "00:30:00",
        "shadow",
    ];
    assert_eq!(s.rows(source).await, [expected]);
    let kept = "select context_query from zap.source where event = 'drink_ordered'";
    assert_eq!(s.value(kept).await, query);
    s.run(&order_a_drink()).await;
    let key = "select dedup_key from zap.notification_queue";
    assert_eq!(s.value(key).await, format!("drink_ordered:{KEY}"));
}

/// O3: of several foreign keys, the one to the orders.
#[tokio::test]
async fn the_foreign_key_to_the_orders_is_preferred() {
    let (_, s) = shop::open(plain()).await;
    s.run(
        "create table produtos (id integer primary key);
         create table linhas (
             produto_id integer references produtos, pedido bigint references pedidos,
             empresa_id integer references empresas
         );
         select zap.attach('linhas')",
    )
    .await;
    s.run("insert into pedidos (id, empresa_id) values (9, 1)")
        .await;
    s.run("insert into linhas (pedido) values (9)").await;
    assert_eq!(queued(&s).await, ["9"]);
}

/// O3: detached, the table is the user's alone again; what was captured stays.
#[tokio::test]
async fn a_detached_table_is_not_captured() {
    let (_, s) = shop::open(plain()).await;
    shop::place(&s, 1).await;
    s.run("select zap.detach('pedido_itens')").await;
    shop::place(&s, 2).await;
    assert_eq!(queued(&s).await, ["1"]);
    let triggers = "select tgname from pg_trigger where tgrelid = 'pedido_itens'::regclass
         and not tgisinternal";
    assert_eq!(s.column(triggers).await, [""; 0]);
    assert_eq!(
        s.column("select detached_at is not null from zap.source")
            .await,
        ["t"]
    );
}

/// O3: attached again, it is the same source: what it announced before is not announced again.
#[tokio::test]
async fn a_detached_table_is_attached_again() {
    let (_, s) = shop::open(plain()).await;
    shop::place(&s, 1).await;
    s.run("select zap.detach('pedido_itens')").await;
    s.run("select zap.attach('pedido_itens', settle => '0')")
        .await;
    shop::place(&s, 2).await;
    assert_eq!(queued(&s).await, ["1", "2"]);
    let sources = "select count(*), bool_and(detached_at is null), max(settle) from zap.source";
    assert_eq!(s.rows(sources).await, [["1", "t", "00:00:00"]]);
}

/// O3: a session that captured before sees both.
#[tokio::test]
async fn a_live_session_follows_detach_and_attach() {
    let (database, s) = shop::open(plain()).await;
    let admin = database.session().await;
    shop::place(&s, 1).await;
    admin.run("select zap.detach('pedido_itens')").await;
    shop::place(&s, 2).await;
    admin.run("select zap.attach('pedido_itens')").await;
    shop::place(&s, 3).await;
    assert_eq!(queued(&s).await, ["1", "3"]);
}
