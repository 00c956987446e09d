//! Evolution's messages of every kind.

use serde_json::{Value, json};
use zapgres_sandbox::{EvolutionVersion, SandboxOptions};

use crate::client::{Running, start, start_with, to_ana};

const ANA: &str = "5511987654321";

async fn sent(sandbox: &Running, operation: &str, body: Value) -> Value {
    let path = format!("/message/{operation}/loja");
    let answer = sandbox.post(&path, &body).await;
    assert_eq!(answer.status, 201, "{operation}: {}", answer.body);
    answer.json()
}

async fn newest(sandbox: &Running) -> Value {
    let messages = sandbox.get("/sandbox/messages").await.json();
    messages.as_array().unwrap().last().unwrap().clone()
}

/// P2: each operation's answer has WhatsApp's type, and the message keeps what was sent.
#[tokio::test]
async fn every_operation_answers_with_the_message_as_whatsapp_has_it() {
    let sandbox = start();
    for (operation, body, message_type, kind, text) in [
        (
            "sendMedia",
            json!({"number": ANA, "mediatype": "image", "media": "https://loja.com/a.jpg", "caption": "Oi"}),
            "imageMessage",
            "image",
            "Oi",
        ),
        (
            "sendMedia",
            json!({"number": ANA, "mediatype": "document", "media": "QUJD", "fileName": "nota.pdf"}),
            "documentMessage",
            "document",
            "nota.pdf",
        ),
        (
            "sendPtv",
            json!({"number": ANA, "video": "QUJD"}),
            "ptvMessage",
            "video_note",
            "",
        ),
        (
            "sendWhatsAppAudio",
            json!({"number": ANA, "audio": "QUJD"}),
            "audioMessage",
            "audio",
            "",
        ),
        (
            "sendSticker",
            json!({"number": ANA, "sticker": "QUJD"}),
            "stickerMessage",
            "sticker",
            "",
        ),
        (
            "sendLocation",
            json!({"number": ANA, "latitude": -23.5, "longitude": -46, "name": "Loja", "address": "Rua A"}),
            "locationMessage",
            "location",
            "Loja\nRua A",
        ),
        (
            "sendContact",
            json!({"number": ANA, "contact": [{"fullName": "Rui", "phoneNumber": "5511912345678"}]}),
            "contactMessage",
            "contacts",
            "Rui",
        ),
        (
            "sendReaction",
            json!({
                "key": {"id": "3A", "remoteJid": "5511987654321@s.whatsapp.net", "fromMe": false},
                "reaction": "👍🏽",
            }),
            "reactionMessage",
            "reaction",
            "👍🏽",
        ),
        (
            "sendPoll",
            json!({"number": ANA, "name": "Gostou?", "selectableCount": 1, "values": ["Sim", "Não"]}),
            "pollCreationMessageV3",
            "poll",
            "Gostou?",
        ),
        (
            "sendList",
            json!({
                "number": ANA, "title": "Cardápio", "footerText": "Loja", "buttonText": "Ver",
                "sections": [{"title": "Pizza", "rows": [{"title": "Calabresa", "rowId": "1"}]}],
            }),
            "listMessage",
            "list",
            "Cardápio\nLoja",
        ),
        (
            "sendButtons",
            json!({
                "number": ANA, "title": "Confirma?",
                "buttons": [{"type": "reply", "displayText": "Sim", "id": "s"}],
            }),
            "viewOnceMessage",
            "buttons",
            "Confirma?",
        ),
        (
            "sendStatus",
            json!({"type": "text", "content": "Promoção", "allContacts": true}),
            "extendedTextMessage",
            "status",
            "Promoção",
        ),
        (
            "sendTemplate",
            json!({"number": ANA, "name": "pedido", "language": "pt_BR"}),
            "templateMessage",
            "template",
            "pedido",
        ),
    ] {
        let answer = sent(&sandbox, operation, body.clone()).await;
        assert_eq!(answer["messageType"], message_type, "{operation}");
        assert!(answer["message"].get(message_type).is_some(), "{operation}");
        let kept = newest(&sandbox).await;
        assert_eq!((&kept["kind"], &kept["text"]), (&json!(kind), &json!(text)));
        assert_eq!(
            (&kept["content"], &kept["id"]),
            (&body, &answer["key"]["id"])
        );
    }
}

#[tokio::test]
async fn what_can_be_chosen_and_what_is_quoted_is_kept() {
    let sandbox = start();
    let poll = json!({
        "number": ANA, "name": "Gostou?", "selectableCount": 1, "values": ["Sim", "Não"],
        "quoted": {"key": {"id": "3EB0A"}},
    });
    let answer = sent(&sandbox, "sendPoll", poll).await;
    assert_eq!(answer["contextInfo"]["stanzaId"], "3EB0A");
    let kept = newest(&sandbox).await;
    assert_eq!(kept["choices"], json!(["Sim", "Não"]));
    assert_eq!(kept["quotes"], "3EB0A");
}

