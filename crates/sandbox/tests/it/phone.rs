//! The page.

use crate::client::{Answer, start};

fn policy(answer: &Answer) -> &str {
    answer.header("content-security-policy").unwrap()
}

#[tokio::test]
async fn the_root_is_a_page_for_browsers_and_a_status_for_programs() {
    let sandbox = start();
    let browser = [("accept", "text/html,application/xhtml+xml,*/*;q=0.8")];
    let page = sandbox.request("GET", "/", &browser, "").await;
    assert_eq!((page.status, page.header("vary")), (200, Some("Accept")));
    assert_eq!(
        page.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    assert!(page.body.contains("<html lang=\"pt-BR\">"));
    assert!(page.body.contains("Nenhuma mensagem ainda…"));
    let status = sandbox.request("GET", "/", &[("accept", "*/*")], "").await;
    assert_eq!(
        status.json()["message"],
        "Welcome to the Evolution API, it is working!"
    );
    assert_eq!(status.json()["version"], "2.3.6");
}

#[tokio::test]
async fn the_page_loads_nothing_but_files_of_its_own() {
    let sandbox = start();
    let page = sandbox
        .request("GET", "/", &[("accept", "text/html")], "")
        .await;
    assert!(policy(&page).starts_with("default-src 'none'; script-src 'self'; style-src 'self';"));
    for forbidden in ["unsafe-inline", "unsafe-eval", "data:", "*"] {
        assert!(!policy(&page).contains(forbidden), "{forbidden}");
    }
    assert!(!page.body.contains("style=") && !page.body.contains("onclick"));
    let links = page
        .body
        .split(['"', '\n'])
        .filter(|part| part.starts_with("/sandbox/"));
    let mut found = 0;
    for link in links {
        let file = sandbox.get(link).await;
        assert_eq!(file.status, 200, "{link}");
        assert_eq!(
            file.header("x-content-type-options"),
            Some("nosniff"),
            "{link}"
        );
        found += 1;
    }
    assert!(found >= 3, "{found}");
    assert!(!page.body.contains("://"));
}

/// A message is text for the page, never markup.
#[tokio::test]
async fn the_scripts_write_text_only() {
    let sandbox = start();
    for path in ["/sandbox/phone.js", "/sandbox/formatting.js"] {
        let script = sandbox.get(path).await;
        assert_eq!(
            script.header("content-type"),
            Some("text/javascript; charset=utf-8")
        );
        for sink in [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
        ] {
            assert!(!script.body.contains(sink), "{path} uses {sink}");
        }
    }
}
