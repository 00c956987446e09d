//! Z-API over real sockets.

use serde_json::{Value, json};
use zapgres_sandbox::SandboxOptions;

use crate::client::{Answer, Running, start, start_with};

const BASE: &str = "/instances/loja/token/abc";
pub const CONNECTION: &str = "/sandbox/connections/zapi/loja";

impl Running {
    pub async fn zapi(&self, method: &str, operation: &str, body: &Value) -> Answer {
        let headers = [("content-type", "application/json")];
        let path = format!("{BASE}/{operation}");
        self.request(method, &path, &headers, &body.to_string())
            .await
    }

    pub async fn zapi_text(&self, text: &str) -> Answer {
        let body = json!({"phone": "5531987654321", "message": text});
        self.zapi("POST", "send-text", &body).await
    }

    pub async fn zapi_get(&self, operation: &str) -> Value {
        let answer = self.zapi("GET", operation, &Value::Null).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()
    }
}

#[tokio::test]
async fn every_operation_is_accepted_and_named() {
    let sandbox = start();
    let file = "https://example.com/a";
    for (operation, body, kind, text) in [
        ("send-text", json!({"message": "oi"}), "text", "oi"),
        (
            "send-image",
            json!({"image": file, "caption": "a"}),
            "image",
            "a",
        ),
        ("send-audio", json!({"audio": file}), "audio", ""),
        ("send-video", json!({"video": file}), "video", ""),
        (
            "send-document/pdf",
            json!({"document": file, "fileName": "a.pdf"}),
            "document",
            "a.pdf",
        ),
        ("send-sticker", json!({"sticker": file}), "sticker", ""),
        (
            "send-location",
            json!({"title": "Loja", "address": "Rua A", "latitude": "-23.5", "longitude": "-46.6"}),
            "location",
            "Loja\nRua A",
        ),
        (
            "send-contact",
            json!({"contactName": "Rui", "contactPhone": "5511912345678"}),
            "contacts",
            "Rui",
        ),
        (
            "send-contacts",
            json!({"contacts": [{"name": "Rui", "phones": ["1"]}, {"name": "Ana", "phones": ["2"]}]}),
            "contacts",
            "Rui\nAna",
        ),
        (
            "send-reaction",
            json!({"messageId": "D241", "reaction": "👍"}),
            "reaction",
            "👍",
        ),
        (
            "send-remove-reaction",
            json!({"messageId": "D241"}),
            "reaction",
            "",
        ),
    ] {
        let mut body = body;
        body["phone"] = "5511987654321".into();
        let answer = sandbox.zapi("POST", operation, &body).await;
        assert_eq!(answer.status, 200, "{operation}: {}", answer.body);
        let named = answer.json();
        assert_eq!(named["id"], named["messageId"], "{operation}");
        let messages = sandbox.get("/sandbox/messages").await.json();
        let kept = messages.as_array().unwrap().last().unwrap();
        assert_eq!(
            (&kept["kind"], &kept["text"], &kept["id"]),
            (&json!(kind), &json!(text), &named["id"])
        );
        assert_eq!(kept["provider"], "zapi");
    }
}

#[tokio::test]
async fn what_can_be_chosen_is_kept() {
    let sandbox = start();
    for (operation, body) in [
        (
            "send-button-list",
            json!({"buttonList": {"buttons": [{"id": "1", "label": "a"}, {"label": "b"}]}}),
        ),
        (
            "send-option-list",
            json!({"optionList": {"title": "t", "buttonLabel": "l",
                "options": [{"title": "a", "description": ""}, {"title": "b", "description": ""}]}}),
        ),
        ("send-poll", json!({"poll": [{"name": "a"}, {"name": "b"}]})),
    ] {
        let mut body = body;
        body["phone"] = "5511987654321".into();
        body["message"] = "Qual?".into();
        let answer = sandbox.zapi("POST", operation, &body).await;
        assert_eq!(answer.status, 200, "{operation}: {}", answer.body);
        let messages = sandbox.get("/sandbox/messages").await.json();
        let kept = messages.as_array().unwrap().last().unwrap();
        assert_eq!(
            (&kept["text"], &kept["choices"]),
            (&json!("Qual?"), &json!(["a", "b"]))
        );
    }
}

