//! Damage to an attached table, its trigger and its context query.

use super::patient::Patient;
use crate::shop;

const CONTEXT: &str = "select p.id::text as subject, p.telefone as recipient, jsonb_build_object('id', p.id) as context
     from public.pedidos as p where p.id::text = any ($1)";

async fn with_query(query: &str) -> Patient {
    let patient = Patient::open().await;
    patient
        .session
        .run(&format!(
            "update zap.source set context_query = $query${query}$query$"
        ))
        .await;
    patient
}

/// B3, O15: a trigger that is disabled, or fires on replicas only, is enabled again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trigger_that_does_not_fire_is_enabled() {
    let patient = Patient::open().await;
    for (how, said) in [
        ("disable", "is disabled"),
        ("enable replica", "fires on replicas only"),
    ] {
        patient
            .session
            .run(&format!(
                "alter table pedido_itens {how} trigger trigger_whatsapp_notification"
            ))
            .await;
        let said = format!("trigger_whatsapp_notification on public.pedido_itens {said}");
        patient.mend("error", &said).await;
    }
    let always = "alter table pedido_itens enable always trigger trigger_whatsapp_notification";
    patient.session.run(always).await;
    assert_eq!(
        patient.examine().with("trigger_whatsapp_notification on"),
        None
    );
}

/// B3: a trigger that was dropped is made again, and the source is as it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trigger_that_was_dropped_is_made_again() {
    let patient = Patient::open().await;
    let source = "select s::text from zap.source as s";
    let before = patient.session.value(source).await;
    patient
        .session
        .run("drop trigger trigger_whatsapp_notification on pedido_itens")
        .await;
    patient
        .mend("error", "pedido_itens has no capture trigger")
        .await;
    assert_eq!(patient.session.value(source).await, before);
    shop::place(&patient.session, 2).await;
    let queued = "select count(*) from zap.notification_queue";
    assert_eq!(patient.session.count(queued).await, 2);
}

/// B3: a trigger of a source that is not there is named.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trigger_without_its_source_is_dropped() {
    let patient = Patient::open().await;
    patient.session.run("delete from zap.source").await;
    patient
        .mend("warning", "names source 1, which is not attached")
        .await;
}

/// O16: a trigger may be disabled on one partition only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_trigger_that_is_disabled_on_a_partition_is_enabled() {
    let tables = shop::tables("bigint")
        .replace("id bigserial primary key", "id bigserial")
        .replace(
            "valor_unitario numeric(12, 2) not null\n         );",
            "valor_unitario numeric(12, 2) not null\n         ) partition by range (id);
             create table parte_1 partition of pedido_itens for values from (1) to (1000);",
        );
    let (database, session) = shop::open_with(crate::cluster::plain(), &tables).await;
    let patient = Patient { database, session };
    patient
        .session
        .run("alter table parte_1 disable trigger trigger_whatsapp_notification")
        .await;
    patient.mend("error", "on public.parte_1 is disabled").await;
}

/// Bad input: a column that is dropped after attaching is named, for the key and for what the query reads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_column_is_named() {
    let patient = Patient::open().await;
    patient
        .session
        .run("alter table pedidos drop column nome")
        .await;
    let found = patient.finding("error", "nome");
    assert!(
        found.what.contains("context query of public.pedido_itens"),
        "{found:?}"
    );
    patient
        .session
        .run("alter table pedidos drop column created_at")
        .await;
    patient.finding(
        "error",
        "column created_at of public.pedidos, which source 1 needs, is gone",
    );
    patient
        .session
        .run("alter table pedido_itens drop column pedido_id")
        .await;
    patient.finding(
        "error",
        "column pedido_id of public.pedido_itens, which source 1 needs, is gone",
    );
    patient.session.run("drop table pedido_itens").await;
    patient
        .mend("error", "table public.pedido_itens of source 1 is gone")
        .await;
}

/// O16, B3: without an index on the foreign key, every order reads the whole table.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_index_is_made() {
    let patient = Patient::open().await;
    patient
        .session
        .run("drop index pedido_itens_pedido_id_idx")
        .await;
    patient
        .mend("warning", "pedido_itens has no index on (pedido_id)")
        .await;
    let found = patient
        .examine()
        .with("pedidos has no index on (created_at)");
    assert_eq!(found.map(|found| found.severity), Some("info".to_owned()));
}

