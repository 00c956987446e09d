//! A lane that cannot send costs next to nothing.

use std::time::Duration;

use serde_json::json;

use super::stand::Stand;
use crate::cluster::plain;
use crate::daemon::Daemon;
use crate::wait;

/// How long it is watched.
const WATCHED: Duration = Duration::from_secs(2);
const EACH_ANOTHER: &str = "'+55119' || lpad((87650000 + g)::text, 8, '0')";

/// A lane that never rests uses a whole core.
async fn assert_rests(daemon: &Daemon) {
    let before = daemon.time_at_work();
    tokio::time::sleep(WATCHED).await;
    let used = daemon.time_at_work() - before;
    assert!(used < WATCHED * 2 / 3, "{used:?} of {WATCHED:?} at work");
}

/// A probe is due, and has been for longer than the lane looks for another channel.
async fn until_a_probe_is_due(stand: &Stand) {
    let due = "select count(*) from zap.channel_state
         where breaker <> 'closed' and breaker_probe_at < clock_timestamp() - interval '1500 ms'";
    wait::until("a probe is due", async || {
        stand.session.value(due).await == "1"
    })
    .await;
}

/// P2: the channel is down, and there is nothing left to find out with whether it works again.
#[tokio::test]
async fn a_lane_that_has_no_message_for_a_probe_rests() {
    let stand = Stand::open(plain()).await;
    let fault = json!({"kind": "status", "code": 401});
    stand.provider.order_faults(&fault).await;
    stand.place([1]).await;
    let daemon = stand.daemon();
    stand.until_status(1, "retrying").await;
    let cancel = "select zap.cancel(id) from zap.notification_queue where status = 'retrying'";
    wait::until("the message is canceled", async || {
        stand.session.attempt(cancel).await.is_ok()
            && stand.of_order(1, "status").await == "canceled"
    })
    .await;
    until_a_probe_is_due(&stand).await;
    assert_rests(&daemon).await;
}

/// P2: the channel is down, and its day is used up.
#[tokio::test]
async fn a_lane_whose_probe_waits_for_the_next_day_rests() {
    let stand = Stand::open(plain()).await;
    stand.make_it_noon().await;
    stand
        .session
        .run(
            "update zap.channel set daily_cap = 1;
             insert into zap.channel_state (
                 channel_id, breaker, breaker_opened_at, breaker_probe_at, breaker_reason, sent_on, sent_count
             )
             select c.id, 'open', clock_timestamp(), clock_timestamp() + interval '1 s', 'channel_down: away',
                 (clock_timestamp() at time zone t.timezone)::date, 1
             from zap.channel as c, zap.tenant as t where c.tenant_id = t.id",
        )
        .await;
    stand.place([1]).await;
    let daemon = stand.daemon();
    daemon.until_it_says("daily cap is used up").await;
    until_a_probe_is_due(&stand).await;
    assert_rests(&daemon).await;
}

/// P2: a pause of a company costs no more than one of its channel.
#[tokio::test]
async fn a_paused_company_costs_nothing() {
    let stand = Stand::open(plain()).await;
    stand.queue_many("channel_1", 3000, EACH_ANOTHER).await;
    stand.session.run("select zap.pause_tenant('1')").await;
    let _daemon = stand.daemon();
    let leased = "select count(*) from zap.channel_state where lease_owner is not null";
    wait::until("the channel is leased", async || {
        stand.session.value(leased).await == "1"
    })
    .await;
    tokio::time::sleep(WATCHED).await;
    // Whoever locks a row to mark it leaves a trace.
    let locked = "select count(*) from zap.notification_queue where xmax <> 0";
    assert_eq!(stand.session.value(locked).await, "0");
    stand.session.run("select zap.resume_tenant('1')").await;
    wait::until("messages are sent", async || {
        stand.provider.count().await > 0
    })
    .await;
}
