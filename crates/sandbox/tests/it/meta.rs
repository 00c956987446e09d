//! What Meta would answer to a message.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use chrono::DateTime;
use serde_json::{Value, json};
use zapgres_sandbox::SandboxOptions;

use crate::client::{Answer, Running, start, start_with};

const ANA: &str = "+5511987654321";

impl Running {
    /// A call to the Graph API, with a token.
    pub async fn graph(&self, method: &str, path: &str, body: &Value) -> Answer {
        let headers = [
            ("authorization", "Bearer token"),
            ("content-type", "application/json"),
        ];
        self.request(method, path, &headers, &body.to_string())
            .await
    }

    /// Sends a message through the phone number 123.
    pub async fn meta(&self, body: &Value) -> Answer {
        self.graph("POST", "/v23.0/123/messages", body).await
    }
}

/// A message to Ana of this type, with this under the type's name.
pub fn to_ana(kind: &str, content: Value) -> Value {
    json!({"messaging_product": "whatsapp", "to": ANA, "type": kind, kind: content})
}

#[track_caller]
pub fn code(answer: &Answer) -> (u16, u64) {
    let code = answer.json()["error"]["code"].as_u64();
    (
        answer.status,
        code.unwrap_or_else(|| panic!("{}", answer.body)),
    )
}

/// P2: the wamid, and the account that has the number without its ninth digit.
#[tokio::test]
async fn an_accepted_text_is_answered_with_200_and_the_account() {
    let sandbox = start();
    let body = json!({
        "messaging_product": "whatsapp", "recipient_type": "individual", "to": "+5531987654321",
        "type": "text", "text": {"body": "Olá", "preview_url": false},
        "context": {"message_id": "wamid.A"}, "biz_opaque_callback_data": "n-7",
    });
    let answer = sandbox.meta(&body).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let id = answer.json()["messages"][0]["id"].clone();
    assert!(id.as_str().unwrap().starts_with("wamid."));
    assert_eq!(
        answer.json()["contacts"],
        json!([{"input": "+5531987654321", "wa_id": "553187654321"}])
    );
    let kept = &sandbox.get("/sandbox/messages").await.json()[0];
    for (field, value) in [
        ("provider", json!("meta")),
        ("instance", json!("123")),
        ("number", json!("5531987654321")),
        ("text", json!("Olá")),
        ("quotes", json!("wamid.A")),
        ("reference", json!("n-7")),
        ("content", body),
        ("id", id),
    ] {
        assert_eq!(kept[field], value, "{field}");
    }
}

/// Every type of A.1 and A.3, and how the phone shows it.
#[tokio::test]
async fn every_type_is_accepted() {
    let sandbox = start();
    let link = json!({"link": "https://loja.com/a"});
    let reply =
        |id: &str, title: &str| json!({"type": "reply", "reply": {"id": id, "title": title}});
    let interactive = |kind: &str, action: Value| json!({"type": kind, "body": {"text": "Escolha"}, "action": action});
    let rows = json!([{"title": "Pizzas", "rows": [{"id": "1", "title": "Calabresa"}]}]);
    for (kind, content, shown, choices) in [
        (
            "image",
            json!({"link": "https://loja.com/a", "caption": "Oi"}),
            "image",
            json!(null),
        ),
        ("video", link.clone(), "video", json!(null)),
        (
            "audio",
            json!({"link": "https://loja.com/a", "voice": true}),
            "audio",
            json!(null),
        ),
        (
            "document",
            json!({"link": "https://loja.com/a", "filename": "n.pdf"}),
            "document",
            json!(null),
        ),
        ("sticker", link, "sticker", json!(null)),
        (
            "location",
            json!({"latitude": -23.5, "longitude": "-46.6"}),
            "location",
            json!(null),
        ),
        (
            "contacts",
            json!([{"name": {"formatted_name": "Rui"}}]),
            "contacts",
            json!(null),
        ),
        (
            "reaction",
            json!({"message_id": "wamid.A", "emoji": ""}),
            "reaction",
            json!(null),
        ),
        (
            "interactive",
            interactive(
                "button",
                json!({"buttons": [reply("s", "Sim"), reply("n", "Não")]}),
            ),
            "buttons",
            json!(["Sim", "Não"]),
        ),
        (
            "interactive",
            interactive("list", json!({"button": "Ver", "sections": rows})),
            "list",
            json!(["Calabresa"]),
        ),
        (
            "interactive",
            interactive(
                "cta_url",
                json!({"name": "cta_url", "parameters": {"display_text": "Abrir", "url": "https://loja.com"}}),
            ),
            "buttons",
            json!(["Abrir"]),
        ),
        (
            "interactive",
            interactive(
                "flow",
                json!({"name": "flow", "parameters": {"flow_message_version": "3", "flow_id": "1", "flow_cta": "Ir"}}),
            ),
            "interactive",
            json!(["Ir"]),
        ),
        (
            "interactive",
            interactive("location_request_message", json!({"name": "send_location"})),
            "interactive",
            json!(null),
        ),
    ] {
        let answer = sandbox.meta(&to_ana(kind, content)).await;
        assert_eq!(answer.status, 200, "{kind}: {}", answer.body);
        let messages = sandbox.get("/sandbox/messages").await.json();
        let kept = messages.as_array().unwrap().last().unwrap();
        assert_eq!(
            (&kept["kind"], &kept["choices"]),
            (&json!(shown), &choices),
            "{kind}"
        );
    }
}

