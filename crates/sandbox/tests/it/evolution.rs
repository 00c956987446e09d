//! What Evolution would answer.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::json;
use zapgres_sandbox::SandboxOptions;

use crate::client::{start, start_with, to_ana};

const JSON: (&str, &str) = ("content-type", "application/json");

/// O4: the shape that a client reads the message id and the confirmed address from.
#[tokio::test]
async fn an_accepted_text_is_answered_with_201_and_the_message() {
    let sandbox = start();
    let body = json!({"number": "5531987654321", "text": "Olá, *Ana*!\nTudo bem?"});
    let answer = sandbox.post("/message/sendText/loja%201", &body).await;
    assert_eq!(answer.status, 201);
    assert_eq!(
        answer.header("content-type"),
        Some("application/json; charset=utf-8")
    );
    let message = answer.json();
    assert_eq!(message["key"]["remoteJid"], "553187654321@s.whatsapp.net");
    assert_eq!(message["key"]["fromMe"], true);
    assert!(message["key"]["id"].as_str().unwrap().starts_with("3EB0"));
    assert_eq!(message["status"], "PENDING");
    assert_eq!(message["message"]["conversation"], "Olá, *Ana*!\nTudo bem?");
    assert_eq!(message["messageType"], "conversation");
    assert!(message["messageTimestamp"].is_i64());
    assert_eq!(message["instanceId"].as_str().unwrap().len(), 36);
    let kept = sandbox.get("/sandbox/messages").await.json();
    assert_eq!(kept[0]["id"], message["key"]["id"]);
    assert_eq!(kept[0]["instance"], "loja 1");
    assert_eq!(kept[0]["number"], "5531987654321");
}

#[tokio::test]
async fn schema_errors_are_an_array_within_an_array() {
    let sandbox = start();
    let v1 = json!({"number": "5511987654321", "textMessage": {"text": "oi"}});
    let answer = sandbox.post("/message/sendText/loja", &v1).await;
    assert_eq!(answer.status, 400);
    assert_eq!(
        answer.json(),
        json!({
            "status": 400,
            "error": "Bad Request",
            "response": {"message": [["instance requires property \"text\""]]},
        })
    );
    let blank = sandbox.send(" \n").await;
    assert_eq!(
        blank.json()["response"]["message"],
        json!(["Text is required"])
    );
    assert_eq!(sandbox.count("schema_error").await, 2);
    assert!(sandbox.texts().await.is_empty());
}

#[tokio::test]
async fn a_body_that_is_no_json_object_is_refused_as_express_refuses_it() {
    let sandbox = start();
    let headers = [("apikey", "key"), JSON];
    for body in ["{\"number\":", "7"] {
        let answer = sandbox
            .request("POST", "/message/sendText/loja", &headers, body)
            .await;
        assert_eq!(
            (answer.status, &answer.json()["error"]),
            (400, &json!("Internal Server Error"))
        );
        assert!(answer.json()["response"]["message"].is_string());
    }
    let huge = "x".repeat(2 * 1024 * 1024);
    let answer = sandbox.send(&huge).await;
    assert_eq!(answer.status, 413);
    assert_eq!(
        answer.json()["response"]["message"],
        "request entity too large"
    );
    let undeclared = [("apikey", "key")];
    let body = to_ana("oi").to_string();
    let answer = sandbox
        .request("POST", "/message/sendText/loja", &undeclared, &body)
        .await;
    assert_eq!(answer.status, 400);
    assert_eq!(sandbox.count("malformed").await, 3);
}

#[tokio::test]
async fn without_a_key_nothing_is_accepted() {
    let sandbox = start();
    for headers in [vec![JSON], vec![JSON, ("apikey", "")]] {
        let body = to_ana("oi").to_string();
        let answer = sandbox
            .request("POST", "/message/sendText/loja", &headers, &body)
            .await;
        assert_eq!(answer.status, 401);
        assert_eq!(
            answer.json(),
            json!({"status": 401, "error": "Unauthorized", "response": {"message": "Unauthorized"}})
        );
    }
    assert_eq!(sandbox.count("unauthorized").await, 2);
    assert!(sandbox.texts().await.is_empty());
}

