//! What is refused before Meta is asked.

use serde_json::{Value, json};
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_core::message::{MessageBody, Reaction};
use zapgres_core::recipient::Recipient;
use zapgres_providers::OutgoingMessage;

use super::{body, meta, to_ana};

/// The refusal of a message, for which nothing was asked: there is no server.
async fn refusal(message: &OutgoingMessage) -> SendError {
    let error = meta("http://127.0.0.1:1")
        .send(message)
        .await
        .expect_err("a refusal");
    let kind = (error.class, error.reached_provider);
    assert_eq!(kind, (ErrorClass::Rejected, false), "{error}");
    error
}

/// Whether it is let through: then nobody is there to send it to.
async fn is_admitted(message: &OutgoingMessage) -> bool {
    let sent = meta("http://127.0.0.1:1").send(message).await;
    sent.expect_err("no server").class == ErrorClass::ChannelDown
}

/// `count` times the same letter, of more than one byte.
fn letters(count: usize) -> String {
    "é".repeat(count)
}

fn buttons(change: &dyn Fn(&mut Value)) -> MessageBody {
    let mut payload = json!({"text": "?", "buttons": [{"id": "1", "label": "a"},
                                                      {"id": "2", "label": "b"}]});
    change(&mut payload);
    body("buttons", payload)
}

fn list(change: &dyn Fn(&mut Value)) -> MessageBody {
    let mut payload = json!({"text": "?", "button": "Ver", "sections": [
        {"title": "A", "rows": [{"id": "1", "title": "a"}]},
        {"title": "B", "rows": [{"id": "2", "title": "b"}]}]});
    change(&mut payload);
    body("list", payload)
}

/// P1: the longest that goes and the shortest that does not.
#[tokio::test]
async fn what_is_too_long_is_refused_by_name_and_number() {
    type Make = fn(usize) -> MessageBody;
    let rows: Vec<(&str, usize, Make)> = vec![
        ("the text", 4096, |n| MessageBody::text(letters(n))),
        ("the text", 1024, |n| {
            buttons(&|b| b["text"] = letters(n).into())
        }),
        ("the title", 60, |n| {
            buttons(&|b| b["title"] = letters(n).into())
        }),
        ("the footer", 60, |n| {
            buttons(&|b| b["footer"] = letters(n).into())
        }),
        ("a button's label", 20, |n| {
            buttons(&|b| b["buttons"][1]["label"] = letters(n).into())
        }),
        ("a button's id", 256, |n| {
            buttons(&|b| b["buttons"][1]["id"] = letters(n).into())
        }),
        ("the text", 4096, |n| {
            list(&|l| l["text"] = letters(n).into())
        }),
        ("the label that opens the list", 20, |n| {
            list(&|l| l["button"] = letters(n).into())
        }),
        ("a section's title", 24, |n| {
            list(&|l| l["sections"][1]["title"] = letters(n).into())
        }),
        ("a row's title", 24, |n| {
            list(&|l| l["sections"][1]["rows"][0]["title"] = letters(n).into())
        }),
        ("a row's id", 200, |n| {
            list(&|l| l["sections"][1]["rows"][0]["id"] = letters(n).into())
        }),
        ("a row's description", 72, |n| {
            list(&|l| l["sections"][1]["rows"][0]["description"] = letters(n).into())
        }),
    ];
    for (what, max, make) in rows {
        assert!(is_admitted(&to_ana(make(max))).await, "{what}");
        let error = refusal(&to_ana(make(max + 1))).await;
        let expected = format!("{what} has {} characters, at Meta at most {max}", max + 1);
        assert_eq!(error.message, expected);
    }
}

/// A caption is refused before its file is looked for.
#[tokio::test]
async fn captions_have_a_limit_and_sounds_have_none() {
    let file = |kind, caption: String| body(kind, json!({"base64": "AAAA", "caption": caption}));
    for kind in ["image", "video", "document"] {
        let error = refusal(&to_ana(file(kind, letters(1025)))).await;
        assert!(error.message.starts_with("the caption has 1025"), "{error}");
    }
    for kind in ["audio", "sticker"] {
        let error = refusal(&to_ana(file(kind, "x".to_owned()))).await;
        assert!(error.message.ends_with("has no caption at Meta"), "{error}");
    }
}

