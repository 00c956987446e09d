//! Every code has a test that brings about what it tells, and asks.

use std::collections::BTreeSet;

use zapgres_core::decision;

use crate::cluster::plain;
use crate::daemon::succeed;
use crate::delivery::stand::Stand;

/// The tests, by module.
const MODULES: [(&str, &str); 7] = [
    ("causes", include_str!("causes.rs")),
    ("coverage", include_str!("coverage.rs")),
    ("decided", include_str!("decided.rs")),
    ("events", include_str!("events.rs")),
    ("never", include_str!("never.rs")),
    ("outcomes", include_str!("outcomes.rs")),
    ("standstill", include_str!("standstill.rs")),
];

/// Each code, and the test in which what it tells really happens.
const TESTS: &[(&str, &str)] = &[
    ("captured", "decided::an_order_that_was_sent"),
    ("swept", "causes::orders_that_capture_left_to_others"),
    (
        "missed_drained",
        "causes::orders_that_capture_left_to_others",
    ),
    ("coalesced", "events::an_order_that_another_table_announces"),
    ("superseded", "events::a_superseded_status"),
    ("settling", "causes::orders_that_wait_in_vain"),
    ("not_ready", "decided::orders_that_wait_for_somebody"),
    ("order_gone", "causes::a_mode_and_an_order_that_is_gone"),
    ("no_context_query", "decided::orders_that_wait_for_somebody"),
    ("context_error", "decided::orders_that_wait_for_somebody"),
    ("too_old", "decided::orders_that_are_skipped"),
    ("tenant_gone", "causes::a_company_that_is_not_there_yet"),
    ("tenant_disabled", "decided::orders_that_are_skipped"),
    ("no_phone", "decided::orders_that_are_skipped"),
    ("invalid_phone", "decided::orders_that_are_skipped"),
    ("template_error", "decided::orders_that_wait_for_somebody"),
    ("write_error", "causes::orders_that_wait_in_vain"),
    ("no_audience", "events::an_event_without_audience"),
    ("told", "events::each_audience_has_its_own_steps"),
    ("resolved", "decided::an_order_that_was_sent"),
    ("no_channel", "decided::an_order_that_expires"),
    ("source_off", "decided::orders_of_a_mode"),
    ("mode_off", "causes::a_mode_and_an_order_that_is_gone"),
    ("shadow", "decided::orders_of_a_mode"),
    ("opted_out", "decided::orders_that_are_skipped"),
    ("expired", "causes::orders_that_wait_in_vain"),
    ("canceled", "decided::what_persons_did"),
    ("retried", "decided::what_persons_did"),
    ("resent", "decided::what_persons_did"),
    ("sent", "decided::an_order_that_was_sent"),
    (
        "delivered",
        "outcomes::a_message_that_is_delivered_and_read",
    ),
    ("read", "outcomes::a_message_that_is_delivered_and_read"),
    ("retrying", "outcomes::a_message_that_is_tried_again"),
    ("failed", "outcomes::a_message_that_is_rejected"),
    ("uncertain", "outcomes::a_message_that_is_repeated"),
    ("repeated", "outcomes::a_message_that_is_repeated"),
    ("reconciled", "outcomes::a_message_that_the_provider_has"),
    (
        "fallback",
        "causes::a_channel_that_has_sent_enough_or_does_not_work",
    ),
    ("held", "outcomes::a_message_that_is_held"),
    ("transient", "causes::what_a_provider_answers"),
    ("throttled", "causes::what_a_provider_answers"),
    ("recipient_invalid", "decided::what_the_provider_refuses"),
    ("window_closed", "outcomes::a_window_that_is_found_closed"),
    ("channel_auth", "decided::a_channel_that_does_not_work"),
    ("channel_down", "decided::a_channel_that_does_not_work"),
    ("rejected", "outcomes::a_message_that_is_rejected"),
    ("source_error", "outcomes::a_file_that_is_not_there"),
    ("waiting", "standstill::a_channel_that_is_switched_off"),
    ("due_later", "outcomes::a_message_that_is_tried_again"),
    (
        "not_looked_at",
        "standstill::a_channel_that_is_switched_off",
    ),
    ("in_flight", "standstill::a_message_on_its_way"),
    ("no_daemon", "standstill::a_copy_of_the_database"),
    ("not_adopted", "standstill::a_copy_of_the_database"),
    ("sending_off", "standstill::what_persons_pause"),
    ("tenant_paused", "standstill::what_persons_pause"),
    ("channel_paused", "standstill::what_persons_pause"),
    (
        "channel_disabled",
        "standstill::a_channel_that_is_switched_off",
    ),
    ("source_paused", "standstill::what_persons_pause"),
    ("breaker_open", "decided::a_channel_that_does_not_work"),
    ("disconnected", "standstill::a_number_that_is_not_connected"),
    (
        "channel_locked",
        "standstill::a_channel_that_somebody_has_locked",
    ),
    (
        "channel_cap",
        "standstill::a_channel_that_is_being_warmed_up",
    ),
    ("no_lease", "standstill::a_channel_that_no_daemon_has_taken"),
    ("daily_cap", "causes::hours_quiet_hours_and_caps"),
    ("monthly_cap", "causes::hours_quiet_hours_and_caps"),
    ("quiet_hours", "causes::hours_quiet_hours_and_caps"),
    ("outside_hours", "causes::hours_quiet_hours_and_caps"),
    ("no_source", "never::no_source"),
    ("order_unknown", "never::an_unknown_order"),
    ("source_unreadable", "never::a_table_that_was_changed"),
    ("no_items", "never::an_order_without_items"),
    ("detached", "never::a_detached_table"),
    ("trigger_missing", "never::a_trigger_that_is_gone"),
    ("trigger_disabled", "never::a_disabled_trigger"),
    ("silenced", "never::a_silenced_transaction"),
    (
        "capture_off",
        "never::capture_switched_off_for_the_database",
    ),
    (
        "before_attach",
        "never::an_order_from_before_the_attachment",
    ),
    ("forgotten", "never::an_order_whose_history_is_gone"),
    ("missed", "never::a_missed_order"),
    ("not_announced", "never::an_order_that_capture_did_not_see"),
    ("no_such_event", "events::a_status_that_has_not_changed"),
    ("paused", "coverage::what_persons_do_to_others_than_orders"),
    ("resumed", "coverage::what_persons_do_to_others_than_orders"),
    (
        "channel_removed",
        "coverage::what_persons_do_to_others_than_orders",
    ),
    ("setting", "coverage::what_persons_do_to_others_than_orders"),
    ("tenant", "coverage::what_persons_do_to_others_than_orders"),
    ("enabled", "coverage::what_persons_do_to_others_than_orders"),
    (
        "disabled",
        "coverage::what_persons_do_to_others_than_orders",
    ),
    (
        "connection",
        "coverage::what_persons_do_to_others_than_orders",
    ),
];

