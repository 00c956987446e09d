//! Opening hours of companies, quiet hours of their customers.

use crate::cluster::plain;
use crate::delivery::stand::Stand;

/// Open on one day of the week only, this many days from now.
async fn open_in(stand: &Stand, days: u32) {
    stand
        .session
        .run(&format!(
            "select zap.save_tenant('1', timezone => 'UTC', opening_hours => jsonb_build_object(
                 lower(to_char(now() at time zone 'UTC' + interval '{days} days', 'dy')), '[\"08:00-09:00\"]'::jsonb))"
        ))
        .await;
}

async fn hasten(stand: &Stand) {
    stand
        .session
        .run("update zap.notification_queue set next_attempt_at = clock_timestamp() where status = 'pending'")
        .await;
}

/// O7: outside of its opening hours a company's message waits for the next opening, from which on its time runs.
#[tokio::test]
async fn a_closed_companys_message_waits() {
    let stand = Stand::open(plain()).await;
    open_in(&stand, 2).await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand
        .until_status_and_reason(1, "pending", "outside_hours")
        .await;
    let opening = "date_trunc('day', now() at time zone 'UTC') at time zone 'UTC' + interval '2 days 8 hours'";
    let times = format!(
        "next_attempt_at = {opening} and scheduled_at = {opening} and expires_at = {opening} + interval '6 hours'
         and resolved_at is not null and channel_id is not null"
    );
    assert_eq!(stand.of_order(1, &times).await, "t");
    let log = "select code, detail like 'outside_hours: until 20%Z' from zap.notification_logs
         where event = 'resolved'";
    assert_eq!(stand.session.rows(log).await, [["outside_hours", "t"]]);
    hasten(&stand).await;
    stand.until_accepted(1).await;
    stand.until_status(1, "sent").await;
    assert_eq!(stand.of_order(1, "reason").await, "null");
}

/// O7: an open company's message goes at once; so does that of one whose hours nobody can read, which is said once.
#[tokio::test]
async fn an_open_companys_message_goes() {
    let stand = Stand::open(plain()).await;
    let day = "[\"00:00-24:00\"]";
    let days =
        ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map(|name| format!("\"{name}\": {day}"));
    let hours = format!("{{{}}}", days.join(", "));
    stand
        .session
        .run(&format!(
            "select zap.save_tenant('1', opening_hours => '{hours}')"
        ))
        .await;
    let daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_accepted(1).await;
    stand
        .session
        .run("update zap.tenant set opening_hours = '{\"mon\": \"8h\"}'")
        .await;
    stand.place([2, 3]).await;
    stand.until_accepted(3).await;
    assert_eq!(
        daemon.log().matches("opening hours cannot be used").count(),
        1
    );
}

/// O7: a customer's quiet hours are respected, by the customer's clock.
#[tokio::test]
async fn a_customer_is_left_alone_in_quiet_hours() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run(
            "insert into zap.recipient (tenant_id, address, quiet_from, quiet_to, timezone)
             select '1', '+5511987654321', local - interval '1 hour', local + interval '2 hours', 'Asia/Tokyo'
             from (select (now() at time zone 'Asia/Tokyo')::time(0)) as t (local)",
        )
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand
        .session
        .run(&format!(
            "begin; {}{} commit",
            crate::shop::order_at(1, 2),
            crate::shop::item(2)
        ))
        .await;
    stand.until_accepted(1).await;
    assert_eq!(stand.provider.texts().await, ["2"]);
    stand
        .until_status_and_reason(1, "pending", "quiet_hours")
        .await;
    let wait =
        "next_attempt_at - created_at between interval '1 hour 55 minutes' and interval '2 hours 1 second'
         and expires_at = next_attempt_at + interval '6 hours'";
    assert_eq!(stand.of_order(1, wait).await, "t");
    hasten(&stand).await;
    stand.until_accepted(2).await;
}
