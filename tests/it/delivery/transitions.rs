//! No statement of the daemon changes a status in a way that core's one function calls impossible.

use zapgres_core::decision;
use zapgres_core::status::{Status, StatusEvent, next};

use crate::cluster::plain;
use crate::session::Session;
use crate::shop;

/// Makes the queue refuse every change of status that is not possible, and the log every row whose code nobody could
/// explain. What tries one stands still, and its test fails.
pub async fn guard(session: &Session) {
    let possible = possible_changes().join(", ");
    let codes = decision::ALL.join("', '");
    session
        .run(&format!(
            "create function public.refuse_impossible_change() returns trigger language plpgsql as $$
             begin
                 if old.status || ' ' || new.status not in ({possible}) then
                     raise exception 'impossible change of status: % to %', old.status, new.status;
                 end if;
                 return new;
             end $$;
             create trigger refuse_impossible_change before update of status on zap.notification_queue
                 for each row when (old.status <> new.status)
                 execute function public.refuse_impossible_change();
             alter table zap.notification_logs add constraint known_code
                 check (code is not null and code in ('{codes}'))"
        ))
        .await;
}

/// Pairs of statuses, each an SQL literal.
fn possible_changes() -> Vec<String> {
    let mut possible = Vec::new();
    for from in Status::ALL {
        let reached = StatusEvent::ALL
            .into_iter()
            .filter_map(|event| next(from, event).ok());
        possible.extend(reached.map(|to| format!("'{from} {to}'")));
    }
    possible
}

/// Architecture, status: the guard of the other tests does refuse.
#[tokio::test]
async fn impossible_changes_are_refused() {
    let (_, s) = shop::open(plain()).await;
    guard(&s).await;
    shop::place(&s, 1).await;
    for status in ["sent", "read", "done"] {
        let error = s
            .error(&format!(
                "update zap.notification_queue set status = '{status}'"
            ))
            .await;
        assert!(error.message().contains("impossible"), "{error:?}");
    }
    s.run("update zap.notification_queue set status = 'processing'")
        .await;
    s.run("update zap.notification_queue set status = 'sent'")
        .await;
}