/// What a test is made of.
fn text_of(test: &str) -> Option<&'static str> {
    let (module, name) = test.split_once("::")?;
    let (_, text) = MODULES.iter().find(|(known, _)| *known == module)?;
    let (_, rest) = text
        .split_once(&format!("#[tokio::test]\nasync fn {name}() {{\n"))
        .or_else(|| {
            let threads = "#[tokio::test(flavor = \"multi_thread\", worker_threads = 2)]";
            text.split_once(&format!("{threads}\nasync fn {name}() {{\n"))
        })?;
    rest.split_once("\n}\n").map(|(body, _)| body)
}

/// B3: a code that is added has a test, one that is taken away has none, and each test does ask for its code.
#[test]
fn every_code_has_a_test_of_its_cause() {
    let codes: BTreeSet<&str> = decision::ALL.iter().copied().collect();
    let tested: BTreeSet<&str> = TESTS.iter().map(|(code, _)| *code).collect();
    assert_eq!(codes, tested);
    assert_eq!(TESTS.len(), tested.len(), "named once each");
    for (code, test) in TESTS {
        let body = text_of(test).unwrap_or_else(|| panic!("there is no test {test}"));
        let asks = body.contains(&format!("\"{code}\"")) || body.contains(&format!(":{code}\""));
        assert!(asks, "{test} does not ask for {code}");
    }
}

/// B3, Q1: what is done to a channel, a company or a setting is about no order: it stands in the log alone.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_persons_do_to_others_than_orders() {
    let stand = Stand::open(plain()).await;
    let daemon = stand.daemon();
    let logged = "select code from zap.notification_logs where notification_id is null order by id desc limit 1";
    stand.until_rows(logged, &[&["connection"]]).await;
    daemon.terminate().await;
    let commands: [(&[&str], &str); 7] = [
        (&["tenant", "pause", "1"], "paused"),
        (&["tenant", "resume", "1"], "resumed"),
        (&["tenant", "set", "1", "--name", "Bela"], "tenant"),
        (&["tenant", "disable", "1"], "disabled"),
        (&["tenant", "enable", "1"], "enabled"),
        (&["setting", "set", "retention.logs_days", "20"], "setting"),
        (
            &["channel", "remove", "channel_1", "--yes"],
            "channel_removed",
        ),
    ];
    for (command, code) in commands {
        succeed(&stand.database, command);
        assert_eq!(stand.session.value(logged).await, code, "{command:?}");
    }
}
