//! What an action by filter is about.

use zapgres_core::error_class::ErrorClass;
use zapgres_core::status::Status;

use super::queue::{add, everything, open, row};

/// Q1: every key narrows, and count and change mean the same.
#[tokio::test]
async fn every_key_narrows() {
    let (_, s) = open().await;
    for subject in ["1", "2", "3"] {
        add(&s, subject, "failed").await;
    }
    let one = "update zap.notification_queue set tenant_id = '2', reason = 'why', error_class = 'rejected', event = 'order_paid',
             channel_id = (select id from zap.channel where name = 'other'), created_at = '2026-01-02 12:00+00',
             source_id = null
         where subject = '2'";
    s.run(one).await;
    let narrowing = [
        (r#"{}"#, 3),
        (r#"{"status": "failed"}"#, 3),
        (r#"{"status": ["expired", "skipped"]}"#, 0),
        (r#"{"tenant": "2"}"#, 1),
        (r#"{"channel": "other"}"#, 1),
        (r#"{"source": "pedido_itens"}"#, 2),
        (r#"{"source": "public.pedido_itens"}"#, 2),
        (r#"{"event": "order_paid"}"#, 1),
        (r#"{"error_class": "rejected"}"#, 1),
        (r#"{"reason": "why"}"#, 1),
        (r#"{"subject": "2"}"#, 1),
        (r#"{"captured_before": "2026-01-03"}"#, 1),
        (r#"{"captured_after": "2026-01-03"}"#, 2),
        (r#"{"tenant": "2", "subject": "1"}"#, 0),
    ];
    for (filter, count) in narrowing {
        let counted = format!("select zap.count_matching('{filter}', 'retry')");
        assert_eq!(s.count(&counted).await, count, "{filter}");
        let changed = format!("select zap.retry_matching('{filter}', {count})");
        assert_eq!(
            s.value(&format!("begin; {changed}; rollback")).await,
            count.to_string(),
            "{filter}"
        );
    }
}

/// Bad input: a filter that means nothing is refused, told in one line with a hint, and changes nothing.
#[tokio::test]
async fn a_filter_that_means_nothing_is_refused() {
    let (_, s) = open().await;
    add(&s, "1", "failed").await;
    add(&s, "2", "pending").await;
    let before = everything(&s).await;
    let refused = [
        (r#"'{"state": "failed"}'"#, "22023", "state"),
        (r#"'{"status": "lost"}'"#, "22023", "lost"),
        (r#"'{"status": []}'"#, "22023", "status"),
        (r#"'{"status": [null]}'"#, "22023", "null"),
        (r#"'{"status": 1}'"#, "22023", "status"),
        (r#"'{"status": "sent"}'"#, "22023", "sent"),
        (r#"'{"status": "uncertain"}'"#, "22023", "uncertain"),
        (r#"'{"tenant": 1}'"#, "22023", "tenant"),
        (r#"'{"tenant": "9"}'"#, "P0002", "9"),
        (r#"'{"channel": "fax"}'"#, "P0002", "fax"),
        (r#"'{"source": "faturas"}'"#, "P0002", "faturas"),
        (r#"'{"error_class": "bad"}'"#, "22023", "bad"),
        (r#"'{"captured_after": "soon"}'"#, "22023", "soon"),
        (r#"'{"subject": ""}'"#, "22023", "subject"),
        (r#"'[]'"#, "22023", "object"),
        (r#"null"#, "22023", "object"),
    ];
    for (filter, state, mentions) in refused {
        let error = s
            .error(&format!("select zap.retry_matching({filter}, 1)"))
            .await;
        assert_eq!(error.code().code(), state, "{filter}: {error:?}");
        assert!(error.message().contains(mentions), "{filter}: {error:?}");
        assert!(!error.message().contains('\n'), "{filter}: {error:?}");
        assert!(error.hint().is_some(), "{filter}: {error:?}");
    }
    let error = s.error("select zap.count_matching('{}', 'delete')").await;
    assert_eq!(error.code().code(), "22023");
    let error = s.error("select zap.retry_matching('{}', 1, 0)").await;
    assert_eq!(error.code().code(), "22023");
    assert_eq!(everything(&s).await, before);
}

/// Bad input: another number than was counted changes nothing, and says how many there are.
#[tokio::test]
async fn a_changed_count_changes_nothing() {
    let (_, s) = open().await;
    for status in ["pending", "retrying", "failed", "sent"] {
        add(&s, &format!("{status} 1"), status).await;
        add(&s, &format!("{status} 2"), status).await;
    }
    let before = everything(&s).await;
    for (action, found) in [("cancel", 4), ("retry", 2), ("resend", 2)] {
        for expected in ["0", "1", "5", "null", "-1"] {
            let sql = format!("select zap.{action}_matching('{{}}', {expected})");
            let error = s.error(&sql).await;
            assert_eq!(error.code().code(), "55000", "{sql}: {error:?}");
            assert_eq!(error.detail(), Some(&*found.to_string()), "{sql}");
            assert!(error.hint().is_some(), "{sql}");
        }
    }
    assert_eq!(everything(&s).await, before);
}

/// Security: what is in a filter is never run.
#[tokio::test]
async fn a_filter_is_never_run() {
    let (_, s) = open().await;
    let id = add(&s, "1", "failed").await;
    let evil = "x'' or true; drop table zap.channel; --";
    for key in ["event", "reason", "subject"] {
        let count = format!(r#"select zap.count_matching('{{"{key}": "{evil}"}}', 'retry')"#);
        assert_eq!(s.count(&count).await, 0, "{key}");
    }
    for key in [
        "tenant",
        "channel",
        "source",
        "status",
        "captured_after",
        "error_class",
    ] {
        let count = format!(r#"select zap.count_matching('{{"{key}": "{evil}"}}', 'retry')"#);
        assert!(
            s.error(&count).await.message().contains("drop table"),
            "{key}"
        );
    }
    s.run("update zap.notification_queue set subject = E'x\\' or true'")
        .await;
    let exact = r#"select zap.retry_matching('{"subject": "x'' or true"}', 1)"#;
    assert_eq!(s.count(exact).await, 1);
    assert_eq!(row(&s, id, "status").await, ["retrying"]);
}

/// The words of a filter are those of the program.
#[tokio::test]
async fn statuses_and_classes_are_those_of_core() {
    let (_, s) = open().await;
    for status in Status::ALL {
        s.count(&format!(
            r#"select zap.count_matching('{{"status": "{status}"}}')"#
        ))
        .await;
    }
    let known = s
        .count("select cardinality((zap.statuses_of('list')).possible)")
        .await;
    assert_eq!(known, Status::ALL.len() as u64);
    for class in ErrorClass::ALL {
        s.count(&format!(
            r#"select zap.count_matching('{{"error_class": "{class}"}}')"#
        ))
        .await;
    }
}

/// Q1: a list shows the latest first.
#[tokio::test]
async fn a_list_shows_the_latest() {
    let (_, s) = open().await;
    for (subject, status) in [
        ("1", "sent"),
        ("2", "pending"),
        ("3", "failed"),
        ("4", "sent"),
    ] {
        add(&s, subject, status).await;
    }
    let list = async |arguments: &str| {
        s.column(&format!(
            "select subject from zap.list_matching({arguments})"
        ))
        .await
    };
    assert_eq!(list("'{}'").await, ["4", "3", "2", "1"]);
    assert_eq!(list("'{}', 2").await, ["4", "3"]);
    assert_eq!(list(r#"'{"status": "sent"}', 1"#).await, ["4"]);
    assert_eq!(
        list(r#"'{"status": ["pending", "failed"]}'"#).await,
        ["3", "2"]
    );
}
