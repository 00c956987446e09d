//! `zap.resend`.

use super::queue::{add, add_captured, log, open, row, status};

/// Q1: a new notification that says the same and points to the old one, which stays as it is.
#[tokio::test]
async fn what_was_sent_is_sent_once_more() {
    let (_, s) = open().await;
    let id = add(&s, "1", "sent").await;
    s.run(
        "update zap.notification_queue
         set metadata = '{\"unanswered\": 1, \"repeat_possible\": true, \"mine\": 1}', priority = 3",
    )
    .await;
    let before = row(&s, id, "notification_queue::text").await;
    let new = s.count(&format!("select zap.resend({id})")).await;
    assert_eq!(row(&s, id, "notification_queue::text").await, before);
    let columns = format!(
        "status, attempts, resend_of = {id}, dedup_key, recipient, body, metadata, priority, sent_at,
         next_attempt_at <= now(), expires_at > now() + interval '5 hours', resolved_at is not null"
    );
    assert_eq!(
        row(&s, new, &columns).await,
        [
            "pending",
            "0",
            "t",
            "order_received:1:resend:1",
            "+5511987654321",
            "Oi",
            "{\"mine\": 1}",
            "3",
            "null",
            "t",
            "t",
            "t"
        ]
    );
    assert_eq!(
        log(&s, new).await,
        [["resent".to_owned(), format!("repeats {id}, by postgres")]]
    );
    assert_eq!(
        log(&s, id).await,
        [["resent".to_owned(), format!("as {new}, by postgres")]]
    );
}

/// Q1: as often as wanted, also what was itself repeated.
#[tokio::test]
async fn repeats_are_numbered() {
    let (_, s) = open().await;
    let id = add(&s, "1", "sent").await;
    let first = s.count(&format!("select zap.resend({id})")).await;
    s.run(&format!("select zap.resend({id})")).await;
    s.run(
        "alter table zap.notification_queue disable trigger user;
         update zap.notification_queue set status = 'sent';
         alter table zap.notification_queue enable trigger user",
    )
    .await;
    s.run(&format!("select zap.resend({first})")).await;
    let keys =
        "select dedup_key from zap.notification_queue where resend_of is not null order by id";
    assert_eq!(
        s.column(keys).await,
        [
            "order_received:1:resend:1",
            "order_received:1:resend:2",
            "order_received:1:resend:3"
        ]
    );
    // The original and two repeats of it at once.
    assert_eq!(s.count("select zap.resend_matching('{}', 3)").await, 3);
}

/// Q1: by filter only what was sent, unless it says otherwise, and what has a message.
#[tokio::test]
async fn what_matches_is_sent_once_more() {
    let (_, s) = open().await;
    for (subject, status) in [
        ("1", "sent"),
        ("2", "failed"),
        ("3", "pending"),
        ("4", "skipped"),
    ] {
        add(&s, subject, status).await;
    }
    let captured = add_captured(&s, "5").await;
    s.run(&format!("select zap.cancel({captured})")).await;
    assert_eq!(s.count("select zap.resend_matching('{}', 1)").await, 1);
    let others =
        r#"select zap.resend_matching('{"status": ["failed", "skipped", "canceled"]}', 2)"#;
    assert_eq!(s.count(others).await, 2);
    let repeated =
        "select subject from zap.notification_queue where resend_of is not null order by id";
    assert_eq!(s.column(repeated).await, ["1", "2", "4"]);
    assert_eq!(status(&s, captured).await, "canceled");
}

/// Q1: a gone channel's message goes to one that works, as far as is known.
#[tokio::test]
async fn what_lost_its_channel_goes_to_one_that_works() {
    let (_, s) = open().await;
    let id = add(&s, "1", "sent").await;
    s.run(
        "insert into zap.channel (tenant_id, name, provider, base_url, instance, credential)
         values ('1', 'third', 'evolution', 'http://127.0.0.1:1', 'third', 'env:KEY');
         insert into zap.channel_state (channel_id, breaker, breaker_opened_at)
         select id, 'open', now() from zap.channel where name = 'second';
         delete from zap.channel where name = 'first'",
    )
    .await;
    let channel = "(select name from zap.channel as c where c.id = channel_id)";
    let repeated = s.count(&format!("select zap.resend({id})")).await;
    assert_eq!(row(&s, repeated, channel).await, ["third"]);
    s.run("update zap.channel set paused_at = now() where name = 'third'")
        .await;
    let repeated = s.count(&format!("select zap.resend({id})")).await;
    assert_eq!(
        row(&s, repeated, channel).await,
        ["second"],
        "better than none"
    );
}

/// Q1: an action on many is quick: what it looks up for each is planned once.
#[tokio::test]
async fn many_are_sent_once_more_quickly() {
    let (_, s) = open().await;
    s.run(
        "insert into zap.notification_queue (
             source_id, event, subject, dedup_key, tenant_id, channel_id, status, recipient, body, resolved_at, sent_at, attempts
         )
         select s.id, s.event, n::text, s.event || ':' || n, '1', c.id, 'sent', '+5511987654321', 'x', now(), now(), 1
         from zap.source as s, zap.channel as c, generate_series(1, 3000) as n
         where c.name = 'first'",
    )
    .await;
    let resend = s.timed("select zap.resend_matching('{}', 3000)").await;
    let plan = "begin; set local plan_cache_mode = force_custom_plan;
         alter function zap.resend_key reset plan_cache_mode; select zap.resend_matching('{\"status\": \"sent\"}', 3000); rollback";
    let planned_each_time = s.timed(plan).await;
    assert!(
        resend.mul_f64(1.5) < planned_each_time,
        "{resend:?}, planned for each {planned_each_time:?}"
    );
}

/// Q1: four times as many take about four times as long, also before any statistics.
#[tokio::test]
async fn the_time_grows_with_their_number() {
    let (_, s) = open().await;
    s.run(
        "insert into zap.notification_queue (
             source_id, event, subject, dedup_key, tenant_id, channel_id, status, recipient, body, resolved_at, sent_at, attempts
         )
         select s.id, s.event, n::text, s.event || ':' || n, case when n <= 3000 then '1' else '2' end, c.id, 'sent',
             '+5511987654321', 'x', now(), now(), 1
         from zap.source as s, zap.channel as c, generate_series(1, 15000) as n
         where c.name = 'first'",
    )
    .await;
    let few = s
        .timed(r#"select zap.resend_matching('{"tenant": "1"}', 3000)"#)
        .await;
    let many = s
        .timed(r#"select zap.resend_matching('{"tenant": "2"}', 12000)"#)
        .await;
    assert!(many < few.mul_f64(7.0), "3000: {few:?}, 12000: {many:?}");
}