#[tokio::test]
async fn what_is_wrong_with_a_body_has_metas_code() {
    let sandbox = start();
    let button = |title: &str| json!({"type": "reply", "reply": {"id": title, "title": title}});
    let buttons = |buttons: Value| {
        let action = json!({"buttons": buttons});
        to_ana(
            "interactive",
            json!({"type": "button", "body": {"text": "a"}, "action": action}),
        )
    };
    let rows: Vec<Value> = (0..11)
        .map(|id| json!({"id": id.to_string(), "title": format!("r{id}")}))
        .collect();
    let list = json!({
        "type": "list", "body": {"text": "a"},
        "action": {"button": "Ver", "sections": [{"title": "a", "rows": rows}]},
    });
    for (body, number) in [
        (
            json!({"to": ANA, "type": "text", "text": {"body": "a"}}),
            100,
        ),
        (
            json!({"messaging_product": "whatsapp", "type": "text", "text": {"body": "a"}}),
            100,
        ),
        (
            json!({"messaging_product": "whatsapp", "to": ANA, "type": "hologram"}),
            100,
        ),
        (
            json!({"messaging_product": "whatsapp", "to": ANA, "type": "text"}),
            131_008,
        ),
        (to_ana("text", json!({"body": ""})), 131_008),
        (to_ana("text", json!({"body": "a".repeat(4097)})), 100),
        (to_ana("text", json!({"body": "a", "colour": "red"})), 100),
        (to_ana("image", json!({})), 131_008),
        (to_ana("image", json!({"link": "loja/a.jpg"})), 100),
        (to_ana("image", json!({"id": "999"})), 131_009),
        (
            to_ana(
                "audio",
                json!({"link": "https://loja.com/a", "caption": "a"}),
            ),
            100,
        ),
        (
            to_ana("location", json!({"latitude": 91, "longitude": 0})),
            131_009,
        ),
        (to_ana("contacts", json!([])), 131_009),
        (
            to_ana("contacts", json!([{"name": {"first_name": "Rui"}}])),
            131_008,
        ),
        (
            to_ana("reaction", json!({"message_id": "wamid.A"})),
            131_008,
        ),
        (buttons(json!([])), 131_009),
        (
            buttons(json!([button("um título com mais de vinte letras")])),
            131_009,
        ),
        (buttons(json!([button("a"), button("a")])), 131_009),
        (to_ana("interactive", list), 131_009),
    ] {
        let refused = sandbox.meta(&body).await;
        assert_eq!(code(&refused), (400, number), "{body}");
        assert!(refused.json()["error"]["fbtrace_id"].is_string());
    }
    assert!(sandbox.texts().await.is_empty());
    let headers = [("authorization", "Bearer token")];
    let broken = sandbox
        .request("POST", "/v23.0/123/messages", &headers, "{")
        .await;
    assert_eq!(code(&broken), (400, 100));
}

#[tokio::test]
async fn without_a_good_token_nothing_is_accepted() {
    let sandbox = start_with(SandboxOptions {
        api_key: Some("segredo".to_owned()),
        ..Default::default()
    });
    let body = to_ana("text", json!({"body": "a"}));
    assert_eq!(code(&sandbox.meta(&body).await), (401, 190));
    let none = sandbox
        .request("POST", "/v23.0/123/messages", &[], &body.to_string())
        .await;
    assert_eq!(code(&none), (401, 190));
    assert_eq!(sandbox.count("unauthorized").await, 2);
}