#[tokio::test]
async fn evolutions_checks_beyond_the_schema_are_made() {
    let sandbox = start();
    let reply = json!({"type": "reply", "displayText": "a", "id": "a"});
    let pix = json!({"type": "pix", "name": "Loja", "keyType": "email", "key": "a@b.c"});
    for (operation, body, complaint) in [
        (
            "sendMedia",
            json!({"number": ANA, "mediatype": "image", "media": "isto não é mídia"}),
            "Owned media must be a url or base64",
        ),
        (
            "sendMedia",
            json!({"number": ANA, "mediatype": "document", "media": "QUJD"}),
            "For base64 the file name must be informed.",
        ),
        (
            "sendSticker",
            json!({"number": ANA}),
            "Owned media must be a url or base64",
        ),
        (
            "sendReaction",
            json!({"key": {"id": "a", "remoteJid": "b", "fromMe": true}, "reaction": "bom"}),
            "Reaction must be a single emoji or empty string",
        ),
        (
            "sendButtons",
            json!({"number": ANA, "title": "a", "buttons": [reply, pix]}),
            "PIX button cannot be mixed with other button types",
        ),
    ] {
        let refused = sandbox
            .post(&format!("/message/{operation}/loja"), &body)
            .await;
        assert_eq!(
            (refused.status, &refused.json()["response"]["message"]),
            (400, &json!([complaint])),
            "{operation}"
        );
    }
    let unknown = sandbox
        .post("/message/sendCarousel/loja", &to_ana("oi"))
        .await;
    assert_eq!(unknown.status, 404);
    assert!(sandbox.texts().await.is_empty());
}

/// Faults act on every operation, not only on texts.
#[tokio::test]
async fn faults_act_on_media_too() {
    let sandbox = start();
    sandbox
        .fault(json!({"kind": "status", "code": 503, "recipient": ANA}))
        .await;
    let body = json!({"number": ANA, "audio": "QUJD"});
    let refused = sandbox.post("/message/sendWhatsAppAudio/loja", &body).await;
    assert_eq!(refused.status, 503);
}

#[tokio::test]
async fn long_media_is_kept_as_its_size_and_hash() {
    let sandbox = start();
    let body = json!({"number": ANA, "mediatype": "image", "media": "QUJD".repeat(500_000)});
    sent(&sandbox, "sendMedia", body).await;
    let kept = newest(&sandbox).await;
    assert_eq!(kept["content"]["media"]["bytes"], 2_000_000);
    assert_eq!(
        kept["content"]["media"]["sha256"].as_str().unwrap().len(),
        64
    );
}

#[tokio::test]
async fn media_may_come_as_a_form() {
    let sandbox = start();
    let form = "--x\r\nContent-Disposition: form-data; name=\"number\"\r\n\r\n5511987654321\r\n\
        --x\r\nContent-Disposition: form-data; name=\"mediatype\"\r\n\r\nimage\r\n\
        --x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n\
        Content-Type: image/png\r\n\r\nABC\r\n--x--\r\n";
    let headers = [
        ("apikey", "key"),
        ("content-type", "multipart/form-data; boundary=x"),
    ];
    let path = "/message/sendMedia/loja";
    let answer = sandbox.request("POST", path, &headers, form).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    let kept = newest(&sandbox).await;
    assert_eq!(kept["content"]["file"]["bytes"], 3);
    assert_eq!(kept["content"]["file"]["mimetype"], "image/png");
}

#[tokio::test]
async fn an_instance_of_v1_takes_nested_bodies_and_no_others() {
    let sandbox = start();
    let refused = sandbox
        .post("/message/sendText/v1-loja", &to_ana("oi"))
        .await;
    assert_eq!(
        (refused.status, &refused.json()["response"]["message"]),
        (
            400,
            &json!([["instance requires property \"textMessage\""]])
        )
    );
    let nested =
        json!({"number": ANA, "textMessage": {"text": "oi"}, "options": {"linkPreview": false}});
    let answer = sandbox.post("/message/sendText/v1-loja", &nested).await;
    assert_eq!(answer.json()["message"]["conversation"], "oi");
    assert_eq!(newest(&sandbox).await["content"], nested);
    let media = json!({
        "number": ANA,
        "mediaMessage": {"mediatype": "video", "media": "https://loja.com/a.mp4", "caption": "Veja"},
    });
    let answer = sandbox.post("/message/sendMedia/v1-loja", &media).await;
    assert_eq!(answer.json()["message"]["videoMessage"]["caption"], "Veja");
    assert_eq!(
        sandbox
            .post("/message/sendPtv/v1-loja", &to_ana("oi"))
            .await
            .status,
        404
    );
}

#[tokio::test]
async fn a_whole_sandbox_can_be_v1() {
    let sandbox = start_with(SandboxOptions {
        evolution_version: EvolutionVersion::V1,
        ..Default::default()
    });
    assert_eq!(sandbox.send("oi").await.status, 400);
    let status = sandbox.request("GET", "/", &[("accept", "*/*")], "").await;
    assert_eq!(status.json()["version"], "1.8.2");
}

#[tokio::test]
async fn the_history_has_messages_of_every_kind() {
    let sandbox = start();
    sandbox.send("oi").await;
    sent(
        &sandbox,
        "sendWhatsAppAudio",
        json!({"number": ANA, "audio": "QUJD"}),
    )
    .await;
    let wanted = json!({"where": {"messageType": "audioMessage"}});
    let found = sandbox
        .post("/chat/findMessages/loja", &wanted)
        .await
        .json();
    assert_eq!(found["messages"]["total"], 1);
    assert_eq!(
        found["messages"]["records"][0]["messageType"],
        "audioMessage"
    );
}
