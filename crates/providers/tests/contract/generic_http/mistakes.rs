//! Options that cannot be used, noticed when the channel is made and not when something is to be sent.

use serde_json::{Value, json};

use super::channel;
use crate::SECRET;

/// The one line that an operator reads.
fn refused(options: &Value) -> String {
    let error = channel("https://sms.example/v1", options).err();
    let text = error
        .unwrap_or_else(|| panic!("{options} is usable"))
        .to_string();
    assert!(
        !text.contains(SECRET) && !text.contains("loja-account"),
        "{text}"
    );
    assert!(!text.contains('\n'), "{text}");
    text
}

/// A mistake in a template names the option, the line and what is wrong there.
#[test]
fn a_template_that_cannot_work_is_an_error_of_its_option() {
    let cases = [
        (
            json!({"body": "{\n\"to\": \"{{ para }}\"}"}),
            "option body: line 2: undefined value: para",
        ),
        (
            json!({"body": "{{ secrets.token }}"}),
            "option body: line 1: undefined value",
        ),
        (
            json!({"body": "{{ payload.url }}"}),
            "option body: line 1: undefined value",
        ),
        (
            json!({"body": "{{ text "}),
            "option body: line 1: syntax error",
        ),
        (
            json!({"body": "{{ text | loud }}"}),
            "option body: line 1: unknown filter",
        ),
        (
            json!({"headers": {"X-To": "{{ too }}"}}),
            "option headers.X-To: line 1: undefined value: too",
        ),
        (
            json!({"headers": {"X-Text": "{{ text }}"}}),
            "option headers.X-Text: gives no header",
        ),
        (
            json!({"headers": {"X To": "a"}}),
            "option headers.X To: gives no header",
        ),
        (
            json!({"query": {"to": "{{ digit }}"}}),
            "option query.to: line 1: undefined value: digit",
        ),
        (
            json!({"body": "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}"}),
            "option body: line 1: engine ran out of fuel",
        ),
    ];
    for (options, beginning) in cases {
        let text = refused(&options);
        assert!(text.starts_with(beginning), "{text} | {beginning}");
    }
}

/// A body that a quote in somebody's name would break is found before anybody of that name writes.
#[test]
fn a_json_body_that_a_text_would_break_is_refused() {
    for body in [
        "{\"text\": {{ text }}}",
        "text={{ text }}",
        "{\"text\": \"{{ text | safe }}\"}",
        "",
    ] {
        let text = refused(&json!({"body": body}));
        assert!(text.starts_with("option body: gives no JSON"), "{text}");
    }
    let plain = json!({"body": "text={{ text }}", "content_type": "text/plain"});
    assert!(channel("https://sms.example/v1", &plain).is_ok());
}

/// Every accepted kind is tried, not only text.
#[test]
fn a_template_has_to_work_for_every_accepted_kind() {
    let all = json!([
        "text", "template", "image", "document", "audio", "video", "sticker", "location",
        "contact", "reaction", "buttons", "list", "poll",
    ]);
    let whole = json!({"accepts": all, "body": "{\"kind\": \"{{ kind }}\", \"text\": \"{{ text }}\", \"m\": {{ payload }}}"});
    assert!(channel("https://sms.example/v1", &whole).is_ok());
    let picture = "{\"picture\": \"{{ payload.url }}\"}";
    assert!(
        channel(
            "https://sms.example/v1",
            &json!({"accepts": ["image"], "body": picture})
        )
        .is_ok()
    );
    let text = refused(&json!({"accepts": ["image", "text"], "body": picture}));
    assert!(
        text.starts_with("option body: line 1: undefined value"),
        "{text}"
    );
}

#[test]
fn options_that_are_not_known_or_make_no_sense_are_refused() {
    let cases = [
        (json!({"methode": "POST"}), "option methode: unknown field"),
        (
            json!({"content_type": "text/plain\n"}),
            "option content_type: is no type",
        ),
        (
            json!({"method": "DELETE"}),
            "option method: unknown variant",
        ),
        (
            json!({"accepts": ["fax"]}),
            "option accepts[0]: unknown variant",
        ),
        (json!({"accepts": []}), "option accepts: names no kind"),
        (
            json!({"ok_status": ["ok"]}),
            "option ok_status[0]: invalid type",
        ),
        (
            json!({"rejected_status": [404, 204]}),
            "option rejected_status: names a status that is a yes",
        ),
        (
            json!({"message_id": "id"}),
            "option message_id: a JSON pointer begins with /",
        ),
        (
            json!({"health_url": "sms.example/health"}),
            "option health_url: not a URL",
        ),
        (
            json!({"health_url": "file:///etc/passwd"}),
            "option health_url: not a URL",
        ),
        (
            json!({"method": "GET", "body": "{}"}),
            "option body: a GET has none",
        ),
    ];
    for (options, beginning) in cases {
        let text = refused(&options);
        assert!(text.starts_with(beginning), "{text} | {beginning}");
    }
}

#[test]
fn an_address_that_is_no_url_is_refused() {
    for base_url in ["", "sms.example/v1", "http://"] {
        let error = channel(base_url, &json!({})).err().expect("an error");
        assert!(error.to_string().contains("not a URL"), "{error}");
    }
}
