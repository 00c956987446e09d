//! MegaAPI over real sockets.

use serde_json::{Value, json};

use crate::client::{Answer, Running, start};

const CONNECTION: &str = "/sandbox/connections/megaapi/loja";

impl Running {
    async fn megaapi(&self, method: &str, path: &str, body: &Value) -> Answer {
        let headers = [("authorization", "Bearer token")];
        let path = format!("/rest/{path}");
        self.request(method, &path, &headers, &body.to_string())
            .await
    }

    async fn megaapi_text(&self, text: &str) -> Answer {
        let body = json!({"messageData": {"to": "5511987654321@s.whatsapp.net", "text": text}});
        self.megaapi("POST", "sendMessage/loja/text", &body).await
    }
}

#[tokio::test]
async fn texts_and_files_are_accepted_and_named() {
    let sandbox = start();
    let named = sandbox.megaapi_text("oi").await.json();
    assert_eq!(named["error"], false);
    for (kind, known) in [
        ("image", "image"),
        ("video", "video"),
        ("audio", "audio"),
        ("ptt", "audio"),
        ("document", "document"),
    ] {
        let data = json!({"to": "5511987654321", "url": "https://example.com/a", "type": kind,
            "fileName": "a.pdf", "caption": "c"});
        let body = json!({ "messageData": data });
        let answer = sandbox
            .megaapi("POST", "sendMessage/loja/mediaUrl", &body)
            .await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        let messages = sandbox.get("/sandbox/messages").await.json();
        let kept = messages.as_array().unwrap().last().unwrap();
        assert_eq!(
            (&kept["kind"], &kept["id"], &kept["provider"], &kept["text"]),
            (
                &json!(known),
                &answer.json()["messageData"]["key"]["id"],
                &json!("megaapi"),
                &json!("c")
            )
        );
    }
}

#[tokio::test]
async fn what_is_wrong_is_told_with_an_error_and_a_message() {
    let sandbox = start();
    let text = "sendMessage/loja/text";
    let file = json!({"messageData": {"to": "55", "url": "a", "type": "gif"}});
    let media = "sendMessage/loja/mediaUrl";
    for (path, body, status, message) in [
        (text, json!({}), 400, "messageData.to is required"),
        (
            text,
            json!({"messageData": {"to": "1"}}),
            400,
            "messageData.text is required",
        ),
        (media, file, 400, "messageData.type is invalid"),
        (
            "sendMessage/loja/other",
            json!({"messageData": {"to": "1"}}),
            404,
            "Cannot POST /rest/sendMessage/loja/other",
        ),
        (
            text,
            json!({"messageData": {"to": "55", "text": "a"}}),
            400,
            "The number is not registered on WhatsApp",
        ),
    ] {
        let answer = sandbox.megaapi("POST", path, &body).await;
        assert_eq!(
            (answer.status, answer.json()),
            (status, json!({"error": true, "message": message}))
        );
    }
    let path = "/rest/sendMessage/loja/text";
    let keyless = sandbox.request("POST", path, &[], "{}").await;
    assert_eq!(
        (keyless.status, &keyless.json()["error"]),
        (401, &json!(true))
    );
    sandbox.fault(json!({"kind": "status", "code": 502})).await;
    assert_eq!(
        sandbox.megaapi_text("a").await.json()["message"],
        "Bad Gateway"
    );
}

/// P3
#[tokio::test]
async fn an_instance_is_disconnected_restarted_and_paired() {
    let sandbox = start();
    let none = Value::Null;
    let instance = sandbox.megaapi("GET", "instance/loja", &none).await.json();
    assert_eq!(instance["instance"]["status"], "connected");
    assert!(instance["instance"]["user"]["id"].is_string());
    let code = "instance/qrcode_base64/loja";
    let connected = sandbox.megaapi("GET", code, &none).await;
    assert!(connected.body.contains("already logged in"));
    sandbox
        .put(CONNECTION, &json!({"state": "disconnected"}))
        .await;
    let refused = sandbox.megaapi_text("a").await;
    assert_eq!(
        (refused.status, &refused.json()["message"]),
        (400, &json!("Connection Closed"))
    );
    sandbox
        .megaapi("DELETE", "instance/loja/restart", &none)
        .await;
    assert_eq!(sandbox.megaapi_text("b").await.status, 200);
    sandbox
        .megaapi("DELETE", "instance/loja/logout", &none)
        .await;
    let picture = sandbox.megaapi("GET", code, &none).await.json();
    let picture = picture["qrcode"].as_str().unwrap();
    assert!(picture.starts_with("data:image/png;base64,"));
}
