//! Meta takes free text within 24 hours after the recipient last wrote; else an approved template.

use serde_json::json;

use super::providers::move_to;
use crate::cluster::plain;
use crate::daemon::succeed;
use crate::delivery::stand::Stand;
use crate::sandbox::text;
use crate::wait;

/// The approved text for orders, with one gap.
const TEMPLATE: &str = "insert into zap.provider_template (event, name, parameters)
     values ('order_received', 'pedido', '[{\"text\": \"{{ order.id }}\"}]')";

/// The customer of `shop::order` has written, as far as we were told.
const HAS_WRITTEN: &str = "insert into zap.message_history
     (tenant_id, channel_id, direction, provider_message_id, chat_kind, chat, kind, at)
     select '1', c.id, 'in', 'wamid.1', 'phone', '+5511987654321', 'text', now() from zap.channel as c";

async fn open() -> Stand {
    let stand = Stand::open(plain()).await;
    move_to(&stand, "meta").await;
    let settings = json!({
        "windows": "enforced",
        "templates": [{
            "name": "pedido",
            "language": "pt_BR",
            "components": [{"type": "BODY", "text": "Seu pedido {{1}} saiu."}],
        }],
    });
    stand.provider.set_meta(&settings).await;
    stand
}

async fn assert_sent_as_template(stand: &Stand) {
    stand.until_status(1, "sent").await;
    let messages = stand.provider.messages().await;
    let sent: Vec<[String; 2]> = messages
        .iter()
        .map(|one| [text(one, "kind"), text(one, "text")])
        .collect();
    assert_eq!(sent, [["template", "Seu pedido 1 saiu."]]);
    assert_eq!(stand.of_order(1, "attempts").await, "1");
}

/// C1: who has not written is sent the approved text at once.
#[tokio::test]
async fn who_has_not_written_gets_the_approved_template() {
    let stand = open().await;
    stand.session.run(TEMPLATE).await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    assert_sent_as_template(&stand).await;
    assert_eq!(stand.provider.requests("refused").await, 0);
}

/// C1: free text that Meta refuses is followed by the approved text, and both are one attempt.
#[tokio::test]
async fn a_refused_text_is_followed_by_the_approved_template() {
    let stand = open().await;
    stand.session.run(TEMPLATE).await;
    stand.session.run(HAS_WRITTEN).await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    assert_sent_as_template(&stand).await;
    assert_eq!(stand.provider.requests("refused").await, 1);
}

/// C1: without an approved text nothing is sent, and the class says why.
#[tokio::test]
async fn without_a_template_a_text_outside_the_window_has_failed() {
    let stand = open().await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_status(1, "failed").await;
    assert_eq!(stand.of_order(1, "error_class").await, "window_closed");
    let error = stand.of_order(1, "last_error").await;
    assert!(error.contains("131047"), "{error}");
    assert_eq!(stand.of_order(1, "attempts").await, "1");
    assert_eq!(stand.provider.count().await, 0);
}

/// O6: a mistake in an approved template's gaps keeps messages until somebody has mended it.
#[tokio::test]
async fn a_mistake_in_a_template_keeps_messages_until_it_is_mended() {
    let stand = open().await;
    stand.session.run(TEMPLATE).await;
    let spoil = "update zap.provider_template set parameters = '[{\"text\": \"{{ order. }}\"}]'";
    stand.session.run(spoil).await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    wait::until("the mistake is told", async || {
        stand.of_order(1, "reason").await == "template_error"
    })
    .await;
    let error = stand.of_order(1, "last_error").await;
    assert!(error.contains("zap.provider_template"), "{error}");
    stand
        .session
        .run(
            "update zap.provider_template set parameters = '[{\"text\": \"{{ order.id }}\"}]';
             update zap.notification_queue set next_attempt_at = clock_timestamp()",
        )
        .await;
    assert_sent_as_template(&stand).await;
}

/// P1: what nobody reads in an approved template, such as a number without end, keeps no message from being sent.
#[tokio::test]
async fn an_odd_number_in_a_template_stops_nothing() {
    let stand = open().await;
    stand.session.run(TEMPLATE).await;
    let odd = r#"update zap.provider_template set parameters = '[{"text": "{{ order.id }}", "odd": 1e400}]'"#;
    stand.session.run(odd).await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    assert_sent_as_template(&stand).await;
}

/// C1: who tries again after the approved text was refused, when the recipient has written, has the text sent.
#[tokio::test]
async fn a_message_that_is_tried_again_begins_with_its_text() {
    let stand = open().await;
    stand.session.run(TEMPLATE).await;
    stand
        .session
        .run("update zap.provider_template set name = 'unknown'")
        .await;
    stand.session.run(HAS_WRITTEN).await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_status(1, "failed").await;
    let error = stand.of_order(1, "last_error").await;
    assert!(error.contains("132001"), "{error}");
    stand.provider.set_meta(&json!({"windows": "open"})).await;
    let id = stand.of_order(1, "id").await;
    succeed(&stand.database, &["queue", "retry", &id]);
    stand.until_status(1, "sent").await;
    assert_eq!(stand.provider.texts().await, ["1"]);
}
