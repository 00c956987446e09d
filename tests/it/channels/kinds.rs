//! Messages of every kind, asked for in SQL and sent by the daemon.

use serde_json::{Value, json};
use tokio_postgres::error::SqlState;

use super::providers::move_to;
use super::requests::{OLD_NUMBER, ask, until, until_failed};
use crate::cluster::plain;
use crate::delivery::stand::Stand;
use crate::sandbox::text;

/// Kinds, text and payload; what the sandbox calls the kind, and the text that it shows.
const KINDS: [(&str, &str, &str, &str, &str); 12] = [
    ("text", "Olá", "{}", "text", "Olá"),
    (
        "image",
        "Foto",
        r#"{"base64": "R0lGODlhLi4u"}"#,
        "image",
        "Foto",
    ),
    (
        "document",
        "Nota",
        r#"{"base64": "b2k=", "file_name": "nota.txt"}"#,
        "document",
        "Nota",
    ),
    (
        "audio",
        "",
        r#"{"base64": "b2k=", "mime_type": "audio/mpeg", "voice": true}"#,
        "audio",
        "",
    ),
    (
        "video",
        "Filme",
        r#"{"base64": "b2k=", "mime_type": "video/mp4"}"#,
        "video",
        "Filme",
    ),
    (
        "sticker",
        "",
        r#"{"base64": "b2k=", "mime_type": "image/webp"}"#,
        "sticker",
        "",
    ),
    (
        "location",
        "",
        r#"{"latitude": -23.5, "longitude": -46.6, "name": "Loja"}"#,
        "location",
        "Loja\nLoja",
    ),
    (
        "contact",
        "",
        r#"{"contacts": [{"name": "Ana", "phone": "+5511987654321"}]}"#,
        "contacts",
        "Ana",
    ),
    (
        "reaction",
        "",
        r#"{"message_id": "3EB0", "emoji": "👍"}"#,
        "reaction",
        "👍",
    ),
    (
        "buttons",
        "Confirma?",
        r#"{"buttons": [{"id": "s", "label": "Sim"}]}"#,
        "buttons",
        "Confirma?",
    ),
    ("list", "Sabores", LIST, "list", "Sabores\nBela"),
    (
        "poll",
        "Gostou?",
        r#"{"options": ["Sim", "Não"]}"#,
        "poll",
        "Gostou?",
    ),
];

const LIST: &str = r#"{"button": "Ver", "footer": "Bela", "sections":
     [{"rows": [{"id": "1", "title": "Queijo"}, {"id": "2", "title": "Milho"}]}]}"#;

fn texts(message: &Value) -> [String; 2] {
    [text(message, "kind"), text(message, "text")]
}

/// P1: every kind that the provider has, in the order in which they were asked for.
#[tokio::test]
async fn every_kind_arrives() {
    let stand = Stand::open(plain()).await;
    let _daemon = stand.daemon();
    let mut last = String::new();
    for (kind, body, payload, ..) in KINDS {
        last = ask(
            &stand,
            &format!("'channel_1', '+5511987654321', '{body}', '{kind}', '{payload}'"),
        )
        .await;
    }
    until(&stand, &last, "sent").await;
    stand.until_done().await;
    let messages = stand.provider.messages().await;
    let arrived: Vec<[String; 2]> = messages.iter().map(texts).collect();
    assert_eq!(
        arrived,
        KINDS.map(|(.., kind, text)| [kind.to_owned(), text.to_owned()])
    );
    assert!(messages.iter().all(|one| one["number"] == "5511987654321"));
    assert_eq!(messages[10]["choices"], json!(["Queijo", "Milho"]));
    assert_eq!(messages[11]["choices"], json!(["Sim", "Não"]));
    let log = "select l.event from zap.notification_logs as l
         where l.notification_id = (select min(q.id) from zap.notification_queue as q) order by l.id";
    assert_eq!(stand.session.column(log).await, ["resolved", "sent"]);
}