#[tokio::test]
async fn a_required_key_lets_no_other_in() {
    let sandbox = start_with(SandboxOptions {
        api_key: Some("segredo".to_owned()),
        ..Default::default()
    });
    assert_eq!(sandbox.send("oi").await.status, 401);
    assert_eq!(
        sandbox.get("/instance/connectionState/loja").await.status,
        401
    );
    let (headers, body) = ([JSON, ("apikey", "segredo")], to_ana("oi").to_string());
    let answer = sandbox
        .request("POST", "/message/sendText/loja", &headers, &body)
        .await;
    assert_eq!(answer.status, 201);
}

#[tokio::test]
async fn an_unknown_instance_is_404_even_before_the_key_is_looked_at() {
    let instances = Some(BTreeSet::from(["loja".to_owned()]));
    let sandbox = start_with(SandboxOptions {
        instances,
        ..Default::default()
    });
    assert_eq!(sandbox.send("oi").await.status, 201);
    let (headers, body) = ([JSON], to_ana("oi").to_string());
    let answer = sandbox
        .request("POST", "/message/sendText/padaria", &headers, &body)
        .await;
    assert_eq!(answer.status, 404);
    assert_eq!(
        answer.json()["response"]["message"],
        json!(["The \"padaria\" instance does not exist"])
    );
    assert_eq!(
        sandbox
            .get("/instance/connectionState/padaria")
            .await
            .status,
        404
    );
    assert_eq!(sandbox.count("unknown_instance").await, 2);
}

#[tokio::test]
async fn a_number_that_nobody_can_have_is_not_on_whatsapp() {
    let sandbox = start();
    let body = json!({"number": "12345", "text": "oi"});
    let answer = sandbox.post("/message/sendText/loja", &body).await;
    assert_eq!(answer.status, 400);
    let expected = json!([{"jid": "12345@s.whatsapp.net", "exists": false, "number": "12345"}]);
    assert_eq!(answer.json()["response"]["message"], expected);
}

#[tokio::test]
async fn the_delay_is_served_inside_the_request() {
    let sandbox = start();
    let body = json!({"number": "5511987654321", "text": "oi", "delay": 300});
    let began = Instant::now();
    assert_eq!(
        sandbox.post("/message/sendText/loja", &body).await.status,
        201
    );
    assert!(began.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn an_instance_is_open() {
    let sandbox = start();
    let answer = sandbox.get("/instance/connectionState/loja").await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({"instance": {"instanceName": "loja", "state": "open"}})
    );
}

#[tokio::test]
async fn numbers_are_looked_up_with_their_registered_address() {
    let sandbox = start();
    sandbox
        .fault(json!({"kind": "not_on_whatsapp", "recipient": "5511912345678"}))
        .await;
    let body = json!({"numbers": ["5531987654321", "5511912345678", "123"]});
    let answer = sandbox.post("/chat/whatsappNumbers/loja", &body).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!([
            {"jid": "553187654321@s.whatsapp.net", "exists": true, "number": "5531987654321"},
            {"jid": "5511912345678@s.whatsapp.net", "exists": false, "number": "5511912345678"},
            {"jid": "123@s.whatsapp.net", "exists": false, "number": "123"},
        ])
    );
    let refused = sandbox
        .post("/chat/whatsappNumbers/loja", &json!({"numbers": []}))
        .await;
    assert_eq!(refused.status, 400);
    let expected = json!([["numbers does not meet minimum length of 1"]]);
    assert_eq!(refused.json()["message"], expected);
}

