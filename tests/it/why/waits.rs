//! What a notification waits for now.

use super::{assert_normal, assert_obstacle, standing, why};
use crate::control::queue::{add, add_captured, open};
use crate::session::Session;

/// A daemon that is at work and sends for every channel, as far as the database knows.
const DAEMON: &str = "insert into zap.daemon (name, instance, lease_until, version)
     values ('d', gen_random_uuid(), now() + interval '1 hour', '1');
     insert into zap.channel_state (channel_id, lease_owner) select id, 'd' from zap.channel";

async fn open_waiting() -> (crate::database::Database, Session) {
    let (database, s) = open().await;
    s.run(DAEMON).await;
    add(&s, "1", "pending").await;
    (database, s)
}

/// B3: nothing is in the way; and a channel's worth of things that can be, each with what ends it.
#[tokio::test]
async fn what_can_be_in_the_way() {
    let (_, s) = open_waiting().await;
    assert_normal(&s, "1", "waiting").await;
    let channel = "update zap.channel set";
    let state = "update zap.channel_state set";
    let obstacles = [
        ("update zap.source set paused_at = now()", "update zap.source set paused_at = null", "source_paused",
            "zapgres source resume public.pedido_itens"),
        ("update zap.tenant set enabled = false", "update zap.tenant set enabled = true", "tenant_disabled",
            "zapgres tenant enable 1"),
        ("update zap.tenant set paused_at = now()", "update zap.tenant set paused_at = null", "tenant_paused",
            "zapgres tenant resume 1"),
        ("insert into zap.setting (key, value) values ('sending.enabled', 'false')", "delete from zap.setting", "sending_off",
            "zapgres setting reset sending.enabled"),
        (&format!("{channel} enabled = false"), &format!("{channel} enabled = true"), "channel_disabled", "name = 'first'"),
        (&format!("{channel} paused_at = now()"), &format!("{channel} paused_at = null"), "channel_paused",
            "zapgres channel resume first"),
        (&format!("{state} breaker = 'open', breaker_opened_at = now(), breaker_probe_at = now(), breaker_reason = 'boom'"),
            &format!("{state} breaker = 'closed'"), "breaker_open", "zapgres channel test first"),
        ("insert into zap.channel_health (channel_id, connection) select id, 'awaits_pairing' from zap.channel",
            "delete from zap.channel_health", "disconnected", "zapgres channel connect first"),
        (&format!("{state} lease_owner = null"), &format!("{state} lease_owner = 'd'"), "no_lease", "zapgres daemon list"),
        (&format!("{channel} daily_cap = 5; {state} sent_count = 5, sent_on = (now() at time zone 'America/Sao_Paulo')::date"),
            &format!("{channel} daily_cap = null"), "channel_cap", "daily_cap"),
        ("update zap.daemon set lease_until = now()", "update zap.daemon set lease_until = now() + interval '1 hour'", "no_daemon",
            "zapgres run"),
        ("insert into zap.installation (system_identifier, database_oid, data_directory) values (1, 1, '/')
            on conflict (id) do update set system_identifier = 1", "delete from zap.installation", "not_adopted", "zapgres adopt"),
    ];
    for (begin, end, code, remedy) in obstacles {
        s.run(begin).await;
        assert_obstacle(&s, "1", code, remedy).await;
        s.run(end).await;
        assert_normal(&s, "1", "waiting").await;
    }
    s.run("update zap.channel_state set breaker = 'open', breaker_reason = 'boom'")
        .await;
    assert!(standing(&s, "1").await.text.contains("boom"));
}

/// B3: what is in the way tells since when, and names are quoted in what is to be typed.
#[tokio::test]
async fn names_are_quoted_in_commands() {
    let (_, s) = open_waiting().await;
    s.run("update zap.channel set name = 'Loja d''Água', paused_at = '2026-11-20 12:00-03' where name = 'first'").await;
    assert_obstacle(
        &s,
        "1",
        "channel_paused",
        "zapgres channel resume 'Loja d'\\''Água'",
    )
    .await;
    let since = "select at = '2026-11-20 12:00-03' from zap.why('1') order by step desc limit 1";
    assert_eq!(s.value(since).await, "t");
}

/// B3: what goes its way.
#[tokio::test]
async fn what_is_normal() {
    let (_, s) = open_waiting().await;
    s.run("update zap.notification_queue set next_attempt_at = now() + interval '1 hour'")
        .await;
    assert_normal(&s, "1", "due_later").await;
    let expected = "select to_char(next_attempt_at at time zone 'America/Sao_Paulo', 'DD/MM HH24:MI:SS') from zap.notification_queue";
    let until = s.value(expected).await;
    assert!(standing(&s, "1").await.text.contains(&until));
    add(&s, "2", "processing").await;
    assert_normal(&s, "2", "in_flight").await;
    add_captured(&s, "3").await;
    assert_normal(&s, "3", "not_looked_at").await;
}

/// B3: what intake and lanes decided stands in the row until they decide otherwise; caps and hours among it.
#[tokio::test]
async fn a_reason_stands_until_it_is_due() {
    let (_, s) = open_waiting().await;
    let far = "next_attempt_at = now() + interval '1 hour'";
    for (code, is_obstacle) in [
        ("held", true),
        ("daily_cap", true),
        ("monthly_cap", true),
        ("outside_hours", false),
        ("quiet_hours", false),
        ("settling", false),
        ("not_ready", true),
        ("context_error", true),
        ("no_context_query", true),
        ("tenant_gone", true),
        ("template_error", true),
        ("write_error", true),
    ] {
        s.run(&format!(
            "update zap.notification_queue set reason = '{code}', {far}"
        ))
        .await;
        let step = standing(&s, "1").await;
        assert_eq!(
            (step.code.as_str(), step.remedy != "null"),
            (code, is_obstacle),
            "{step:?}"
        );
    }
    s.run("update zap.notification_queue set reason = 'no_channel', channel_id = null")
        .await;
    assert_obstacle(&s, "1", "no_channel", "zapgres channel add").await;
}

/// B3: several notifications about an order: each has its own steps and its own remedy.
#[tokio::test]
async fn each_notification_has_its_own_answer() {
    let (_, s) = open_waiting().await;
    s.run(
        "insert into zap.notification_queue (source_id, event, subject, dedup_key, tenant_id, parent_id, payload, status, reason,
             recipient, resolved_at, skipped_at)
         select source_id, event, subject, '@shop:' || dedup_key, tenant_id, id, '{\"audience\": \"shop\"}', 'skipped', 'no_phone',
             null, now(), now()
         from zap.notification_queue;
         insert into zap.notification_logs (notification_id, level, event, code)
         select id, 'info', 'told', 'told' from zap.notification_queue where parent_id is null",
    )
    .await;
    let audiences = "select audience || ':' || code from zap.why('1') order by step";
    assert_eq!(
        s.column(audiences).await,
        [
            "customer:captured",
            "customer:told",
            "customer:waiting",
            "shop:no_phone"
        ]
    );
    let remedies = why(&s, "1").await;
    let remedies: Vec<&str> = remedies.iter().map(|step| step.remedy.as_str()).collect();
    assert_eq!(remedies[..3], ["null"; 3]);
    assert!(remedies[3].contains("zapgres queue retry"), "{remedies:?}");
}

/// B3: among very many notifications those of an order are found by their keys.
#[tokio::test]
async fn among_many_they_are_found_by_their_keys() {
    let (_, s) = open_waiting().await;
    s.run(
        "insert into zap.audience (source_id, name) select id, 'shop' from zap.source;
         insert into zap.notification_queue (source_id, event, subject, dedup_key)
         select source_id, event, subject, prefix || dedup_key || suffix
         from zap.notification_queue,
             unnest(array['@shop:', '', '@shop:'], array['', ':resend:2', ':resend:1']) as k (prefix, suffix);
         update pg_class set reltuples = 1e9 where oid = 'zap.notification_queue'::regclass",
    )
    .await;
    let count = "select count(distinct notification_id) from zap.why('1')";
    assert_eq!(s.value(count).await, "4");
    s.run("set enable_seqscan = off").await;
    let plan = s.column("explain select from zap.notification_queue where dedup_key = any (array(select zap.keys_about('1')))").await;
    assert!(
        plan.join("\n").contains("notification_queue_once"),
        "{plan:?}"
    );
}
