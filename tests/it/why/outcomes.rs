//! What became of an attempt: each of it happens, and is told in its order.

use serde_json::{Value, json};

use super::decided::{codes, until_standing};
use super::remedies::{follow, follow_after_prose, remedy};
use super::{assert_normal, meaning, standing, why};
use crate::channels::providers::move_to;
use crate::cluster::plain;
use crate::delivery::stand::Stand;
use crate::inbound::listening::{listen, make_address};
use crate::{sandbox, wait};

/// Asserts that nothing is to be done about any step.
async fn assert_no_remedy(stand: &Stand, subject: &str) {
    let steps = why(&stand.session, subject).await;
    assert!(steps.iter().all(|step| step.remedy == "null"), "{steps:?}");
}

/// B2, B3: the answer was lost, and the provider does not have the message.
#[tokio::test]
async fn a_message_that_is_repeated() {
    let stand = Stand::open(plain()).await;
    let lost = json!({"kind": "drop_before", "times": 1});
    stand.provider.order_faults(&lost).await;
    stand.place([1]).await;
    let _daemon = stand.daemon();
    stand.until_uncertain_and_hastened(1, 1).await;
    until_standing(&stand, "1", "sent").await;
    assert_eq!(
        codes(&stand, "1").await,
        ["captured", "resolved", "uncertain", "repeated", "sent"]
    );
    assert_no_remedy(&stand, "1").await;
    assert_eq!(stand.provider.texts().await, ["1"]);
}

/// B2, B3: the answer was lost, and the provider has the message.
#[tokio::test]
async fn a_message_that_the_provider_has() {
    let stand = Stand::open(plain()).await;
    let lost = json!({"kind": "drop_after", "times": 1});
    stand.provider.order_faults(&lost).await;
    stand.place([1]).await;
    let _daemon = stand.daemon();
    stand.until_uncertain_and_hastened(1, 1).await;
    until_standing(&stand, "1", "reconciled").await;
    assert_eq!(
        codes(&stand, "1").await,
        ["captured", "resolved", "uncertain", "reconciled"]
    );
    assert_no_remedy(&stand, "1").await;
    assert_eq!(stand.provider.texts().await, ["1"]);
}

/// B2, B3: the answer was lost, and a person is to decide.
#[tokio::test]
async fn a_message_that_is_held() {
    let stand = Stand::open(plain()).await;
    let policy = "update zap.source set uncertain_policy = 'hold'";
    stand.session.run(policy).await;
    let lost = json!({"kind": "drop_before", "times": 1});
    stand.provider.order_faults(&lost).await;
    stand.place([1]).await;
    let _daemon = stand.daemon();
    stand.until_uncertain_and_hastened(1, 1).await;
    until_standing(&stand, "1", "held").await;
    assert_eq!(
        codes(&stand, "1").await,
        ["captured", "resolved", "uncertain", "held"]
    );
    follow(&stand, "1", "held").await;
    stand
        .session
        .run("update zap.notification_queue set next_attempt_at = now(); notify zapgres")
        .await;
    until_standing(&stand, "1", "sent").await;
    assert_eq!(
        codes(&stand, "1").await[3..],
        ["held", "retried", "repeated", "sent"]
    );
    assert_no_remedy(&stand, "1").await;
}

/// B3, C8: what the provider tells of a message, as far as it tells it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_is_delivered_and_read() {
    let stand = Stand::open(plain()).await;
    let (_daemon, base) = listen(&stand).await;
    let said = make_address(&stand, &base, &[]).await;
    let url = said.lines().next().expect("an address").to_owned();
    tell(&stand, &url, &["delivered"]).await;
    stand.place([1]).await;
    until_standing(&stand, "1", "delivered").await;
    assert_eq!(
        codes(&stand, "1").await,
        ["captured", "resolved", "sent", "delivered"]
    );
    tell(&stand, &url, &["sent", "delivered", "read"]).await;
    stand.place([2]).await;
    until_standing(&stand, "2", "read").await;
    assert_eq!(
        codes(&stand, "2").await,
        ["captured", "resolved", "sent", "delivered", "read"]
    );
    for subject in ["1", "2"] {
        assert_no_remedy(&stand, subject).await;
    }
}

/// Has the sandbox tell these of each message.
async fn tell(stand: &Stand, url: &str, receipts: &[&str]) {
    let path = format!(
        "{}/sandbox/webhooks/evolution/instance_1",
        stand.provider.url()
    );
    // One after the other: what comes together may be told in any order.
    let hook = json!({"url": url, "secret": "the-key", "receipts": receipts, "delay_ms": 200});
    let answer = sandbox::client().put(path).json(&hook).send().await;
    assert!(answer.expect("an answer").status().is_success());
}

async fn set_meta(stand: &Stand, templates: Value) {
    let settings = json!({"windows": "enforced", "templates": templates});
    stand.provider.set_meta(&settings).await;
}

