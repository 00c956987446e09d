//! Evolution's instances: created, listed, deleted.

use std::collections::BTreeSet;

use serde_json::json;
use zapgres_sandbox::SandboxOptions;

use crate::client::{start, start_with, to_ana};
use crate::receiver::Receiver;

#[tokio::test]
async fn a_created_instance_shows_a_code_and_works_once_it_is_scanned() {
    let sandbox = start_with(SandboxOptions {
        api_key: Some("key".to_owned()),
        instances: Some(BTreeSet::new()),
        ..Default::default()
    });
    let body = json!({
        "instanceName": "nova", "integration": "WHATSAPP-BAILEYS", "token": "só-dela", "qrcode": true,
    });
    let created = sandbox.post("/instance/create", &body).await;
    assert_eq!(
        (created.status, &created.json()["hash"]),
        (201, &json!("só-dela"))
    );
    assert!(created.json()["qrcode"]["code"].is_string());
    let refused = sandbox.post("/message/sendText/nova", &to_ana("oi")).await;
    assert_eq!(refused.status, 400);
    sandbox
        .post("/sandbox/connections/evolution/nova/scan", &json!({}))
        .await;
    assert_eq!(
        sandbox
            .post("/message/sendText/nova", &to_ana("oi"))
            .await
            .status,
        201
    );
    let rows = sandbox
        .get("/instance/fetchInstances?instanceName=nova")
        .await
        .json();
    assert_eq!(
        (&rows[0]["name"], &rows[0]["connectionStatus"]),
        (&json!("nova"), &json!("open"))
    );
    assert!(
        rows[0]["ownerJid"]
            .as_str()
            .unwrap()
            .ends_with("@s.whatsapp.net")
    );
    let again = sandbox.post("/instance/create", &body).await;
    assert_eq!(
        (again.status, &again.json()["response"]["message"]),
        (403, &json!(["This name \"nova\" is already in use."]))
    );
}

#[tokio::test]
async fn an_instances_token_opens_that_instance_alone() {
    let sandbox = start_with(SandboxOptions {
        api_key: Some("key".to_owned()),
        instances: Some(BTreeSet::from(["loja".to_owned()])),
        ..Default::default()
    });
    let body = json!({"instanceName": "nova", "integration": "EVOLUTION", "token": "dela"});
    sandbox.post("/instance/create", &body).await;
    for (instance, status) in [("nova", 200), ("loja", 401)] {
        let path = format!("/instance/connectionState/{instance}");
        let answer = sandbox
            .request("GET", &path, &[("apikey", "dela")], "")
            .await;
        assert_eq!(answer.status, status, "{instance}");
    }
}

#[tokio::test]
async fn a_deleted_instance_exists_no_longer() {
    let (sandbox, receiver) = (
        start_with(SandboxOptions {
            instances: Some(BTreeSet::from(["loja".to_owned()])),
            ..Default::default()
        }),
        Receiver::start().await,
    );
    let webhook = json!({"webhook": {"enabled": true, "url": receiver.url()}});
    sandbox.post("/webhook/set/loja", &webhook).await;
    assert_eq!(
        sandbox
            .delete_with_key("/instance/delete/loja")
            .await
            .status,
        400
    );
    sandbox.delete_with_key("/instance/logout/loja").await;
    assert_eq!(
        sandbox
            .delete_with_key("/instance/delete/loja")
            .await
            .status,
        200
    );
    assert_eq!(sandbox.send("oi").await.status, 404);
}

#[tokio::test]
async fn what_creating_needs_is_named() {
    let sandbox = start();
    for (body, message) in [
        (
            json!({}),
            json!([["instance requires property \"instanceName\""]]),
        ),
        (
            json!({"instanceName": "nova"}),
            json!(["Invalid integration"]),
        ),
    ] {
        let refused = sandbox.post("/instance/create", &body).await;
        assert_eq!(refused.status, 400);
        assert_eq!(refused.json()["response"]["message"], message);
    }
}
