//! Messages per day and month of a company.

use crate::cluster::plain;
use crate::daemon::Daemon;
use crate::delivery::stand::Stand;
use crate::shop::{item, order_at};
use crate::wait;

const USAGE: &str = "select coalesce(sum(counted), 0) from zap.tenant_usage";

/// No day ends while a test runs.
async fn open() -> Stand {
    let stand = Stand::open(plain()).await;
    stand.make_it_noon().await;
    stand
}

async fn until_waiting(stand: &Stand, code: &str, count: u64) {
    let waiting = format!(
        "select count(*) from zap.notification_queue
         where status = 'pending' and reason = '{code}' and resolved_at is null
             and next_attempt_at <= clock_timestamp() + interval '1 minute'
             and expires_at is null"
    );
    wait::until(&format!("{count} wait because of {code}"), async || {
        stand.session.count(&waiting).await == count
    })
    .await;
}

async fn hasten(stand: &Stand) {
    stand
        .session
        .run("update zap.notification_queue set next_attempt_at = clock_timestamp() where resolved_at is null")
        .await;
}

/// O7: a day takes as many as its cap; what is more waits, is logged, and goes when the cap is raised.
#[tokio::test]
async fn a_day_has_its_cap() {
    let stand = open().await;
    stand
        .session
        .run("select zap.save_tenant('1', daily_cap => 3)")
        .await;
    let _daemon = stand.daemon();
    stand.place(1..=5).await;
    stand.until_accepted(3).await;
    until_waiting(&stand, "daily_cap", 2).await;
    assert_eq!(stand.session.value(USAGE).await, "3");
    let log =
        "select event, count(*) from zap.notification_logs where code = 'daily_cap' group by event";
    assert_eq!(stand.session.rows(log).await, [["waiting", "2"]]);
    hasten(&stand).await;
    until_waiting(&stand, "daily_cap", 2).await;
    stand
        .session
        .run("select zap.save_tenant('1', daily_cap => 4)")
        .await;
    hasten(&stand).await;
    stand.until_accepted(4).await;
    until_waiting(&stand, "daily_cap", 1).await;
    stand
        .session
        .run("select zap.save_tenant('1', daily_cap => 0)")
        .await;
    hasten(&stand).await;
    stand.until_accepted(5).await;
}

/// O7: a month counts what was sent on its other days.
#[tokio::test]
async fn a_month_has_its_cap() {
    let stand = open().await;
    stand
        .session
        .run(
            "select zap.save_tenant('1', monthly_cap => 10);
             insert into zap.tenant_usage (tenant_id, on_day, counted)
             select t.id, date_trunc('month', now() at time zone t.timezone)::date + days, 8
             from zap.tenant as t, unnest(array[0, -1]) as days where t.id = '1'",
        )
        .await;
    let _daemon = stand.daemon();
    stand.place(1..=3).await;
    stand.until_accepted(2).await;
    until_waiting(&stand, "monthly_cap", 1).await;
}

/// O7: what waits for another day expires as it would otherwise.
#[tokio::test]
async fn what_waits_because_of_a_cap_expires() {
    let stand = open().await;
    stand
        .session
        .run("select zap.save_tenant('1', daily_cap => 1)")
        .await;
    let _daemon = stand.daemon();
    stand.place(1..=2).await;
    stand.until_accepted(1).await;
    until_waiting(&stand, "daily_cap", 1).await;
    stand
        .session
        .run("update zap.source set expires_after = '2 seconds'")
        .await;
    wait::until("its time is over", async || {
        let over = "select bool_and(created_at < clock_timestamp() - interval '2 seconds') from zap.notification_queue";
        stand.session.value(over).await == "t"
    })
    .await;
    hasten(&stand).await;
    assert_eq!(stand.until_status(2, "expired").await, "daily_cap");
}

/// O7: a message that is not sent for another reason costs nothing.
#[tokio::test]
async fn who_wants_nothing_costs_nothing() {
    let stand = open().await;
    stand
        .session
        .run(
            "select zap.save_tenant('1', daily_cap => 1);
             insert into zap.recipient (tenant_id, address, opted_out_at) values ('1', '+5511987654321', now())",
        )
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    assert_eq!(stand.until_status(1, "skipped").await, "opted_out");
    assert_eq!(stand.session.value(USAGE).await, "0");
    stand.session.run("select zap.set_mode('shadow')").await;
    stand
        .session
        .run(&format!("begin; {}{} commit", order_at(1, 2), item(2)))
        .await;
    assert_eq!(stand.until_status(2, "skipped").await, "shadow");
    assert_eq!(stand.session.value(USAGE).await, "0");
    stand.session.run("select zap.set_mode('live')").await;
    stand
        .session
        .run(&format!("begin; {}{} commit", order_at(1, 3), item(3)))
        .await;
    stand.until_accepted(1).await;
    assert_eq!(stand.session.value(USAGE).await, "1");
}

/// O7, B2: two daemons keep one cap together.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_daemons_keep_one_cap() {
    let stand = open().await;
    stand
        .session
        .run("select zap.save_tenant('1', daily_cap => 25)")
        .await;
    stand.place(1..=60).await;
    let start = |name| {
        let arguments = [
            "--sweep-interval",
            "0",
            "--claim-batch",
            "3",
            "--name",
            name,
        ];
        Daemon::start(&stand.database, &arguments)
    };
    let _daemons = (start("a"), start("b"));
    until_waiting(&stand, "daily_cap", 35).await;
    stand.until_accepted(25).await;
    assert_eq!(stand.session.value(USAGE).await, "25");
    assert_eq!(stand.accepted().await.len(), 25);
}