/// P1: an approved text is a kind of Meta's.
#[tokio::test]
async fn a_template_arrives() {
    let stand = Stand::open(plain()).await;
    move_to(&stand, "meta").await;
    let template = json!([{"name": "pedido", "language": "pt_BR",
        "components": [{"type": "BODY", "text": "Seu pedido {{1}} saiu."}]}]);
    stand
        .provider
        .set_meta(&json!({"templates": template}))
        .await;
    let _daemon = stand.daemon();
    let payload = r#"{"name": "pedido", "language": "pt_BR", "parameters": [{"text": "7"}]}"#;
    let arguments =
        format!("'channel_1', '+5511987654321', kind => 'template', payload => '{payload}'");
    let id = ask(&stand, &arguments).await;
    until(&stand, &id, "sent").await;
    let messages = stand.provider.messages().await;
    assert_eq!(texts(&messages[0]), ["template", "Seu pedido 7 saiu."]);
}

/// O4: people without a known number, and groups.
#[tokio::test]
async fn recipients_need_no_number() {
    let stand = Stand::open(plain()).await;
    let _daemon = stand.daemon();
    let recipients = [
        ("lid", "123456789012345"),
        ("lid", "543210987654321@lid"),
        ("group", "120363025246125486@g.us"),
    ];
    for (kind, address) in recipients {
        let arguments = format!("'channel_1', '{address}', 'Oi', recipient_kind => '{kind}'");
        let id = ask(&stand, &arguments).await;
        until(&stand, &id, "sent").await;
    }
    let messages = stand.provider.messages().await;
    let numbers: Vec<String> = messages.iter().map(|one| text(one, "number")).collect();
    let canonical = ["123456789012345", "543210987654321", "120363025246125486"];
    assert_eq!(numbers, canonical);
    let kept = "select recipient from zap.notification_queue order by id";
    assert_eq!(stand.session.column(kept).await, canonical);
    let asked = "select count(*) from zap.recipient_address";
    assert_eq!(stand.session.count(asked).await, 0, "they are no numbers");
}

/// P1: a message may answer another.
#[tokio::test]
async fn an_answer_quotes_what_it_answers() {
    let stand = Stand::open(plain()).await;
    let _daemon = stand.daemon();
    let arguments =
        r#"'channel_1', '+5511987654321', 'Sim', payload => '{"reply_to": "3EB0ABCDEF"}'"#;
    let id = ask(&stand, arguments).await;
    until(&stand, &id, "sent").await;
    let messages = stand.provider.messages().await;
    assert_eq!(text(&messages[0], "quotes"), "3EB0ABCDEF");
}

/// Bad input: refused when it is asked for, with what to do; numbers are not repeated.
#[tokio::test]
async fn what_is_no_message_is_refused() {
    let stand = Stand::open(plain()).await;
    let no_channel = [
        "'fax', '+5511987654321', 'Oi'",
        "null, '+5511987654321', 'Oi'",
    ];
    let no_message = [
        "'channel_1', '+5511987654321', 'Oi', 'fax'",
        "'channel_1', '+5511987654321', 'Oi', null",
        "'channel_1', '+5511987654321', 'Oi', 'text', '[]'",
        "'channel_1', '11 98765-4321', 'Oi'",
        "'channel_1', '+551187654321', 'Oi'",
        "'channel_1', null, 'Oi'",
        "'channel_1', '@lid', 'Oi', recipient_kind => 'lid'",
        "'channel_1', '+5511987654321', 'Oi', recipient_kind => 'fax'",
        "'channel_1', '+5511987654321', ''",
        "'channel_1', '+5511987654321', E' \\n'",
        "'channel_1', '+5511987654321'",
    ];
    let no_channel = no_channel.map(|arguments| (arguments, SqlState::UNDEFINED_OBJECT));
    let no_message = no_message.map(|arguments| (arguments, SqlState::INVALID_PARAMETER_VALUE));
    for (arguments, code) in no_channel.into_iter().chain(no_message) {
        let query = format!("select zap.send_message({arguments})");
        let error = stand.session.error(&query).await;
        assert_eq!(*error.code(), code, "{arguments}: {error:?}");
        assert!(error.hint().is_some(), "{arguments}: {error:?}");
        assert!(!error.message().contains("8765"), "{error:?}");
    }
    let queued = "select count(*) from zap.notification_queue";
    assert_eq!(stand.session.count(queued).await, 0);
}