#[tokio::test]
async fn buttons_and_rows_can_be_told_apart() {
    let twice = buttons(&|b| b["buttons"][1]["id"] = json!("1"));
    let error = refusal(&to_ana(twice)).await;
    assert_eq!(error.message, "the buttons have the same id twice");
    let twice = list(&|l| l["sections"][1]["rows"][0]["id"] = json!("1"));
    let error = refusal(&to_ana(twice)).await;
    assert_eq!(error.message, "the rows have the same id twice");
    let untitled = list(&|l| l["sections"][1]["title"] = Value::Null);
    let error = refusal(&to_ana(untitled)).await;
    assert_eq!(error.message, "a section among several needs a title");
    let empty = list(&|l| l["sections"][1]["rows"] = json!([]));
    assert_eq!(
        refusal(&to_ana(empty)).await.message,
        "a section has no rows"
    );
    let unlabelled = buttons(&|b| b["buttons"][0]["label"] = json!(" "));
    let error = refusal(&to_ana(unlabelled)).await;
    assert_eq!(error.message, "a button's label is empty");
}

#[tokio::test]
async fn there_can_be_too_many_contacts_and_buttons_of_a_template() {
    let contacts = |count| {
        let one = json!({"name": "Bia", "phone": "+5511987654321"});
        body("contact", json!({"contacts": vec![one; count]}))
    };
    assert!(is_admitted(&to_ana(contacts(257))).await);
    let error = refusal(&to_ana(contacts(258))).await;
    assert_eq!(error.message, "the contacts are 258, at Meta at most 257");
    let one = json!({"type": "quick_reply", "index": 0, "payload": "x"});
    let template = json!({"name": "t", "language": "pt_BR", "buttons": vec![one; 11]});
    let error = refusal(&to_ana(body("template", template))).await;
    assert_eq!(
        error.message,
        "the template's buttons are 11, at Meta at most 10"
    );
}

/// P8: an order's items do not fit into a parameter; the error says so before Meta counts a failure.
#[tokio::test]
async fn a_parameter_of_a_template_is_one_line() {
    let template = |text: &str| {
        body(
            "template",
            json!({"name": "pedido", "language": "pt_BR",
                                "parameters": [{"text": "Ana"}, {"text": text}]}),
        )
    };
    assert!(is_admitted(&to_ana(template("R$    45,90"))).await);
    for (text, fault) in [
        ("1 pizza\n2 sucos", "has a line break or a tab"),
        ("1 pizza\r", "has a line break or a tab"),
        ("1\tpizza", "has a line break or a tab"),
        ("1     pizza", "has more than four spaces in a row"),
        (" ", "is empty"),
    ] {
        let error = refusal(&to_ana(template(text))).await;
        let expected = format!("parameter 2 {fault}");
        assert!(error.message.starts_with(&expected), "{error}");
        assert!(!error.message.contains("pizza"), "{error}");
    }
}

#[tokio::test]
async fn every_gap_of_a_template_is_looked_at() {
    let with = |name: &str, value: Value| {
        let mut template = json!({"name": "t", "language": "pt_BR"});
        template[name] = value;
        to_ana(body("template", template))
    };
    for (message, expected) in [
        (with("name", json!("")), "the template's name is empty"),
        (
            with("language", json!(" ")),
            "the template's language is empty",
        ),
        (
            with("header", json!({"type": "text", "text": "a\tb"})),
            "the header's parameter has a line break",
        ),
        (
            with(
                "buttons",
                json!([{"type": "url", "index": 1, "text": "a\nb"}]),
            ),
            "the address of button 1 has a line break",
        ),
        (
            with(
                "buttons",
                json!([{"type": "copy_code", "index": 0, "code": ""}]),
            ),
            "the code of button 0 is empty",
        ),
        (
            with(
                "parameters",
                json!([{"name": "a", "text": "x"}, {"text": "y"}]),
            ),
            "either all of the template's parameters have names, or none",
        ),
        (
            with("parameters", json!([{"name": "total", "text": "x\ny"}])),
            "parameter total has a line break",
        ),
    ] {
        let error = refusal(&message).await;
        assert!(error.message.starts_with(expected), "{error}");
    }
}

#[tokio::test]
async fn what_meta_does_not_know_is_refused() {
    let lid = Recipient::parse("lid", "123456789012345").expect("an id");
    let error = refusal(&OutgoingMessage::new(lid, MessageBody::text("Oi"))).await;
    assert!(error.message.contains("needs a number"), "{error}");
    let poll = body("poll", json!({"question": "?", "options": ["a", "b"]}));
    assert_eq!(refusal(&to_ana(poll)).await.message, "Meta has no polls");
    let mut long = to_ana(MessageBody::Reaction(Reaction {
        message_id: "wamid.IN".to_owned(),
        from_me: false,
        emoji: "👍".to_owned(),
    }));
    long.reference = Some(letters(513));
    assert!(
        refusal(&long)
            .await
            .message
            .starts_with("the reference has 513")
    );
}
