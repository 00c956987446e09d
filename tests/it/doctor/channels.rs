//! Channels that cannot send.

use super::patient::{Patient, examine};
use crate::sandbox::Provider;

async fn with_channel(url: &str, credential: &str) -> Patient {
    let patient = Patient::open().await;
    patient
        .session
        .run(&format!(
            "insert into zap.tenant (id) values ('1') on conflict do nothing;
             insert into zap.channel (tenant_id, name, provider, base_url, instance, credential)
             values ('1', 'loja', 'evolution', '{url}', 'loja', '{credential}')"
        ))
        .await;
    patient
}

/// B4: without a channel nothing is sent.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_channel_is_told() {
    let patient = Patient::open().await;
    patient.finding("warning", "there is no channel");
    patient
        .session
        .run(
            "insert into zap.tenant (id) values ('1');
             update zap.notification_queue set resolved_at = now(), tenant_id = '1', reason = 'no_channel'",
        )
        .await;
    let found = patient.finding("error", "1 message of tenant 1 waits for a channel");
    assert_eq!(
        found.remedy,
        "zapgres channel add NAME --tenant '1' --provider … --url … --instance … --credential …"
    );
}

/// P7: a credential that is not here may be where the daemon is: a warning.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_missing_credential_is_told() {
    let patient = with_channel("http://127.0.0.1:1", "env:NO_SUCH_KEY").await;
    let found = patient.finding("warning", "environment variable NO_SUCH_KEY is not set");
    assert!(found.what.contains("the daemon may see more"), "{found:?}");
    let mended = "update zap.channel set credential = 'env:SANDBOX_KEY'";
    patient.session.run(mended).await;
    assert!(
        patient
            .examine()
            .with("credential of channel loja can be read")
            .is_some()
    );
}

/// B4: the provider is asked now.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_refuses_or_is_away_is_told() {
    let provider = Provider::start_requiring("another-key");
    let patient = with_channel(&provider.url(), "env:SANDBOX_KEY").await;
    let refused = examine(&patient.database, "postgres", &["--no-wake"]);
    let found = refused
        .with("the provider of channel loja says no")
        .expect("a refusal");
    assert_eq!((found.severity.as_str(), refused.code), ("error", 2));
    let quiet = patient.examine();
    assert_eq!(quiet.with("says no"), None, "it was not to be asked");
}

/// B4: what daemons know of a channel: down, unconnected, paused, at its daily cap.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_does_not_send_is_told() {
    let patient = with_channel("http://127.0.0.1:1", "env:SANDBOX_KEY").await;
    patient
        .session
        .run(
            "update zap.channel set daily_cap = 3, paused_at = now();
             insert into zap.channel_state (channel_id, breaker, breaker_opened_at, breaker_reason, sent_on, sent_count)
             select id, 'open', now(), 'HTTP 500', (now() at time zone 'America/Sao_Paulo')::date, 3 from zap.channel;
             insert into zap.channel_health (channel_id, connection, connection_since)
             select id, 'awaits_pairing', now() from zap.channel
             on conflict (channel_id) do update set connection = excluded.connection, connection_since = now()",
        )
        .await;
    patient.finding("error", "channel loja is down since");
    let found = patient.finding(
        "error",
        "the number of channel loja is awaits_pairing since",
    );
    assert_eq!(found.remedy, "zapgres channel connect 'loja'");
    patient
        .mend("warning", "channel loja has sent its 3 messages of today")
        .await;
    let found = patient.finding("warning", "channel loja is paused since");
    assert_eq!(found.remedy, "zapgres channel resume 'loja'");
}

/// B4: a company that is switched off or paused.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_company_that_hears_nothing_is_told() {
    let patient = with_channel("http://127.0.0.1:1", "env:SANDBOX_KEY").await;
    patient
        .session
        .run("update zap.tenant set paused_at = now()")
        .await;
    patient.finding("warning", "tenant 1 is paused since");
    patient
        .session
        .run("update zap.tenant set enabled = false")
        .await;
    let found = patient
        .examine()
        .with("tenant 1 is disabled")
        .expect("disabled");
    assert_eq!(found.remedy, "zapgres tenant enable '1'");
    crate::daemon::succeed(&patient.database, &["tenant", "enable", "1"]);
    assert_eq!(patient.examine().with("tenant 1 is disabled"), None);
}
