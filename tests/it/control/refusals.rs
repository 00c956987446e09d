//! What cannot be done to a notification: one clear line, a SQLSTATE, a hint, and nothing changed.

use super::queue::{add, add_captured, everything, open};

/// Bad input: canceling what was sent, retrying what is in flight or waits anyway, repeating what was not sent yet.
#[tokio::test]
async fn what_cannot_be_done_is_refused() {
    let (_, s) = open().await;
    let before_and_after = [
        ("cancel", "processing", "in flight"),
        ("cancel", "sent", "sent"),
        ("cancel", "delivered", "sent"),
        ("cancel", "read", "sent"),
        ("cancel", "failed", "failed"),
        ("cancel", "canceled", "canceled"),
        ("cancel", "skipped", "skipped"),
        ("cancel", "expired", "expired"),
        ("retry", "processing", "in flight"),
        ("retry", "pending", "anyway"),
        ("retry", "retrying", "anyway"),
        ("retry", "uncertain", "anyway"),
        ("retry", "sent", "sent"),
        ("retry", "delivered", "sent"),
        ("retry", "read", "sent"),
        ("resend", "processing", "in flight"),
        ("resend", "pending", "anyway"),
        ("resend", "retrying", "anyway"),
        ("resend", "uncertain", "anyway"),
    ];
    for (action, status, mentions) in before_and_after {
        let id = add(&s, &format!("{action} {status}"), status).await;
        let before = everything(&s).await;
        let error = s.error(&format!("select zap.{action}({id})")).await;
        assert_eq!(error.code().code(), "55000", "{action} {status}: {error:?}");
        assert!(
            error.message().contains(mentions) && error.message().contains(&id.to_string()),
            "{action} {status}: {error:?}"
        );
        assert!(!error.message().contains('\n') && error.hint().is_some());
        assert_eq!(everything(&s).await, before, "{action} {status}");
    }
}

/// Bad input: ids that nobody has.
#[tokio::test]
async fn unknown_ids_are_refused() {
    let (_, s) = open().await;
    for action in ["cancel", "retry", "resend"] {
        for id in ["4711", "-1", "0", "null"] {
            let error = s.error(&format!("select zap.{action}({id})")).await;
            assert_eq!(error.code().code(), "P0002", "{action} {id}: {error:?}");
            assert!(error.message().contains(id) && error.hint().is_some());
        }
    }
    for call in [
        "pause_channel('fax')",
        "resume_channel('fax')",
        "pause_channel(null)",
        "pause_tenant('9')",
        "resume_tenant('9')",
        "pause_source('faturas')",
        "resume_source('faturas')",
        "pause_source('pedido_itens', 'order_paid')",
    ] {
        let error = s.error(&format!("select zap.{call}")).await;
        assert_eq!(error.code().code(), "P0002", "{call}: {error:?}");
        assert!(error.hint().is_some(), "{call}");
    }
}

/// Bad input: what never had a message has nothing to repeat.
#[tokio::test]
async fn what_has_no_message_cannot_be_repeated() {
    let (_, s) = open().await;
    let id = add_captured(&s, "1").await;
    s.run(&format!("select zap.cancel({id})")).await;
    let error = s.error(&format!("select zap.resend({id})")).await;
    assert_eq!(error.code().code(), "55000");
    assert!(error.hint().is_some_and(|hint| hint.contains("retry")));
}

/// Security: only whom the administrator lets may do any of it.
#[tokio::test]
async fn nobody_may_by_default() {
    let (_, s) = open().await;
    let open_functions = "select oid::regprocedure from pg_proc
         where pronamespace = 'zap'::regnamespace
             and proname not in ('send_whatsapp_notification_after_items', 'capture_insert', 'capture_status')
             and has_function_privilege('public', oid, 'execute')";
    assert_eq!(s.column(open_functions).await, [""; 0]);
}
