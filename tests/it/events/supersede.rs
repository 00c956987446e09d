//! A later status takes the place of an earlier one that is not sent yet.

use crate::cluster::plain;
use crate::delivery::stand::Stand;
use crate::wait;

/// A stand whose orders are announced when their status changes; a message says the order and its event.
async fn open(supersede: bool) -> Stand {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run(&format!(
            "alter table pedidos add status text not null default 'novo';
             {}
             select zap.attach_status('pedidos', 'status', '{{\"pago\": \"order_paid\", \"pronto\": \"order_ready\"}}',
                 supersede => {supersede});
             select zap.detach('pedido_itens');
             insert into zap.template (event, body)
             values ('order_paid', 'pago {{{{ order.id }}}}'), ('order_ready', 'pronto {{{{ order.id }}}}')",
            crate::shop::order(1)
        ))
        .await;
    stand.session.run(&crate::shop::item(1)).await;
    stand
}

const STATES: &str = "select event, status, reason from zap.notification_queue order by id";

/// O15: what waits is superseded, says by what, and is not sent.
#[tokio::test]
async fn an_earlier_status_that_waits_is_not_sent() {
    let stand = open(true).await;
    let daemon = stand.daemon();
    stand
        .session
        .run("select zap.pause_channel('channel_1')")
        .await;
    daemon.until_it_says("ready").await;
    stand
        .session
        .run("update pedidos set status = 'pago'")
        .await;
    let resolved = "select count(*) from zap.notification_queue where resolved_at is not null";
    stand.until_rows(resolved, &[&["1"]]).await;
    stand
        .session
        .run("update pedidos set status = 'pronto'")
        .await;
    stand
        .until_rows(
            STATES,
            &[
                &["order_paid", "skipped", "superseded"],
                &["order_ready", "pending", "null"],
            ],
        )
        .await;
    let spoken_for = "select e.coalesced_into = l.id, g.detail from zap.notification_queue as e, zap.notification_queue as l,
             zap.notification_logs as g
         where e.event = 'order_paid' and l.event = 'order_ready' and g.notification_id = e.id and g.code = 'superseded'";
    assert_eq!(
        stand.session.rows(spoken_for).await,
        [["t", "by order_ready"]]
    );
    stand
        .session
        .run("select zap.resume_channel('channel_1')")
        .await;
    stand.until_accepted_texts(&["pronto 1"]).await;
    stand.until_done().await;
}

/// O7, O15: what is not sent because of a later status leaves its place among the company's messages of the day to another, and
/// no more than that.
#[tokio::test]
async fn what_is_superseded_gives_its_place_in_the_cap_back() {
    let stand = open(true).await;
    stand
        .session
        .run("select zap.save_tenant('1', daily_cap => 5); select zap.pause_channel('channel_1')")
        .await;
    let _daemon = stand.daemon();
    let counted = "select coalesce(sum(counted), 0) from zap.tenant_usage";
    let change = async |key: u32, status: &str| {
        let update = format!("update pedidos set status = '{status}' where id = {key}");
        stand.session.run(&update).await;
        let known = format!(
            "select count(*) from zap.notification_queue as q
             where subject = '{key}' and resolved_at is not null and q.event in (select e.value
                 from zap.source as s, jsonb_each_text(s.events) as e where e.key = '{status}')"
        );
        stand.until_rows(&known, &[&["1"]]).await;
    };
    change(1, "pago").await;
    assert_eq!(stand.session.value(counted).await, "1");
    change(1, "pronto").await;
    assert_eq!(stand.session.value(counted).await, "1");
    // Taken up again, and skipped once more: it has no place left to give.
    stand
        .session
        .run("select zap.retry(id) from zap.notification_queue where reason = 'superseded'")
        .await;
    stand
        .session
        .run("update pedidos set status = 'novo'; update zap.notification_queue set dedup_key = 'x', subject = 'x' where event = 'order_ready'")
        .await;
    change(1, "pronto").await;
    assert_eq!(stand.session.value(counted).await, "2");
    stand.session.run(&crate::shop::order(2)).await;
    stand
        .session
        .run("begin; update pedidos set status = 'pago' where id = 2; update pedidos set status = 'pronto' where id = 2; commit")
        .await;
    stand.until_rows(counted, &[&["3"]]).await;
}

/// O7, O15: where the earlier status has the company's last place of the day, the later one takes it.
#[tokio::test]
async fn the_later_status_takes_the_last_place_of_the_day() {
    let stand = open(true).await;
    stand
        .session
        .run("select zap.save_tenant('1', daily_cap => 1); select zap.pause_channel('channel_1')")
        .await;
    let daemon = stand.daemon();
    stand
        .session
        .run("update pedidos set status = 'pago'")
        .await;
    let resolved = "select count(*) from zap.notification_queue where resolved_at is not null";
    stand.until_rows(resolved, &[&["1"]]).await;
    stand
        .session
        .run("update pedidos set status = 'pronto'")
        .await;
    let states: &[&[&str]] = &[
        &["order_paid", "skipped", "superseded"],
        &["order_ready", "pending", "null"],
    ];
    stand.until_rows(STATES, states).await;
    daemon.kill();
    // The same where both are looked at in one batch.
    let counted = "select sum(counted) from zap.tenant_usage";
    assert_eq!(stand.session.value(counted).await, "1");
    stand
        .session
        .run(
            "delete from zap.notification_queue; delete from zap.tenant_usage; update pedidos set status = 'novo';
             begin; update pedidos set status = 'pago'; update pedidos set status = 'pronto'; commit",
        )
        .await;
    let _daemon = stand.daemon();
    stand.until_rows(STATES, states).await;
    assert_eq!(stand.session.value(counted).await, "1");
}