/// B3, C1: Meta takes free text no more; the remedy as it stands has the approved text sent.
#[tokio::test]
async fn a_window_that_is_closed() {
    let stand = Stand::open(plain()).await;
    move_to(&stand, "meta").await;
    let body = json!({"type": "BODY", "text": "Seu pedido saiu."});
    let approved = json!({"name": "nome_aprovado", "language": "pt_BR", "components": [body]});
    set_meta(&stand, json!([approved])).await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    until_standing(&stand, "1", "failed").await;
    let words = meaning(&stand.session, "window_closed").await;
    let text = standing(&stand.session, "1").await.text;
    assert!(text.contains(&words) && text.contains("131047"), "{text}");
    assert_eq!(codes(&stand, "1").await, ["captured", "resolved", "failed"]);
    follow(&stand, "1", "failed").await;
    until_standing(&stand, "1", "sent").await;
    assert_eq!(stand.provider.texts().await, ["Seu pedido saiu."]);
    assert_eq!(
        codes(&stand, "1").await[2..],
        ["failed", "retried", "resolved", "sent"]
    );
}

/// B3, C1: Meta refuses free text though the customer has written: the approved text follows, and the step between is told.
#[tokio::test]
async fn a_window_that_is_found_closed() {
    let stand = Stand::open(plain()).await;
    move_to(&stand, "meta").await;
    let body = json!({"type": "BODY", "text": "Seu pedido saiu."});
    let approved = json!({"name": "pedido", "language": "pt_BR", "components": [body]});
    set_meta(&stand, json!([approved])).await;
    stand
        .session
        .run(
            "insert into zap.provider_template (event, name) values ('order_received', 'pedido');
             insert into zap.message_history
                 (tenant_id, channel_id, direction, provider_message_id, chat_kind, chat, kind, at)
             select '1', c.id, 'in', 'wamid.1', 'phone', '+5511987654321', 'text', now() from zap.channel as c",
        )
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    until_standing(&stand, "1", "sent").await;
    assert_eq!(
        codes(&stand, "1").await,
        ["captured", "resolved", "window_closed", "sent"]
    );
    assert_no_remedy(&stand, "1").await;
}

/// B3: the provider refuses the message; when that has ended, the command of the remedy sends it.
#[tokio::test]
async fn a_message_that_is_rejected() {
    let stand = Stand::open(plain()).await;
    let refused = json!({"kind": "status", "code": 400, "body": {
        "status": 400, "error": "Bad Request", "response": {"message": ["Owned media must be a url or base64"]},
    }});
    stand.provider.order_faults(&refused).await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    until_standing(&stand, "1", "failed").await;
    assert_eq!(codes(&stand, "1").await, ["captured", "resolved", "failed"]);
    let words = meaning(&stand.session, "rejected").await;
    let text = standing(&stand.session, "1").await.text;
    assert!(text.contains(&words), "{text}");
    assert!(
        remedy(&stand, "1", "failed")
            .await
            .contains("zapgres queue retry")
    );
    stand.provider.clear_faults().await;
    follow_after_prose(&stand, "1", "failed").await;
    until_standing(&stand, "1", "sent").await;
    assert_eq!(codes(&stand, "1").await[2..], ["failed", "retried", "sent"]);
}

/// B3: an attempt that failed is repeated later.
#[tokio::test]
async fn a_message_that_is_tried_again() {
    let stand = Stand::open(plain()).await;
    let fault = json!({"kind": "status", "code": 500, "times": 1});
    stand.provider.order_faults(&fault).await;
    stand.place([1]).await;
    let _daemon = stand.daemon();
    stand.until_status(1, "retrying").await;
    let later = "update zap.notification_queue set next_attempt_at = now() + interval '1 hour'";
    stand.session.run(later).await;
    assert_normal(&stand.session, "1", "due_later").await;
    let now = "update zap.notification_queue set next_attempt_at = now(); notify zapgres";
    stand.session.run(now).await;
    until_standing(&stand, "1", "sent").await;
    assert_eq!(
        codes(&stand, "1").await,
        ["captured", "resolved", "retrying", "sent"]
    );
}

/// B3: a file that cannot be had now is asked for again.
#[tokio::test]
async fn a_file_that_is_not_there() {
    let stand = Stand::open(plain()).await;
    let _daemon = stand.daemon();
    stand
        .session
        .run(
            "select zap.send_message('channel_1', '+5511987654321', kind => 'image',
                 payload => '{\"url\": \"http://127.0.0.1:1/a.jpg\"}')",
        )
        .await;
    let subject = "select subject from zap.notification_queue";
    let subject = stand.session.value(subject).await;
    let words = meaning(&stand.session, "source_error").await;
    wait::until("it tells of the file", async || {
        let steps = why(&stand.session, &subject).await;
        steps.iter().any(|step| step.text.contains(&words))
    })
    .await;
}
