//! What can be said of a channel.

use serde_json::json;
use zapgres_providers::{provider_named, registered};

use super::channel;
use crate::http;

/// P1: a wrong option is named before anything is sent.
#[test]
fn options_are_known_or_named() {
    let result = |options| {
        provider_named("meta", channel("http://127.0.0.1:1", options), http())
            .map(|provider| provider.name())
            .map_err(|error| error.to_string())
    };
    for options in [
        json!({}),
        json!({"api_version": "v17.0", "link_media": true, "business_account_id": "1022"}),
        json!({"business_account_id": 102_290_129_340_398_u64}),
    ] {
        assert_eq!(result(options), Ok("meta"));
    }
    for (options, named) in [
        (
            json!({"api_version": "25"}),
            "option api_version: not a version",
        ),
        (
            json!({"api_version": "v25.0/x"}),
            "option api_version: not a version",
        ),
        (
            json!({"api_version": "v25"}),
            "option api_version: not a version",
        ),
        (
            json!({"business_account_id": "10/22"}),
            "option business_account_id: not an id",
        ),
        (
            json!({"link_media": "yes"}),
            "option link_media: invalid type",
        ),
        (json!({"token": "x"}), "unknown field `token`"),
    ] {
        let error = result(options).expect_err("wrong options");
        assert!(error.contains(named), "{error}");
    }
}

/// P7: who puts a secret or a number into the wrong place does not find it in the logs.
#[test]
fn the_value_of_a_wrong_option_is_not_repeated() {
    for (name, options) in [
        ("meta", json!({"link_media": "s3cr\"et"})),
        ("meta", json!({"link_media": ["s3cr\"et"]})),
        ("meta", json!({"api_version": 5_511_987_654_321_u64})),
        ("http", json!({"body": "{}", "method": "s3cr\"et"})),
        ("evolution", json!({"delay_ms": {"s": "s3cr\"et"}})),
        ("evolution", json!({"delay_ms": -5_511_987_654_321_i64})),
    ] {
        let address = channel("http://127.0.0.1:1", options);
        let error = provider_named(name, address, http())
            .err()
            .expect("a wrong option");
        let error = error.to_string();
        assert!(error.starts_with("option "), "{error}");
        assert!(
            !error.contains("s3cr") && !error.contains("987654321"),
            "{error}"
        );
    }
}

#[test]
fn the_address_is_the_same_for_everybody() {
    let meta = registered("meta").expect("meta is there");
    assert_eq!(meta.base_url, Some("https://graph.facebook.com"));
}
