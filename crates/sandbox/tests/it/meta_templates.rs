//! Meta's templates.

use serde_json::{Value, json};

use crate::client::{Running, start};
use crate::meta::{code, to_ana};

async fn with_templates() -> Running {
    let sandbox = start();
    let templates = json!({"templates": [
        {"name": "pedido", "language": "pt_BR", "components": [
            {"type": "BODY", "text": "Olá {{1}}, seu pedido {{2}} saiu."},
            {"type": "FOOTER", "text": "Loja"},
            {"type": "BUTTONS", "buttons": [
                {"type": "URL", "text": "Acompanhar", "url": "https://loja.com{{1}}"},
            ]},
        ]},
        {"name": "total", "language": "pt_BR", "components": [
            {"type": "HEADER", "format": "IMAGE"},
            {"type": "BODY", "text": "Total: {{valor}}"},
        ]},
        {"name": "velho", "language": "pt_BR", "status": "PAUSED"},
    ]});
    let answer = sandbox.put("/sandbox/meta", &templates).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    sandbox
}

fn texts(kind: &str, texts: &[&str]) -> Value {
    let parameters: Vec<Value> = texts
        .iter()
        .map(|text| json!({"type": "text", "text": text}))
        .collect();
    json!({"type": kind, "parameters": parameters})
}

fn message(name: &str, components: Value) -> Value {
    let template = json!({"name": name, "language": {"code": "pt_BR"}, "components": components});
    to_ana("template", template)
}

fn button(text: &str) -> Value {
    json!({
        "type": "button", "sub_type": "url", "index": "0",
        "parameters": [{"type": "text", "text": text}],
    })
}

#[tokio::test]
async fn a_template_that_fits_is_shown_filled() {
    let sandbox = with_templates().await;
    let components = json!([texts("body", &["Ana", "42"]), button("/p/42")]);
    let answer = sandbox.meta(&message("pedido", components)).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.json()["messages"][0]["message_status"], "accepted");
    let kept = &sandbox.get("/sandbox/messages").await.json()[0];
    assert_eq!(kept["kind"], "template");
    assert_eq!(kept["text"], "Olá Ana, seu pedido 42 saiu.\nLoja");
    assert_eq!(kept["choices"], json!(["Acompanhar"]));
    let image = json!({
        "type": "header",
        "parameters": [{"type": "image", "image": {"link": "https://loja.com/a.jpg"}}],
    });
    let named = json!({
        "type": "body",
        "parameters": [{"type": "text", "parameter_name": "valor", "text": "R$ 5"}],
    });
    let answer = sandbox.meta(&message("total", json!([image, named]))).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn a_template_that_does_not_fit_has_metas_code() {
    let sandbox = with_templates().await;
    let named = json!({
        "type": "body",
        "parameters": [{"type": "text", "parameter_name": "valor", "text": "5"}],
    });
    for (body, expected) in [
        (message("outro", json!([])), (404, 132_001)),
        (message("velho", json!([])), (400, 132_015)),
        (
            message("pedido", json!([texts("body", &["Ana"])])),
            (400, 132_000),
        ),
        (
            message("pedido", json!([texts("body", &["Ana", "42"])])),
            (400, 131_008),
        ),
        (
            message(
                "pedido",
                json!([texts("body", &["Ana\n", "42"]), button("/")]),
            ),
            (400, 100),
        ),
        (message("total", json!([named])), (400, 132_012)),
    ] {
        assert_eq!(code(&sandbox.meta(&body).await), expected, "{body}");
    }
}

#[tokio::test]
async fn templates_are_listed_and_new_ones_wait_for_approval() {
    let sandbox = with_templates().await;
    let list = "/v23.0/2123/message_templates";
    let listed = sandbox
        .graph("GET", &format!("{list}?name=total"), &json!({}))
        .await;
    let data = listed.json()["data"].clone();
    assert_eq!(data.as_array().unwrap().len(), 1);
    assert_eq!(
        (&data[0]["status"], &data[0]["id"]),
        (&json!("APPROVED"), &json!("2"))
    );
    assert_eq!(listed.json().get("summary"), None);
    let counted = format!("{list}?name=total&summary=total_count");
    let counted = sandbox.graph("GET", &counted, &json!({})).await;
    assert_eq!(counted.json()["summary"]["total_count"], 1);
    let new =
        json!({"name": "novo", "language": "pt_BR", "category": "MARKETING", "components": []});
    let created = sandbox.graph("POST", list, &new).await;
    assert_eq!(created.json()["status"], "PENDING");
    let refused = sandbox.meta(&message("novo", json!([]))).await;
    assert_eq!(code(&refused), (404, 132_001));
}