/// Bad input: a context query that fails, finds nothing, finds two rows, or gives what cannot be used.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_context_query_that_does_not_work_is_told() {
    let doubled = format!("{CONTEXT} union all {CONTEXT}");
    for (query, said) in [
        (
            CONTEXT.replace("p.telefone", "(1 / (p.id - 1))::text"),
            "division by zero",
        ),
        (
            CONTEXT.replace("where", "where false and"),
            "finds no row for order 1",
        ),
        (doubled, "two rows for one subject"),
        (
            CONTEXT.replace("jsonb_build_object('id', p.id)", "'[]'::jsonb"),
            "gives no JSON object",
        ),
        (
            CONTEXT.replace("jsonb_build_object('id', p.id)", "'{'"),
            "invalid input syntax for type json",
        ),
        (
            CONTEXT.replace("p.telefone", "p.celular"),
            "column p.celular does not exist",
        ),
        (
            CONTEXT.replace("from public", "from nosuch"),
            "relation \"nosuch.pedidos\" does not exist",
        ),
    ] {
        let patient = with_query(&query).await;
        let found = patient.finding("error", said);
        let statement = found
            .remedy
            .replace("$query$…$query$", &format!("$query${CONTEXT}$query$"));
        patient.session.run(&statement).await;
        assert_eq!(patient.examine().with(said), None);
        let works = "the context query of public.pedido_itens (source 1) works";
        assert!(patient.examine().with(works).is_some());
    }
}

/// Bad input: a query that hangs is stopped, and so is not the doctor.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_context_query_is_told() {
    let slow = CONTEXT.replace("p.telefone", "(select p.telefone from pg_sleep(60))");
    let patient = with_query(&slow).await;
    patient.finding("error", "takes longer than 5 s");
}

/// O15: what is switched off, in shadow, paused or detached is said, with how to go on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sources_that_do_not_send_are_told() {
    let patient = Patient::open().await;
    for (mode, said) in [("off", "is off"), ("shadow", "is in shadow")] {
        let set = format!("update zap.source set mode = '{mode}'");
        patient.session.run(&set).await;
        let found = patient.examine().with(said).expect(said);
        assert_eq!(found.severity, "info");
        patient.session.run(&found.remedy).await;
        assert_eq!(patient.examine().with(said), None);
    }
    patient
        .session
        .run("select zap.pause_source('pedido_itens')")
        .await;
    let found = patient.finding("warning", "is paused since");
    assert_eq!(
        found.remedy,
        "zapgres source resume 'public.pedido_itens' --event order_received"
    );
    patient
        .session
        .run("select zap.detach('pedido_itens')")
        .await;
    let found = patient
        .examine()
        .with("is detached since")
        .expect("detached");
    assert_eq!(found.severity, "info");
    patient.finding("warning", "no table is attached");
}

/// Bad input: orders that wait for somebody to mend something are counted, with the last error.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_that_wait_to_be_mended_are_counted() {
    let patient = Patient::open().await;
    shop::place(&patient.session, 2).await;
    patient
        .session
        .run("update zap.notification_queue set reason = 'context_error', last_error = 'boom ' || subject")
        .await;
    let found = patient.finding(
        "error",
        "2 of public.pedido_itens wait with context_error since",
    );
    assert!(found.what.ends_with(": boom 2"), "{found:?}");
    let clear = "update zap.notification_queue set reason = null";
    patient.session.run(clear).await;
    assert_eq!(patient.examine().with("wait with context_error"), None);
}

/// O16: a source that nobody has given a query captures, and its orders wait.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_source_without_a_query_is_told() {
    let patient = Patient::open().await;
    patient
        .session
        .run("update zap.source set context_query = null")
        .await;
    patient.finding("error", "has no context query");
}

/// O6: a source of status changes has two triggers; one that is missing is made again with the other.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_status_trigger_that_was_dropped_is_made_again() {
    let patient = Patient::open().await;
    patient
        .session
        .run(
            "alter table pedidos add column status text default 'novo';
             select zap.attach_status('pedidos', 'status', '{\"pago\": \"order_paid\"}')",
        )
        .await;
    assert_eq!(patient.examine().with("capture trigger of source 2"), None);
    patient
        .session
        .run("drop trigger trigger_whatsapp_status_2 on pedidos")
        .await;
    patient
        .mend(
            "error",
            "public.pedidos lacks a capture trigger of source 2",
        )
        .await;
    patient
        .session
        .run("drop trigger trigger_whatsapp_status_2 on pedidos; drop trigger trigger_whatsapp_status_insert_2 on pedidos")
        .await;
    patient
        .mend("error", "public.pedidos has no capture trigger of source 2")
        .await;
    patient
        .session
        .run("update pedidos set status = 'pago'")
        .await;
    let queued = "select count(*) from zap.notification_queue where event = 'order_paid'";
    assert_eq!(patient.session.count(queued).await, 1);
}

