//! Under which address a provider knows a number: asked once, and used.

use std::time::Duration;

use serde_json::json;

use super::providers::move_to;
use super::requests::{OLD_NUMBER, ask_text, until, until_failed};
use crate::cluster::plain;
use crate::daemon::{Daemon, succeed};
use crate::delivery::stand::Stand;
use crate::sandbox::text;
use crate::wait;

/// Nothing but numbers is asked about: what the sandbox answers can be counted.
const NO_QUESTIONS_ABOUT_HEALTH: &str = "insert into zap.channel_health (channel_id, health_due_at)
     select c.id, 'infinity' from zap.channel as c";

const KNOWN: &str = "select address, confirmed_address, expires_at > now() + interval '6 days'
     from zap.recipient_address";

/// Less than the 30 s that a statement of the daemon may take.
const SOON: Duration = Duration::from_secs(25);

const FORGET: &str = "update zap.recipient_address set expires_at = clock_timestamp()";

async fn open() -> (Stand, Daemon) {
    let stand = Stand::open(plain()).await;
    stand.session.run(NO_QUESTIONS_ABOUT_HEALTH).await;
    let daemon = stand.daemon();
    (stand, daemon)
}

/// O4: the provider is asked before the first message, and that goes to the address that it knows.
#[tokio::test]
async fn a_number_is_asked_about_once() {
    let (stand, _daemon) = open().await;
    for words in ["um", "dois", "tres"] {
        let id = ask_text(&stand, OLD_NUMBER, words).await;
        until(&stand, &id, "sent").await;
    }
    assert_eq!(stand.provider.requests("answered").await, 1);
    let messages = stand.provider.messages().await;
    let numbers: Vec<String> = messages.iter().map(|one| text(one, "number")).collect();
    assert_eq!(numbers, ["553187654321"; 3]);
    let known = stand.session.rows(KNOWN).await;
    assert_eq!(known, [[OLD_NUMBER, "553187654321@s.whatsapp.net", "t"]]);
    let aliases = "select alias, kind, address from zap.recipient_alias";
    assert_eq!(
        stand.session.rows(aliases).await,
        [["553187654321@s.whatsapp.net", "phone", OLD_NUMBER]]
    );
}

/// O4: an answer counts for a while, however often it is used.
#[tokio::test]
async fn a_number_is_asked_about_again_when_the_answer_has_expired() {
    let (stand, _daemon) = open().await;
    let id = ask_text(&stand, OLD_NUMBER, "um").await;
    until(&stand, &id, "sent").await;
    stand.session.run(FORGET).await;
    let id = ask_text(&stand, OLD_NUMBER, "dois").await;
    until(&stand, &id, "sent").await;
    assert_eq!(stand.provider.requests("answered").await, 2);
    let known = stand.session.rows(KNOWN).await;
    assert_eq!((known.len(), known[0][2].as_str()), (1, "t"));
}

/// O4: nothing is sent to a number that nobody has, which costs no attempt; for a person who tries again, it is asked anew.
#[tokio::test]
async fn nothing_is_sent_to_a_number_that_is_not_on_whatsapp() {
    let (stand, _daemon) = open().await;
    let absent = json!({"kind": "not_on_whatsapp", "recipient": OLD_NUMBER});
    stand.provider.order_faults(&absent).await;
    let first = ask_text(&stand, OLD_NUMBER, "um").await;
    let [class, error, attempts] = &until_failed(&stand, &first).await[..] else {
        panic!("three columns")
    };
    assert_eq!(
        (class.as_str(), attempts.as_str()),
        ("recipient_invalid", "0")
    );
    assert!(error.contains("not on WhatsApp"), "{error}");
    assert!(!error.contains("87654321"), "{error}");
    // Somebody has it now, and its answer still counts.
    stand.provider.clear_faults().await;
    let second = ask_text(&stand, OLD_NUMBER, "dois").await;
    until_failed(&stand, &second).await;
    assert_eq!(stand.provider.requests("answered").await, 1);
    assert_eq!(stand.provider.requests("not_on_whatsapp").await, 0);

    succeed(&stand.database, &["queue", "retry", &first]);
    until(&stand, &first, "sent").await;
    assert_eq!(stand.provider.requests("answered").await, 2);
    assert_eq!(stand.provider.texts().await, ["um"]);
}

/// O4: a channel need not ask.
#[tokio::test]
async fn a_channel_that_asks_nothing_sends_to_the_number_as_it_is() {
    let stand = Stand::open(plain()).await;
    stand.session.run(NO_QUESTIONS_ABOUT_HEALTH).await;
    stand
        .session
        .run("update zap.channel set look_up = false")
        .await;
    let _daemon = stand.daemon();
    let id = ask_text(&stand, OLD_NUMBER, "um").await;
    until(&stand, &id, "sent").await;
    assert_eq!(stand.provider.requests("answered").await, 0);
    let messages = stand.provider.messages().await;
    assert_eq!(text(&messages[0], "number"), "5531987654321");
    assert_eq!(stand.session.rows(KNOWN).await, Vec::<Vec<String>>::new());
}

/// O4: the name that Meta has for a number is remembered; it cannot be asked for it.
#[tokio::test]
async fn the_name_that_meta_gives_a_number_is_remembered() {
    let stand = Stand::open(plain()).await;
    move_to(&stand, "meta").await;
    let _daemon = stand.daemon();
    let id = ask_text(&stand, OLD_NUMBER, "um").await;
    until(&stand, &id, "sent").await;
    let aliases = "select alias, kind, address from zap.recipient_alias";
    wait::until("the alias is kept", async || {
        stand.session.rows(aliases).await == [["553187654321", "phone", OLD_NUMBER]]
    })
    .await;
    assert_eq!(stand.session.rows(KNOWN).await, Vec::<Vec<String>>::new());
}

/// B2: what is known of a message is written at once: a repeat would be worse than a name that is not remembered.
#[tokio::test]
async fn an_outcome_does_not_wait_for_the_name_that_is_remembered() {
    let stand = Stand::open(plain()).await;
    move_to(&stand, "meta").await;
    let somebody = stand.database.session().await;
    somebody
        .run("begin; lock table zap.recipient_alias in share mode")
        .await;
    let _daemon = stand.daemon();
    let id = ask_text(&stand, OLD_NUMBER, "um").await;
    let status = format!("select status from zap.notification_queue where id = {id}");
    let is_sent = wait::holds_within(SOON, async || stand.session.value(&status).await == "sent");
    assert!(is_sent.await, "it waits for whoever has the table locked");
    somebody.run("commit").await;
}