/// Bad input: what only turns out to be no message when it is sent has failed, with the reason, and reached nobody.
#[tokio::test]
async fn what_cannot_be_sent_has_failed_with_the_reason() {
    let stand = Stand::open(plain()).await;
    let _daemon = stand.daemon();
    let unsendable = [
        ("image", "", "{}", "image"),
        ("image", "", r#"{"url": "ftp://h/a.jpg"}"#, "https://"),
        (
            "image",
            "",
            r#"{"base64": "b2k=", "mime_type": "text/plain"}"#,
            "text/plain",
        ),
        (
            "location",
            "",
            r#"{"latitude": 91, "longitude": 0}"#,
            "latitude",
        ),
        (
            "poll",
            "Gostou?",
            r#"{"options": ["Sim"]}"#,
            "two to twelve options",
        ),
        (
            "buttons",
            "Confirma?",
            r#"{"buttons": []}"#,
            "one to three buttons",
        ),
        (
            "template",
            "",
            r#"{"name": "a", "language": "pt_BR"}"#,
            "evolution has no messages of kind template",
        ),
    ];
    for (kind, body, payload, reason) in unsendable {
        let arguments = format!("'channel_1', '{OLD_NUMBER}', '{body}', '{kind}', '{payload}'");
        let id = ask(&stand, &arguments).await;
        let told = until_failed(&stand, &id).await;
        assert_eq!(
            (told[0].as_str(), told[2].as_str()),
            ("rejected", "0"),
            "{told:?}"
        );
        assert!(told[1].contains(reason), "{told:?}");
    }
    assert_eq!(stand.provider.count().await, 0);
}

/// P1, T11: a kind that the provider lacks has failed, naming both; a list becomes numbered text where that is wanted.
#[tokio::test]
async fn what_the_provider_lacks_fails_or_becomes_text() {
    let stand = Stand::open(plain()).await;
    move_to(&stand, "http").await;
    let _daemon = stand.daemon();
    let list = format!("'channel_1', '{OLD_NUMBER}', 'Sabores', 'list', '{LIST}'");
    let id = ask(&stand, &list).await;
    let told = until_failed(&stand, &id).await;
    let reason = "http has no messages of kind list";
    assert_eq!(told, ["rejected", reason, "0"]);

    stand
        .session
        .run("update zap.channel set degrade = true")
        .await;
    // A change of a channel holds within a second.
    crate::wait::until("the list is sent as text", async || {
        let id = ask(&stand, &list).await;
        let ended = format!(
            "select status from zap.notification_queue where id = {id} and status in ('sent', 'failed')"
        );
        let mut status = Vec::new();
        crate::wait::until("it is sent or failed", async || {
            status = stand.session.column(&ended).await;
            !status.is_empty()
        })
        .await;
        status == ["sent"]
    })
    .await;
    assert_eq!(
        stand.provider.texts().await,
        ["Sabores\n\n1. Queijo\n2. Milho\n\n_Bela_"]
    );
    let location = r#"{"latitude": 1, "longitude": 2, "name": "Loja"}"#;
    let location = format!("'channel_1', '{OLD_NUMBER}', null, 'location', '{location}'");
    let id = ask(&stand, &location).await;
    let told = until_failed(&stand, &id).await;
    assert_eq!(told[1], "http has no messages of kind location");
}