/// Z-API's quirk: a path that is none is answered with 200.
#[tokio::test]
async fn what_is_wrong_with_a_request_is_told_in_z_apis_way() {
    let sandbox = start_with(SandboxOptions {
        api_key: Some("segredo".to_owned()),
        instances: Some(["loja".to_owned()].into()),
        ..Default::default()
    });
    let json_type = ("content-type", "application/json");
    let client_token = ("client-token", "segredo");
    let good = r#"{"phone":"5511987654321","message":"a"}"#;
    let other = "/instances/outra/token/abc/send-text";
    let text = format!("{BASE}/send-text");
    for (method, path, headers, body, status, error) in [
        (
            "POST",
            format!("{BASE}/send-texts"),
            vec![json_type, client_token],
            good,
            200,
            "NOT_FOUND",
        ),
        (
            "GET",
            text.clone(),
            vec![client_token],
            "",
            405,
            "Method Not Allowed",
        ),
        (
            "POST",
            text.clone(),
            vec![client_token],
            good,
            415,
            "Unsupported Media Type",
        ),
        (
            "POST",
            other.to_owned(),
            vec![json_type, client_token],
            good,
            404,
            "Instance not found",
        ),
        (
            "POST",
            text.clone(),
            vec![json_type],
            good,
            400,
            "your client-token is not configured",
        ),
        (
            "POST",
            text.clone(),
            vec![json_type, ("client-token", "x")],
            good,
            403,
            "Client-Token not allowed",
        ),
        (
            "POST",
            text.clone(),
            vec![json_type, client_token],
            "{}",
            400,
            "phone is required",
        ),
        (
            "POST",
            text.clone(),
            vec![json_type, client_token],
            r#"{"phone":"5511987654321"}"#,
            400,
            "message is required",
        ),
        (
            "POST",
            text.clone(),
            vec![json_type, client_token],
            r#"{"phone":"55","message":"a"}"#,
            400,
            "Phone number does not exist",
        ),
        (
            "POST",
            text.clone(),
            vec![json_type, client_token],
            good,
            200,
            "",
        ),
    ] {
        let answer = sandbox.request(method, &path, &headers, body).await;
        let found = answer.json()["error"]
            .as_str()
            .unwrap_or_default()
            .to_owned();
        assert_eq!(
            (answer.status, found.as_str()),
            (status, error),
            "{path} {body}"
        );
    }
    assert_eq!(sandbox.texts().await, ["a"]);
}

/// P3
#[tokio::test]
async fn the_state_of_the_connection_is_told_in_z_apis_words() {
    let sandbox = start();
    assert!(sandbox.zapi_get("device").await["phone"].is_string());
    for (order, connected, words) in [
        (
            json!({"state": "connected"}),
            true,
            "You are already connected.",
        ),
        (
            json!({"state": "disconnected"}),
            false,
            "You need to restore the session.",
        ),
        (
            json!({"state": "disconnected", "needs_pairing": true}),
            false,
            "You are not connected.",
        ),
    ] {
        sandbox.put(CONNECTION, &order).await;
        let status = sandbox.zapi_get("status").await;
        assert_eq!(
            (
                &status["connected"],
                &status["error"],
                &status["smartphoneConnected"]
            ),
            (&json!(connected), &json!(words), &json!(connected))
        );
    }
    let code = sandbox.zapi_get("qr-code").await["value"].clone();
    assert!(code.is_string());
    let picture = sandbox.zapi_get("qr-code/image").await["value"].clone();
    assert!(
        picture
            .as_str()
            .unwrap()
            .starts_with("data:image/png;base64,")
    );
    let typed = sandbox.zapi_get("phone-code/5511987654321").await["code"].clone();
    assert_eq!(typed.as_str().unwrap().len(), 9);
    sandbox
        .post(&format!("{CONNECTION}/scan"), &json!({}))
        .await;
    assert_eq!(sandbox.zapi_get("qr-code").await["connected"], true);
}

/// P1
#[tokio::test]
async fn numbers_are_looked_up_with_the_spelling_that_is_registered() {
    let sandbox = start();
    let hidden = json!({"kind": "not_on_whatsapp", "recipient": "5511912345678"});
    sandbox.fault(hidden).await;
    let phones = json!({"phones": ["5531987654321", "5511912345678"]});
    let found = sandbox
        .zapi("POST", "phone-exists-batch", &phones)
        .await
        .json();
    assert_eq!(
        (
            &found[0]["exists"],
            &found[0]["inputPhone"],
            &found[0]["outputPhone"]
        ),
        (
            &json!(true),
            &json!("5531987654321"),
            &json!("553187654321")
        )
    );
    assert_eq!(found[1]["exists"], false);
    assert_eq!(
        sandbox.zapi_get("phone-exists/5511912345678").await[0]["exists"],
        false
    );
}

#[tokio::test]
async fn faults_have_z_apis_envelope() {
    let sandbox = start();
    sandbox
        .fault(json!([
            {"kind": "status", "code": 500, "times": 1, "provider": "zapi"},
            {"kind": "rate_limit", "limit": 1, "window_ms": 60_000},
        ]))
        .await;
    let failed = sandbox.zapi_text("a").await;
    assert_eq!(
        (failed.status, &failed.json()["error"]),
        (500, &json!("Internal Server Error"))
    );
    assert_eq!(sandbox.zapi_text("b").await.status, 200);
    let limited = sandbox.zapi_text("c").await;
    assert_eq!(limited.status, 429);
    assert!(limited.header("retry-after").is_some());
    assert_eq!(sandbox.texts().await, ["b"]);
}
