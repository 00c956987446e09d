//! WAHA over real sockets.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha512;
use zapgres_sandbox::SandboxOptions;

use crate::client::{Answer, Running, start, start_with};
use crate::receiver::Receiver;

const CONNECTION: &str = "/sandbox/connections/waha/loja";
const ANA: &str = "5511987654321@c.us";

impl Running {
    async fn waha(&self, method: &str, path: &str, body: &Value) -> Answer {
        let headers = [
            ("content-type", "application/json"),
            ("accept", "application/json"),
            ("x-api-key", "key"),
        ];
        let path = format!("/api/{path}");
        self.request(method, &path, &headers, &body.to_string())
            .await
    }

    async fn waha_text(&self, chat: &str, text: &str) -> Answer {
        let body = json!({"session": "loja", "chatId": chat, "text": text});
        self.waha("POST", "sendText", &body).await
    }

    async fn waha_get(&self, path: &str) -> Answer {
        self.waha("GET", path, &json!({})).await
    }

    async fn waha_status(&self) -> Value {
        self.waha_get("sessions/loja").await.json()["status"].clone()
    }
}

async fn with_webhook(events: Value) -> (Running, Receiver) {
    let (sandbox, receiver) = (start(), Receiver::start().await);
    let webhook = json!({"url": receiver.url(), "events": events, "hmac": {"key": "segredo"}});
    let config = json!({"name": "loja", "config": {"webhooks": [webhook]}});
    let answer = sandbox.waha("PUT", "sessions/loja", &config).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["config"], config["config"]);
    (sandbox, receiver)
}

#[tokio::test]
async fn every_operation_is_accepted_and_named_with_its_chat() {
    let sandbox = start();
    let file = json!({"mimetype": "image/png", "url": "https://example.com/a.png"});
    let sound = json!({"mimetype": "audio/mpeg", "data": "AAAA"});
    for (operation, body, kind, text) in [
        ("sendText", json!({"text": "oi"}), "text", "oi"),
        (
            "sendImage",
            json!({"file": file, "caption": "a"}),
            "image",
            "a",
        ),
        ("sendVideo", json!({"file": file}), "video", ""),
        ("sendFile", json!({"file": file}), "document", ""),
        ("sendFile", json!({"file": sound}), "audio", ""),
        ("sendVoice", json!({"file": sound}), "audio", ""),
        (
            "sendLocation",
            json!({"latitude": -23.5, "longitude": -46.6, "title": "Loja"}),
            "location",
            "Loja",
        ),
        (
            "sendContactVcard",
            json!({"contacts": [{"vcard": "BEGIN:VCARD\nFN:Rui\nEND:VCARD"}]}),
            "contacts",
            "Rui",
        ),
        (
            "sendButtons",
            json!({"body": "Sim?", "buttons": [{"type": "reply", "text": "Sim"}]}),
            "buttons",
            "Sim?",
        ),
        (
            "sendPoll",
            json!({"poll": {"name": "Qual?", "options": ["a", "b"], "multipleAnswers": false}}),
            "poll",
            "Qual?",
        ),
    ] {
        let mut body = body;
        body["session"] = "loja".into();
        body["chatId"] = ANA.into();
        let answer = sandbox.waha("POST", operation, &body).await;
        assert_eq!(answer.status, 201, "{operation}: {}", answer.body);
        let messages = sandbox.get("/sandbox/messages").await.json();
        let kept = messages.as_array().unwrap().last().unwrap();
        let id = format!("true_{ANA}_{}", kept["id"].as_str().unwrap());
        assert_eq!(answer.json()["id"], json!(id));
        assert_eq!(
            (&kept["kind"], &kept["text"], &kept["provider"]),
            (&json!(kind), &json!(text), &json!("waha"))
        );
    }
    let reaction =
        json!({"session": "loja", "chatId": ANA, "messageId": "true_a_b", "reaction": "👍"});
    assert_eq!(sandbox.waha("PUT", "reaction", &reaction).await.status, 200);
}

#[tokio::test]
async fn what_is_wrong_with_a_request_is_told_in_wahas_way() {
    let sandbox = start_with(SandboxOptions {
        instances: Some(["loja".to_owned()].into()),
        ..Default::default()
    });
    let keyless = sandbox.request("POST", "/api/sendText", &[], "{}").await;
    assert_eq!(
        (keyless.status, keyless.json()),
        (401, json!({"message": "Unauthorized", "statusCode": 401}))
    );
    let unknown = sandbox.waha("POST", "sendTexts", &json!({})).await;
    assert_eq!(
        (unknown.status, &unknown.json()["message"]),
        (404, &json!("Cannot POST /api/sendTexts"))
    );
    let empty = sandbox.waha("POST", "sendText", &json!({})).await;
    assert_eq!(
        (empty.status, &empty.json()["message"]),
        (400, &json!(["session must be a string"]))
    );
    let other = json!({"session": "outra", "chatId": ANA, "text": "a"});
    let other = sandbox.waha("POST", "sendText", &other).await;
    assert_eq!(
        (other.status, &other.json()["message"]),
        (422, &json!("Session \"outra\" does not exist"))
    );
    assert_eq!(sandbox.waha_get("sessions/outra").await.status, 404);
}