/// B2: who has lost the answer to a text asks for it.
#[tokio::test]
async fn the_history_tells_what_was_accepted_the_newest_first() {
    let sandbox = start();
    for text in ["um", "dois", "três"] {
        sandbox.send(text).await;
    }
    let to_rui = json!({"number": "5531987654321", "text": "quatro"});
    sandbox.post("/message/sendText/loja", &to_rui).await;
    sandbox.post("/message/sendText/padaria", &to_rui).await;
    let ask = async |body: serde_json::Value| {
        let answer = sandbox.post("/chat/findMessages/loja", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["messages"].clone()
    };
    let all = ask(json!({})).await;
    assert_eq!((&all["total"], &all["pages"]), (&json!(4), &json!(1)));
    let newest = &all["records"][0];
    assert_eq!(newest["message"]["conversation"], "quatro");
    assert_eq!(newest["key"]["remoteJid"], "553187654321@s.whatsapp.net");
    assert_eq!(newest["key"]["fromMe"], true);
    assert!(newest["messageTimestamp"].is_i64());

    let ana = "5511987654321@s.whatsapp.net";
    let key = json!({"remoteJid": ana, "remoteJidAlt": ana, "fromMe": true});
    let hers = ask(json!({"where": {"key": key}, "offset": 2, "page": 2})).await;
    assert_eq!((&hers["total"], &hers["pages"]), (&json!(3), &json!(2)));
    assert_eq!(hers["records"][0]["message"]["conversation"], "um");
    // With one name only, the other alternative has no condition.
    let open = ask(json!({"where": {"key": {"remoteJid": ana}}})).await;
    assert_eq!(open["total"], 4);
    let long_ago = json!({"gte": "2020-01-01T00:00:00Z", "lte": "2020-01-02T00:00:00Z"});
    let old = ask(json!({"where": {"messageTimestamp": long_ago}})).await;
    assert_eq!((&old["total"], &old["records"]), (&json!(0), &json!([])));

    sandbox
        .fault(json!({"kind": "no_history", "instance": "loja"}))
        .await;
    assert_eq!(ask(json!({})).await["total"], 0);
    assert_eq!(sandbox.send("cinco").await.status, 201);
    let unknown = sandbox
        .request("POST", "/chat/findMessages/loja", &[JSON], "{}")
        .await;
    assert_eq!(unknown.status, 401);
}

#[tokio::test]
async fn unknown_routes_and_methods_are_404_in_the_envelope() {
    let sandbox = start();
    for (method, path) in [
        ("POST", "/message/sendFax/loja?x=1"),
        ("GET", "/message/sendText/loja"),
    ] {
        let answer = sandbox.request(method, path, &[], "").await;
        assert_eq!(answer.status, 404);
        assert_eq!(
            answer.json(),
            json!({
                "status": 404,
                "error": "Not Found",
                "response": {"message": [format!("Cannot {method} {path}")]},
            })
        );
    }
    assert_eq!(sandbox.count("unknown_route").await, 2);
}

/// P2: clients are seen writing before they write, and reading what was written.
#[tokio::test]
async fn gestures_are_taken_and_leave_no_message() {
    let sandbox = start();
    let key = json!({"id": "3EB0", "fromMe": false, "remoteJid": "5511987654321@s.whatsapp.net"});
    for (path, body, answer) in [
        (
            "/chat/sendPresence/loja",
            json!({"number": "5511987654321", "delay": 1200, "presence": "composing"}),
            json!({"presence": "composing"}),
        ),
        (
            "/instance/setPresence/loja",
            json!({"presence": "available"}),
            json!({"presence": "available"}),
        ),
        (
            "/chat/markMessageAsRead/loja",
            json!({"readMessages": [key]}),
            json!({"message": "Read messages", "read": "success"}),
        ),
    ] {
        let told = sandbox.post(path, &body).await;
        assert_eq!((told.status, told.json()), (201, answer), "{path}");
        assert_eq!(sandbox.post(path, &json!({})).await.status, 400, "{path}");
    }
    assert!(sandbox.texts().await.is_empty());
}
