//! Meta's media.

use serde_json::json;

use crate::client::{Answer, Running, start};
use crate::meta::{code, to_ana};

async fn upload(sandbox: &Running, mime_type: &str, content: &str) -> Answer {
    let form = format!(
        "--x\r\nContent-Disposition: form-data; name=\"messaging_product\"\r\n\r\nwhatsapp\r\n\
         --x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a\"\r\n\
         Content-Type: {mime_type}\r\n\r\n{content}\r\n--x--\r\n"
    );
    let headers = [
        ("authorization", "Bearer token"),
        ("content-type", "multipart/form-data; boundary=x"),
    ];
    sandbox
        .request("POST", "/v23.0/123/media", &headers, &form)
        .await
}

#[tokio::test]
async fn uploaded_media_is_described_downloaded_sent_and_deleted() {
    let sandbox = start();
    let uploaded = upload(&sandbox, "image/jpeg", "ABC").await;
    assert_eq!(uploaded.status, 200, "{}", uploaded.body);
    let id = uploaded.json()["id"].as_str().unwrap().to_owned();
    let path = format!("/v23.0/{id}");
    let described = sandbox.graph("GET", &path, &json!({})).await.json();
    assert_eq!(
        (&described["mime_type"], &described["file_size"]),
        (&json!("image/jpeg"), &json!(3))
    );
    let url = described["url"].as_str().unwrap();
    let local = url
        .strip_prefix(&format!("http://{}", sandbox.address))
        .unwrap();
    assert_eq!(sandbox.graph("GET", local, &json!({})).await.body, "ABC");
    assert_eq!(sandbox.request("GET", local, &[], "").await.status, 401);
    let image = to_ana("image", json!({"id": id}));
    assert_eq!(sandbox.meta(&image).await.status, 200);
    let deleted = sandbox.graph("DELETE", &path, &json!({})).await;
    assert_eq!(deleted.json(), json!({"success": true}));
    assert_eq!(code(&sandbox.meta(&image).await), (400, 131_009));
    assert_eq!(
        code(&sandbox.graph("DELETE", &path, &json!({})).await),
        (400, 100)
    );
}

#[tokio::test]
async fn files_of_other_types_or_too_large_are_refused() {
    let sandbox = start();
    for (mime_type, bytes) in [("image/gif", 3), ("image/png", 5 * 1024 * 1024 + 1)] {
        let refused = upload(&sandbox, mime_type, &"A".repeat(bytes)).await;
        assert_eq!(code(&refused), (400, 131_053), "{mime_type}");
    }
}

#[tokio::test]
async fn a_phone_number_is_described_by_the_fields_asked_for() {
    let sandbox = start();
    let path = "/v23.0/123?fields=quality_rating,display_phone_number";
    let number = sandbox.graph("GET", path, &json!({})).await.json();
    assert_eq!(number.as_object().unwrap().len(), 3);
    assert_eq!(number["quality_rating"], "GREEN");
    let unknown = sandbox
        .graph("GET", "/v23.0/123?fields=mood", &json!({}))
        .await;
    assert_eq!(code(&unknown), (400, 100));
    let subscribed = sandbox
        .graph("POST", "/v23.0/2123/subscribed_apps", &json!({}))
        .await;
    assert_eq!(subscribed.json(), json!({"success": true}));
}