/// P3: a session that does not work refuses, and says what it is instead.
#[tokio::test]
async fn a_session_is_stopped_started_and_paired() {
    let sandbox = start();
    assert_eq!(sandbox.waha_status().await, "WORKING");
    let none = json!({});
    assert_eq!(
        sandbox
            .waha("POST", "sessions/loja/stop", &none)
            .await
            .status,
        201
    );
    let refused = sandbox.waha_text(ANA, "a").await;
    assert_eq!(
        (
            refused.status,
            &refused.json()["status"],
            &refused.json()["expected"]
        ),
        (422, &json!("STOPPED"), &json!(["WORKING"]))
    );
    sandbox.waha("POST", "sessions/loja/start", &none).await;
    assert_eq!(sandbox.waha_status().await, "WORKING");
    assert_eq!(
        sandbox.waha_get("loja/auth/qr?format=raw").await.status,
        422
    );
    sandbox.waha("POST", "sessions/loja/logout", &none).await;
    assert_eq!(sandbox.waha_status().await, "SCAN_QR_CODE");
    let code = sandbox.waha_get("loja/auth/qr?format=raw").await.json();
    assert!(code["value"].is_string());
    let picture = sandbox.waha_get("loja/auth/qr").await.json();
    assert_eq!(picture["mimetype"], "image/png");
    let phone = json!({"phoneNumber": "5511912345678"});
    let typed = sandbox.waha("POST", "loja/auth/request-code", &phone).await;
    assert_eq!(typed.json()["code"].as_str().unwrap().len(), 9);
    sandbox.post(&format!("{CONNECTION}/scan"), &none).await;
    let session = sandbox.waha_get("sessions/loja").await.json();
    assert_eq!(session["status"], "WORKING");
    assert!(session["me"]["id"].as_str().unwrap().ends_with("@c.us"));
}

/// One that has failed counts as running.
#[tokio::test]
async fn a_failed_session_is_not_started_but_restarted() {
    let sandbox = start();
    let failed = json!({"state": "disconnected", "needs_pairing": true});
    sandbox.put(CONNECTION, &failed).await;
    sandbox
        .waha("POST", "sessions/loja/start", &json!({}))
        .await;
    assert_eq!(sandbox.waha_status().await, "FAILED");
    sandbox
        .waha("POST", "sessions/loja/restart", &json!({}))
        .await;
    assert_eq!(sandbox.waha_status().await, "SCAN_QR_CODE");
    let new = json!({"name": "nova"});
    let created = sandbox.waha("POST", "sessions", &new).await.json();
    assert_eq!(created["status"], "SCAN_QR_CODE");
    assert_eq!(sandbox.waha_get("sessions").await.json()[0]["name"], "nova");
    assert_eq!(
        sandbox.waha("DELETE", "sessions/nova", &new).await.status,
        200
    );
    assert_eq!(sandbox.waha_get("sessions").await.json(), json!([]));
}

/// C1, C8: receipts name the message that the answer named; each request is signed.
#[tokio::test]
async fn an_accepted_message_is_followed_by_its_signed_acks() {
    let (sandbox, mut receiver) = with_webhook(json!(["message.any", "message.ack"])).await;
    let id = sandbox.waha_text(ANA, "oi").await.json()["id"].clone();
    let told = receiver.next().await;
    let mut mac = Hmac::<Sha512>::new_from_slice(b"segredo").unwrap();
    mac.update(&told.body);
    let hex: String = mac
        .finalize()
        .into_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(told.headers["x-webhook-hmac"], hex.as_str());
    assert_eq!(told.headers["x-webhook-hmac-algorithm"], "sha512");
    assert!(told.headers.contains_key("x-webhook-request-id"));
    assert!(told.headers.contains_key("x-webhook-timestamp"));
    let body = told.json();
    assert_eq!(
        (
            &body["event"],
            &body["session"],
            &body["payload"]["id"],
            &body["payload"]["fromMe"]
        ),
        (&json!("message.any"), &json!("loja"), &id, &json!(true))
    );
    let acks = receiver.take(3).await;
    let numbers: Vec<&Value> = acks.iter().map(|ack| &ack["payload"]["ack"]).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert!(acks.iter().all(|ack| ack["payload"]["id"] == id));
    sandbox
        .fault(json!({"kind": "fail_later", "times": 1}))
        .await;
    sandbox.waha_text(ANA, "a").await;
    assert_eq!(receiver.take(2).await[1]["payload"]["ack"], -1);
}

