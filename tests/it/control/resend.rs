//! `zap.resend`.

use serde_json::Value;

use super::queue::{add, add_captured, log, open, open_in, row, status};
use crate::cluster::Cluster;
use crate::session::Session;

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

/// As many notifications of company 1 that were sent, and then as many of company 2.
async fn add_sent(s: &Session, of_company_1: u32, of_company_2: u32) {
    let all = of_company_1 + of_company_2;
    s.run(&format!(
        "insert into zap.notification_queue (
             source_id, event, subject, dedup_key, tenant_id, channel_id, status, recipient, body, resolved_at, sent_at, attempts
         )
         select s.id, s.event, n::text, s.event || ':' || n, case when n <= {of_company_1} then '1' else '2' end, c.id, 'sent',
             '+5511987654321', 'x', now(), now(), 1
         from zap.source as s, zap.channel as c, generate_series(1, {all}) as n
         where c.name = 'first'"
    ))
    .await;
}

/// Q1: an action on many is quick: what it looks up for each is planned once.
#[tokio::test]
async fn what_is_looked_up_for_each_is_planned_once() {
    let settings = [
        "shared_preload_libraries = 'pg_stat_statements'",
        "pg_stat_statements.track = 'all'",
        "pg_stat_statements.track_planning = on",
    ];
    let cluster = Cluster::start("planning", &settings);
    let (_, s) = open_in(&cluster).await;
    add_sent(&s, 500, 0).await;
    s.run("create extension pg_stat_statements; select pg_stat_statements_reset()")
        .await;
    s.run("select zap.resend_matching('{}', 500)").await;
    let nested = "select plans, calls, query from pg_stat_statements where not toplevel";
    let for_each = format!("select count(*) from ({nested}) as s where calls >= 500");
    assert_ne!(s.count(&for_each).await, 0, "nothing is counted");
    // Whatever else happens in the database may have the server plan once more.
    let often = format!("{nested} and plans > 20");
    assert_eq!(s.rows(&often).await, Vec::<Vec<String>>::new());
}

/// Rows that a plan's node and those below it handed on or looked at in vain.
fn rows_read(node: &Value) -> f64 {
    let number = |key: &str| node[key].as_f64().unwrap_or_default();
    let each_time = number("Actual Rows")
        + number("Rows Removed by Filter")
        + number("Rows Removed by Join Filter")
        + number("Rows Removed by Index Recheck");
    let below = node["Plans"].as_array().into_iter().flatten();
    number("Actual Loops") * each_time + below.map(rows_read).sum::<f64>()
}

/// The same of all statements that these statements and the functions in them run.
async fn rows_read_by(s: &Session, statements: &str) -> f64 {
    s.run(
        "load 'auto_explain';
         set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on;
         set auto_explain.log_analyze = on; set auto_explain.log_timing = off;
         set auto_explain.log_format = json; set auto_explain.log_level = notice",
    )
    .await;
    s.notices().await;
    s.run(statements).await;
    let notices = s.notices().await.into_iter();
    let plans = notices.filter_map(|notice| {
        let (_, plan) = notice.message().split_once("plan:\n")?;
        Some(serde_json::from_str::<Value>(plan).expect("a plan"))
    });
    plans.map(|plan| rows_read(&plan["Plan"])).sum()
}

/// Q1: for four times as many, about four times as many rows are read, also before any statistics.
#[tokio::test]
async fn the_work_grows_with_their_number() {
    let (_, s) = open().await;
    s.run("alter table zap.notification_queue set (autovacuum_enabled = off)")
        .await;
    add_sent(&s, 500, 2000).await;
    let few = rows_read_by(&s, r#"select zap.resend_matching('{"tenant": "1"}', 500)"#).await;
    let many = rows_read_by(&s, r#"select zap.resend_matching('{"tenant": "2"}', 2000)"#).await;
    assert!(few >= 500.0 && many < few * 5.0, "500: {few}, 2000: {many}");
}
