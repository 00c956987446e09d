//! `pg_dump` and `pg_restore`.

use std::path::Path;

use crate::captured::{gaps, missed, queued};
use crate::cluster::plain;
use crate::database::Database;
use crate::session::Session;
use crate::shop::{self, item};
use crate::{postgres, scratch};

/// Restores a dump of `from` into a new database.
async fn restored(from: &Database) -> (Database, Session) {
    let directory = scratch::new_path("dump");
    postgres::make_directory(&directory);
    let file = directory.join("dump");
    dump(from, &file);
    let to = plain().database().await;
    let mut restore = to.client_program("pg_restore");
    postgres::run(restore.arg("--exit-on-error").arg(file));
    let session = to.session().await;
    (to, session)
}

fn dump(from: &Database, to: &Path) {
    let mut dump = from.client_program("pg_dump");
    postgres::run(dump.arg("--format=custom").arg("--file").arg(to));
}

/// Every row of every table of ours, in one text.
async fn contents(session: &Session) -> String {
    let tables = "select format('%I.%I', schemaname, tablename) from pg_tables
         where schemaname = 'zap' order by 1";
    let mut contents = String::new();
    for table in session.column(tables).await {
        let rows = format!("select t::text from {table} as t order by 1");
        contents += &format!("{table}\n{}\n", session.column(&rows).await.join("\n"));
    }
    contents
}

/// A database with something in every table that capture and operators write.
async fn used_database() -> (Database, Session) {
    let (database, s) = shop::open(plain()).await;
    for key in 1..=3 {
        shop::place(&s, key).await;
    }
    s.run("delete from zap.notification_queue where subject = '2'")
        .await;
    s.run("begin; set local zap.enabled = off").await;
    shop::place(&s, 4).await;
    s.run("commit").await;
    s.run(
        "insert into zap.missed (source_id, event, subject, first_item_known, reason)
         select id, event, '5', true, 'test' from zap.source;
         insert into zap.tenant (id, name) values ('1', 'Pizzaria Bela');
         insert into zap.channel (tenant_id, name, provider, base_url, instance, credential)
         values ('1', 'main', 'evolution', 'http://127.0.0.1:1', 'bela', 'env:KEY');
         insert into zap.template (event, body) values ('order_received', 'Oi');
         insert into zap.recipient (tenant_id, address) values ('1', '+5511987654321');
         insert into zap.daemon (name, instance, lease_until, version)
         values ('host', gen_random_uuid(), now() + interval '1 minute', '1');
         insert into zap.channel_state (channel_id, lease_owner, lease_epoch, breaker, breaker_opened_at, sent_on, sent_count)
         select id, 'host', 7, 'open', now(), current_date, 3 from zap.channel;
         insert into zap.setting (key, value) values ('sending.enabled', 'true');
         insert into zap.tenant_usage (tenant_id, on_day, counted) values ('1', current_date, 3);
         insert into zap.sweep_mark (source_id, key) select id, 4 from zap.source;
         insert into zap.notification_logs (level, event) values ('info', 'captured');
         insert into zap.channel_webhook (token_hash, channel_id) select sha256('token'), id from zap.channel;
         insert into zap.inbound_event (channel_id, provider, payload) select id, 'meta', '\\x00ff' from zap.channel;
         insert into zap.sent_message (channel_id, provider_message_id, notification_id, attempt)
         select id, 'wamid.1', 1, 1 from zap.channel;
         insert into zap.message_history
             (tenant_id, channel_id, direction, provider_message_id, chat_kind, chat, kind, at)
         select '1', id, 'in', 'wamid.2', 'phone', '+5511987654321', 'text', now() from zap.channel;
         insert into zap.installation (system_identifier, database_oid, data_directory)
         select * from zap.this_installation() on conflict do nothing",
    )
    .await;
    (database, s)
}

/// B9: a dump loses nothing.
#[tokio::test]
async fn a_restored_dump_has_every_row() {
    let (database, s) = used_database().await;
    let (_, copy) = restored(&database).await;
    let before = contents(&s).await;
    assert_eq!(contents(&copy).await, before);
    for table in [
        "missed",
        "tenant",
        "tenant_usage",
        "setting",
        "installation",
        "sweep_mark",
        "notification_logs",
        "daemon",
        "channel_state",
        "channel_webhook",
        "inbound_event",
        "sent_message",
        "message_history",
    ] {
        assert!(
            !before.contains(&format!("zap.{table}\n\n")),
            "{table} was empty"
        );
    }
}

/// B9: a company whose time zone the new server does not know is not lost, though nobody can enter such a one.
#[tokio::test]
async fn a_dump_with_an_unknown_timezone_is_restored() {
    let (database, s) = used_database().await;
    let unknown = "update zap.tenant set timezone = 'Mars/Olympus' where id = '1'";
    let refused = s.error(unknown).await;
    assert_eq!(refused.code().code(), "22023", "{refused:?}");
    assert!(refused.message().contains("Mars/Olympus"), "{refused:?}");
    s.run(&format!(
        "alter table zap.tenant disable trigger tenant_timezone; {unknown}"
    ))
    .await;
    let (_, copy) = restored(&database).await;
    let zone = "select timezone from zap.tenant where id = '1'";
    assert_eq!(copy.value(zone).await, "Mars/Olympus");
    assert_eq!(
        copy.value("select count(*) from zap.channel_overview()")
            .await,
        "1"
    );
    copy.error("insert into zap.tenant (id, timezone) values ('9', 'Mars/Olympus')")
        .await;
}