/// WAHA's quirk: a number in another spelling than the registered one is taken and never arrives.
#[tokio::test]
async fn a_wrong_ninth_digit_is_accepted_and_never_delivered() {
    let (sandbox, mut receiver) = with_webhook(json!(["message.ack"])).await;
    let exists = sandbox
        .waha_get("contacts/check-exists?session=loja&phone=5531987654321")
        .await;
    assert_eq!(
        exists.json(),
        json!({"numberExists": true, "chatId": "553187654321@c.us"})
    );
    assert_eq!(
        sandbox.waha_text("5531987654321@c.us", "a").await.status,
        201
    );
    assert_eq!(
        sandbox.waha_text("553187654321@c.us", "b").await.status,
        201
    );
    let told = receiver.take(4).await;
    let of = |chat: &str| {
        let acks = told.iter().filter(|ack| ack["payload"]["to"] == chat);
        acks.map(|ack| ack["payload"]["ack"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(of("5531987654321@c.us"), [1]);
    assert_eq!(of("553187654321@c.us"), [1, 2, 3]);
    sandbox.fault(json!({"kind": "not_on_whatsapp"})).await;
    let exists = sandbox
        .waha_get("contacts/check-exists?session=loja&phone=5511987654321")
        .await;
    assert_eq!(exists.json()["numberExists"], false);
}

#[tokio::test]
async fn what_customers_write_is_told_by_the_names_that_are_wanted() {
    let (sandbox, mut receiver) = with_webhook(json!([
        "message",
        "message.reaction",
        "poll.vote",
        "session.status"
    ]))
    .await;
    let inbound = "/sandbox/inbound/waha/loja";
    for body in [
        json!({"from": "5511987654321", "text": "own", "from_me": true}),
        json!({"from": "5511987654321", "alias": "77@lid", "text": "Cadê?", "id": "A1", "quotes": "3EB0"}),
        json!({"from": "5511987654321", "kind": "reaction",
            "content": {"text": "👍", "messageId": "true_a_b"}}),
        json!({"from": "5511987654321", "kind": "poll_vote", "quotes": "3EB0",
            "content": {"selectedOptions": ["a"]}}),
    ] {
        assert_eq!(sandbox.post(inbound, &body).await.status, 202);
    }
    // With the restart that the configuration took.
    let mut told = receiver.take(5).await;
    told.sort_by_key(|body| body["event"].to_string());
    let [message, reaction, vote, _, _] = &told[..] else {
        panic!("{told:?}");
    };
    let payload = &message["payload"];
    assert_eq!(
        (&payload["id"], &payload["body"], &payload["replyTo"]["id"]),
        (
            &json!("false_77@lid_A1"),
            &json!("Cadê?"),
            &json!("true_77@lid_3EB0")
        )
    );
    assert_eq!(
        payload["_data"]["key"]["remoteJidAlt"],
        "5511987654321@s.whatsapp.net"
    );
    assert_eq!(reaction["payload"]["reaction"]["text"], "👍");
    assert_eq!(vote["payload"]["vote"]["selectedOptions"], json!(["a"]));
    sandbox
        .put(CONNECTION, &json!({"state": "disconnected"}))
        .await;
    let status = receiver.next().await.json();
    assert_eq!(status["payload"]["status"], "STOPPED");
}

/// B2
#[tokio::test]
async fn the_history_of_a_chat_has_what_was_sent() {
    let sandbox = start();
    let id = sandbox.waha_text(ANA, "a").await.json()["id"].clone();
    sandbox.waha_text("5511912345678@c.us", "b").await;
    let path = "loja/chats/5511987654321%40c.us/messages?limit=50&filter.fromMe=true";
    let found = sandbox.waha_get(path).await.json();
    assert_eq!(found.as_array().unwrap().len(), 1);
    assert_eq!((&found[0]["id"], &found[0]["body"]), (&id, &json!("a")));
    let past = format!("{path}&filter.timestamp.lte=1000");
    assert_eq!(sandbox.waha_get(&past).await.json(), json!([]));
    sandbox
        .fault(json!({"kind": "no_history", "provider": "waha"}))
        .await;
    assert_eq!(sandbox.waha_get(path).await.status, 400);
}

#[tokio::test]
async fn faults_have_wahas_envelope() {
    let sandbox = start();
    sandbox
        .fault(json!([
            {"kind": "status", "code": 500, "times": 1},
            {"kind": "status", "code": 403, "times": 1},
            {"kind": "rate_limit", "limit": 0, "window_ms": 60_000, "times": 1},
            {"kind": "not_on_whatsapp"},
        ]))
        .await;
    for (status, pointer, said) in [
        (500, "/exception/message", "Internal Server Error"),
        (403, "/message", "Forbidden"),
        (429, "/message", "Too Many Requests"),
        (500, "/exception/message", "No LID for user"),
    ] {
        let answer = sandbox.waha_text(ANA, "a").await;
        let body = answer.json();
        assert_eq!(
            (answer.status, body.pointer(pointer)),
            (status, Some(&json!(said)))
        );
        assert_eq!(body["statusCode"], status);
    }
}