/// O15: what is told with a context of its own has no table, and is not missed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_applications_tell_of_themselves_needs_no_table() {
    let patient = Patient::open().await;
    let due = "update zap.notification_queue set next_attempt_at = now()";
    patient.session.run(due).await;
    let before = patient.examine().complaints();
    patient
        .session
        .run(
            "select zap.notify('order_received', '7', context => '{\"order\": {\"id\": 7}}', recipient => '+5511987654321')",
        )
        .await;
    let after = patient.examine().complaints();
    assert_eq!(after, before);
}

/// O15: modes by setting are said, and taken back.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn modes_that_restrict_are_told() {
    let patient = Patient::open().await;
    patient
        .session
        .run(
            "insert into zap.tenant (id) values ('1');
             select zap.set_mode('shadow', tenant => '1', event => 'order_received'), zap.set_mode('off')",
        )
        .await;
    let found = patient
        .examine()
        .with("mode off (for all)")
        .expect("a mode");
    assert_eq!(found.severity, "info");
    patient.session.run("select zap.set_mode('live')").await;
    assert_eq!(patient.examine().with("mode off"), None);
    let shadow = "mode shadow (tenant 1, event order_received)";
    assert!(patient.examine().with(shadow).is_some());
    patient
        .session
        .run("select zap.set_setting('sending.enabled', 'false')")
        .await;
    patient
        .mend("warning", "sending.enabled is false for all")
        .await;
}

/// B3, O15: what is to be mended about one of a table's sources leaves the others alone, and attaches it as it was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_of_several_sources_is_attached_anew() {
    let patient = Patient::open().await;
    patient
        .session
        .run(
            "create type andamento as enum ('novo', 'pago');
             alter table pedidos add column status andamento default 'novo';
             select zap.attach_status('pedidos', 'status', '{\"pago\": \"order_paid\"}');
             select zap.attach_inserts('pedidos', event => 'order_noted');
             alter type andamento rename value 'pago' to 'quitado'",
        )
        .await;
    let lost = "can not be \"pago\" any more: order_paid is never announced";
    let found = patient.finding("error", lost);
    let (detach, attach) = found
        .remedy
        .split_once("; -- then attach it anew: ")
        .expect("both");
    patient.session.run(detach).await;
    let left = "select event from zap.source where detached_at is null order by id";
    assert_eq!(
        patient.session.column(left).await,
        ["order_received", "order_noted"]
    );
    patient
        .session
        .run(&attach.replace("pago", "quitado"))
        .await;
    assert_eq!(patient.examine().with(lost), None);
    patient
        .session
        .run("alter table pedidos drop column status cascade")
        .await;
    let found = patient.finding(
        "error",
        "column status of public.pedidos, which source 2 needs, is gone",
    );
    assert!(
        found
            .remedy
            .contains("zap.detach('public.pedidos', 'order_status')")
            && found
                .remedy
                .contains("zap.attach_status('public.pedidos', 'status', "),
        "{found:?}"
    );
}

/// Bad input: the template to be mended is that of the event, not of the source that is named after its column.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_template_of_a_statuss_event_is_named() {
    let patient = Patient::open().await;
    patient
        .session
        .run(
            "alter table pedidos add column status text;
             select zap.attach_status('pedidos', 'status', '{\"pago\": \"order_paid\"}');
             update pedidos set status = 'pago'",
        )
        .await;
    let waits =
        "update zap.notification_queue set reason = 'template_error' where event = 'order_paid'";
    patient.session.run(waits).await;
    let found = patient.finding("error", "wait with template_error");
    assert!(found.remedy.contains("event = 'order_paid'"), "{found:?}");
}

/// O3: a table that inherits is attached beside the one that it inherits from.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_that_inherits_is_attached() {
    let patient = Patient::open().await;
    patient
        .session
        .run("create table itens_do_site () inherits (pedido_itens)")
        .await;
    patient
        .mend("warning", "itens_do_site inherits from public.pedido_itens")
        .await;
}