/// B9: identities go on where they were.
#[tokio::test]
async fn a_restored_dump_has_every_sequence() {
    let (database, s) = used_database().await;
    let (_, copy) = restored(&database).await;
    let sequences =
        "select sequencename || ' ' || coalesce(last_value::text, '-') from pg_sequences
         where schemaname = 'zap' order by 1";
    assert_eq!(copy.column(sequences).await, s.column(sequences).await);
    let mut tables = copy
        .column(
            "select attrelid::regclass from pg_attribute join pg_class on pg_class.oid = attrelid
             where relnamespace = 'zap'::regnamespace and attidentity <> '' and relkind = 'r'",
        )
        .await;
    assert!(tables.len() >= 8, "{tables:?}");
    tables.retain(|table| table != "zap.installation");
    for table in tables {
        let next = format!(
            "select nextval(pg_get_serial_sequence('{table}', 'id'))
                 > coalesce((select max(id) from {table}), 0)"
        );
        assert_eq!(copy.value(&next).await, "t", "{table}");
    }
}

/// B9: capture goes on in the copy, and restoring captured nothing.
#[tokio::test]
async fn a_restored_dump_captures() {
    let (database, _) = used_database().await;
    let (_, copy) = restored(&database).await;
    assert_eq!(queued(&copy).await, ["1", "3"]);
    assert_eq!(missed(&copy).await, ["5"]);
    assert_eq!(gaps(&copy).await, 1);
    shop::place(&copy, 6).await;
    copy.run(&(item(1) + &item(2))).await;
    assert_eq!(queued(&copy).await, ["1", "3", "6"]);
}

/// B9: and can be dropped like any other.
#[tokio::test]
async fn a_restored_extension_drops_without_cascade() {
    let (database, _) = used_database().await;
    let (_, copy) = restored(&database).await;
    copy.run("drop extension zapgres").await;
    shop::place(&copy, 7).await;
    assert_eq!(
        copy.value("select count(*) from pg_trigger where not tgisinternal")
            .await,
        "0"
    );
}

/// B9: a detached table stays detached.
#[tokio::test]
async fn a_restored_dump_keeps_a_table_detached() {
    let (database, s) = shop::open(plain()).await;
    s.run("select zap.detach('pedido_itens')").await;
    let (_, copy) = restored(&database).await;
    shop::place(&copy, 1).await;
    assert_eq!(queued(&copy).await, [""; 0]);
}

/// B9: partitioned tables keep their triggers.
#[tokio::test]
async fn a_restored_dump_captures_partitions() {
    let (database, s) = shop::open_with(
        plain(),
        "create table pedidos (id integer primary key);
         create table pedido_itens (pedido_id integer references pedidos) partition by range (pedido_id);
         create table parte_1 partition of pedido_itens for values from (0) to (10);
         create table parte_2 partition of pedido_itens for values from (10) to (20)",
    )
    .await;
    s.run("insert into pedidos values (1), (11), (12); insert into pedido_itens values (1)")
        .await;
    let (_, copy) = restored(&database).await;
    copy.run("insert into pedido_itens values (1), (11); insert into parte_2 values (12)")
        .await;
    assert_eq!(queued(&copy).await, ["1", "11", "12"]);
    copy.run("drop extension zapgres; insert into pedido_itens values (1)")
        .await;
}

/// O15: status changes and new rows are captured in the restored database, too, and what was told is not told again.
#[tokio::test]
async fn a_restored_database_goes_on_capturing_status_changes() {
    let (from, s) = shop::open(plain()).await;
    s.run(
        r#"alter table pedidos add status text default 'novo''s';
           select zap.attach_status('pedidos', 'status', '{"pago\\ \"já\"": "order_paid", "it''s": "order_ready"}');
           select zap.attach_inserts('pedidos', event => 'order_noted')"#,
    )
    .await;
    s.run(&shop::order(1)).await;
    s.run(r#"update pedidos set status = 'pago\ "já"'"#).await;
    let (_, s) = restored(&from).await;
    s.run("update pedidos set status = 'novo'").await;
    s.run(&(shop::order(2) + r#"update pedidos set status = 'pago\ "já"'; update pedidos set status = 'it''s' where id = 2"#))
        .await;
    let events = "select dedup_key from zap.notification_queue order by dedup_key collate \"C\"";
    let expected = [
        "order_noted:1",
        "order_noted:2",
        "order_paid:1",
        "order_paid:2",
        "order_ready:2",
    ];
    assert_eq!(s.column(events).await, expected);
}