#[tokio::test]
async fn numbers_versions_and_paths_that_do_not_exist_are_refused() {
    let sandbox = start();
    let body = to_ana("text", json!({"body": "a"}));
    let unknown = sandbox.graph("POST", "/v23.0/loja/messages", &body).await;
    assert_eq!(code(&unknown), (400, 100));
    let unknown = sandbox.graph("POST", "/v23.0/123/massages", &body).await;
    assert_eq!(code(&unknown), (400, 100));
    let old = sandbox.graph("POST", "/v2.0/123/messages", &body).await;
    assert_eq!(old.status, 404);
}

#[tokio::test]
async fn faults_and_a_lost_registration_have_metas_envelope() {
    let sandbox = start();
    let body = to_ana("text", json!({"body": "a"}));
    for (fault, expected) in [
        (json!({"kind": "status", "code": 503}), (503, 2)),
        (json!({"kind": "status", "code": 500}), (500, 131_000)),
        (
            json!({"kind": "rate_limit", "limit": 0, "window_ms": 1000}),
            (429, 130_429),
        ),
        (
            json!({"kind": "not_on_whatsapp", "recipient": "5511987654321"}),
            (400, 131_026),
        ),
    ] {
        sandbox.fault(fault).await;
        assert_eq!(code(&sandbox.meta(&body).await), expected);
        sandbox.delete("/sandbox/faults").await;
    }
    sandbox
        .fault(json!({"kind": "drop_before", "provider": "evolution"}))
        .await;
    assert_eq!(sandbox.meta(&body).await.status, 200);
    let connection = "/sandbox/connections/meta/123";
    sandbox
        .put(connection, &json!({"state": "disconnected"}))
        .await;
    assert_eq!(code(&sandbox.meta(&body).await), (400, 133_010));
    let number = sandbox
        .graph("GET", "/v23.0/123?fields=status", &json!({}))
        .await;
    assert_eq!(
        number.json(),
        json!({"id": "123", "status": "DISCONNECTED"})
    );
}

#[tokio::test]
async fn a_user_without_a_number_is_reached_by_id() {
    let sandbox = start();
    let body = json!({
        "messaging_product": "whatsapp", "recipient": "BR.1502576394655843", "type": "text",
        "text": {"body": "oi"},
    });
    let answer = sandbox.meta(&body).await;
    assert_eq!(
        answer.json()["contacts"],
        json!([{"input": "BR.1502576394655843", "user_id": "BR.1502576394655843"}])
    );
    let kept = sandbox.get("/sandbox/messages").await.json()[0]["number"].clone();
    assert_eq!(kept, "BR.1502576394655843");
}

#[tokio::test]
async fn a_customers_message_is_marked_as_read() {
    let sandbox = start();
    let body = json!({
        "messaging_product": "whatsapp", "status": "read", "message_id": "wamid.IN",
        "typing_indicator": {"type": "text"},
    });
    assert_eq!(sandbox.meta(&body).await.json(), json!({"success": true}));
    let unknown = json!({"messaging_product": "whatsapp", "status": "read", "message_id": "3EB0"});
    assert_eq!(code(&sandbox.meta(&unknown).await), (400, 131_009));
    assert!(sandbox.texts().await.is_empty());
}

/// The window is open for 24 hours after the customer wrote; templates need none.
#[tokio::test]
async fn an_enforced_window_opens_when_the_customer_writes() {
    let now = Arc::new(AtomicI64::new(1_700_000_000));
    let clock = Arc::clone(&now);
    let sandbox = start_with(SandboxOptions {
        clock: Arc::new(move || {
            DateTime::from_timestamp(clock.load(Ordering::Relaxed), 0).unwrap()
        }),
        ..Default::default()
    });
    let text = to_ana("text", json!({"body": "a"}));
    assert_eq!(sandbox.meta(&text).await.status, 200);
    sandbox
        .put("/sandbox/meta", &json!({"windows": "enforced"}))
        .await;
    assert_eq!(code(&sandbox.meta(&text).await), (400, 131_047));
    let template = json!({"name": "hello_world", "language": {"code": "en_US"}});
    assert_eq!(
        sandbox.meta(&to_ana("template", template)).await.status,
        200
    );
    let inbound = json!({"from": "5511987654321", "text": "oi"});
    sandbox.post("/sandbox/inbound/meta/123", &inbound).await;
    assert_eq!(sandbox.meta(&text).await.status, 200);
    now.fetch_add(24 * 60 * 60, Ordering::Relaxed);
    assert_eq!(code(&sandbox.meta(&text).await), (400, 131_047));
    assert_eq!(sandbox.count("refused").await, 2);
}