/// O7, O15: who gives a place in the cap back does not wait for the next batch, which waits for them: here, as the customer
/// wants no messages any more, nothing of theirs is counted.
#[tokio::test]
async fn a_place_is_given_back_while_the_next_batch_counts() {
    let stand = open(true).await;
    stand
        .session
        .run(&format!(
            "select zap.save_tenant('1', daily_cap => 100); select zap.pause_channel('channel_1');
             {}{} update pedidos set telefone = '11 91234-5678' where id = 2",
            crate::shop::order(2),
            crate::shop::order(3)
        ))
        .await;
    let first = stand.daemon();
    let change = async |key: u32, status: &str| {
        let update = format!("update pedidos set status = '{status}' where id = {key}");
        stand.session.run(&update).await;
    };
    change(2, "pago").await;
    let counted = "select sum(counted) from zap.tenant_usage";
    stand.until_rows(counted, &[&["1"]]).await;
    assert!(first.terminate().await.success());
    stand.until_its_sessions_have_ended().await;
    // What is written of order 2 takes a while. Its batch is the second one: the first is worked off alone, and the next ones are
    // taken from both ends.
    stand
        .session
        .run(
            "update zap.recipient set opted_out_at = now() where address = '+5511912345678';
             insert into zap.recipient (tenant_id, address, opted_out_at) values ('1', '+5511912345678', now())
             on conflict do nothing;
             create function public.linger() returns trigger language plpgsql as $$
             begin perform pg_sleep(1); return new; end $$;
             create trigger linger before update on zap.notification_queue for each row
             when (new.subject = '2' and new.event = 'order_ready') execute function public.linger()",
        )
        .await;
    change(1, "pago").await;
    change(3, "pago").await;
    change(2, "pronto").await;
    let arguments = ["--sweep-interval", "0", "--claim-batch", "1"];
    let _daemon = crate::daemon::Daemon::start(&stand.database, &arguments);
    let waits = "select count(*) from pg_stat_activity
         where datname = current_database() and wait_event_type = 'Lock' and query like '-- skip_superseded%'";
    let open = "select count(*) from zap.notification_queue where resolved_at is null";
    wait::until("all are decided", async || {
        assert_eq!(stand.session.count(waits).await, 0);
        stand.session.count(open).await == 0
    })
    .await;
    assert_eq!(stand.session.value(counted).await, "2");
}

/// O15: two changes in one transaction are one message: the later one.
#[tokio::test]
async fn of_two_changes_in_one_transaction_the_later_is_sent() {
    let stand = open(true).await;
    stand
        .session
        .run("begin; update pedidos set status = 'pago'; update pedidos set status = 'pronto'; commit")
        .await;
    let _daemon = stand.daemon();
    stand.until_accepted_texts(&["pronto 1"]).await;
    stand.until_done().await;
}

/// O15: what was sent stays, and so does what the source does not let be superseded.
#[tokio::test]
async fn what_was_sent_or_may_not_be_superseded_stays() {
    let stand = open(true).await;
    let _daemon = stand.daemon();
    stand
        .session
        .run("update pedidos set status = 'pago'")
        .await;
    stand.until_accepted_texts(&["pago 1"]).await;
    stand.until_done().await;
    stand
        .session
        .run("update pedidos set status = 'pronto'")
        .await;
    stand.until_accepted_texts(&["pago 1", "pronto 1"]).await;
    let both = open(false).await;
    both.session
        .run("begin; update pedidos set status = 'pago'; update pedidos set status = 'pronto'; commit")
        .await;
    let _daemon = both.daemon();
    both.until_accepted_texts(&["pago 1", "pronto 1"]).await;
    // Both were asked about in one question.
    let failed = "select count(*) from zap.notification_logs where code = 'context_error'";
    assert_eq!(both.session.count(failed).await, 0);
}

/// O1: however long the history, what is superseded is found by its key, and so is whose place in a cap it takes.
#[tokio::test]
async fn what_is_superseded_is_found_by_its_key() {
    let stand = open(true).await;
    stand
        .session
        .run(
            "select zap.save_tenant('1', daily_cap => 1000);
             insert into zap.notification_queue
                 (source_id, event, subject, dedup_key, status, resolved_at, sent_at, created_at)
             select s.id, 'order_paid', 'old ' || n, 'order_paid:old ' || n, 'sent', now(), now(), now()
             from zap.source as s, generate_series(1, 40000) as n where s.captures = 'status'",
        )
        .await;
    stand
        .session
        .run("vacuum analyze zap.notification_queue")
        .await;
    let daemon = stand.daemon();
    stand
        .session
        .run("update pedidos set status = 'pago'")
        .await;
    stand.until_accepted_texts(&["pago 1"]).await;
    stand.session.run("select pg_stat_force_next_flush()").await;
    let reads =
        "select seq_scan from pg_stat_user_tables where relid = 'zap.notification_queue'::regclass";
    let before = stand.session.count(reads).await;
    for key in 2..=30 {
        let order = crate::shop::order(key);
        stand
            .session
            .run(&format!(
                "{order} update pedidos set status = 'pago' where id = {key}"
            ))
            .await;
        stand.until_accepted_count(key as usize).await;
    }
    // What its sessions have counted is told when they end; to look at the queue meanwhile would count, too.
    assert!(daemon.terminate().await.success());
    stand.until_its_sessions_have_ended().await;
    let after = stand.session.count(reads).await;
    assert!(
        after - before < 10,
        "read {} times from end to end",
        after - before
    );
}
