//! What each provider makes of every answer that its contract knows, and of none.

mod addresses;
mod evolution;
mod files;
mod generic_http;
mod megaapi;
mod meta;
mod odd_texts;
mod server;
mod waha;
mod zapi;

use std::cell::Cell;
use std::collections::BTreeSet;
use std::time::Duration;

use secrecy::SecretString;
use serde_json::json;
use zapgres_core::message::{MessageBody, MessageKind};
use zapgres_core::recipient::Recipient;
use zapgres_providers::{
    ChannelAddress, Http, Options, OutgoingMessage, Registered, Secrets, ShapeError, Webhook,
    names, provider_named, providers, registered,
};

const SECRET: &str = "B6D711FC-DE4D-4FD5-9365-44120E713976";

thread_local! {
    /// Long enough for every answer that comes, on any machine. Each test has a thread of its own.
    static SEND_TIMEOUT: Cell<Duration> = const { Cell::new(Duration::from_secs(30)) };
}

/// A client that may talk to this machine.
fn http() -> Http {
    let send_timeout = SEND_TIMEOUT.get();
    Http::new(send_timeout, "127.0.0.0/8".parse().expect("a network"))
}

/// From here on the test waits for answers that never come.
fn expect_silence() {
    SEND_TIMEOUT.set(Duration::from_secs(2));
}

/// A channel at `base_url`.
fn address(base_url: &str) -> ChannelAddress {
    ChannelAddress {
        base_url: base_url.to_owned(),
        instance: "loja1".to_owned(),
        credential: SecretString::from(SECRET),
        secrets: Secrets::default(),
        options: Options::default(),
    }
}

fn phone(number: &str) -> Recipient {
    Recipient::parse("phone", number).expect("a number")
}

/// P1: a channel names its provider; one that is not there is an error that lists those that are.
#[test]
fn providers_are_found_by_name() {
    for name in names() {
        let provider = provider_named(name, address("http://127.0.0.1:1"), http());
        if let Ok(provider) = provider {
            assert_eq!(provider.name(), name);
        }
    }
    let error = provider_named("evolucion", address(""), http())
        .err()
        .expect("none");
    assert_eq!(
        error.to_string(),
        format!(
            "there is no provider \"evolucion\"; known: {}",
            names().join(", ")
        )
    );
}

#[test]
fn nothing_private_is_shown_by_debug() {
    let message = OutgoingMessage::new(phone("11987654321"), MessageBody::text("Olá, Ana!"));
    let address = address("http://127.0.0.1:1");
    let shown = format!("{message:?} {address:?}");
    for private in ["Ana", "98765", SECRET] {
        assert!(!shown.contains(private), "{shown}");
    }
}

/// P1: the documentation's table of kinds is what the providers say.
#[test]
fn the_documented_kinds_are_those_that_providers_have() {
    let document = include_str!("../../../../docs/PROVIDERS.md");
    let cells = |line: &'static str| -> Vec<&'static str> {
        line.trim_matches('|').split('|').map(str::trim).collect()
    };
    let mut lines = document.lines().filter(|line| line.starts_with("| "));
    let heading = cells(lines.next().expect("a heading"));
    assert_eq!(heading[2..], names());
    let mut documented: Vec<Vec<&str>> = vec![Vec::new(); names().len()];
    for row in lines.by_ref().take(MessageKind::ALL.len()).map(cells) {
        for (kinds, cell) in documented.iter_mut().zip(&row[2..]) {
            if *cell == "yes" {
                kinds.push(row[0]);
            }
        }
    }
    for (name, documented) in names().into_iter().zip(documented) {
        let channel = ChannelAddress {
            options: options_of(name),
            ..address("http://127.0.0.1:1")
        };
        let provider = provider_named(name, channel, http()).expect("a provider");
        let has: Vec<&str> = provider.kinds().iter().map(|kind| kind.as_str()).collect();
        assert_eq!(documented, has, "{name}");
    }
}

/// C1: each provider's chapter of the documentation names the secrets that prove its deliveries, and those of no other.
#[test]
fn the_documented_secrets_are_those_of_their_provider() {
    let document = include_str!("../../../../docs/PROVIDERS.md");
    let all: BTreeSet<&str> = providers().iter().flat_map(secret_names).copied().collect();
    for provider in providers() {
        let command = format!("--provider {} ", provider.name);
        let mut chapters = document.split("\n## ");
        let chapter = chapters
            .find(|chapter| chapter.contains(&command))
            .expect("a chapter");
        for secret in &all {
            let named = chapter.contains(&format!("--secret {secret}"));
            let own = secret_names(provider).contains(secret);
            assert_eq!(named, own, "{}: {secret}", provider.name);
        }
    }
}

/// C1: a delivery that tells of more than any does is none: strangers may post it.
#[test]
fn a_delivery_tells_of_so_many_things_at_most() {
    type Body = fn(usize) -> serde_json::Value;
    let bodies: [(&str, Body); 5] = [
        (
            "meta",
            |count| json!({"object": "whatsapp_business_account", "entry": [{"changes": vec![json!({}); count]}]}),
        ),
        ("meta", |count| {
            json!({"object": "whatsapp_business_account", "entry": [{"changes": [{"value": {
                "statuses": vec![json!({"id": "wamid.S", "status": "sent"}); count],
            }}]}]})
        }),
        (
            "evolution",
            |count| json!({"event": "messages.update", "data": vec![json!(null); count]}),
        ),
        (
            "zapi",
            |count| json!({"type": "MessageStatusCallback", "status": "SENT", "ids": vec!["A"; count]}),
        ),
        ("http", |count| {
            json!(vec![json!({"message_id": 1, "status": "sent"}); count])
        }),
    ];
    for (name, body) in bodies {
        let webhook = registered(name)
            .expect("a provider")
            .webhook
            .expect("it delivers");
        let told = |count| webhook.read(body(count).to_string().as_bytes());
        assert_eq!(told(10_000).map(|told| told.len()), Ok(10_000), "{name}");
        assert_eq!(told(10_001), Err(ShapeError::WrongShape), "{name}");
    }
}

/// C1: a secret that a provider does not know would prove nothing: it is refused when a channel is added.
#[test]
fn misspelt_secrets_are_refused_and_those_that_prove_deliveries_are_not() {
    for provider in providers() {
        let own = secret_names(provider).iter().copied();
        assert_eq!(provider.check_secrets(own), Ok(()), "{}", provider.name);
        let misspelt = provider.check_secrets(["app_secert"]);
        assert_eq!(misspelt.is_err(), provider.name != "http");
    }
    let error = registered("meta").and_then(|meta| meta.check_secrets(["app_secert"]));
    let text = error.expect_err("misspelt").to_string();
    let expected = "meta knows no secret app_secert; known: app_secret, verify_token";
    assert_eq!(text, expected);
}

fn secret_names(provider: &Registered) -> &'static [&'static str] {
    provider.webhook.map_or(&[], Webhook::secret_names)
}

/// What a channel of the provider cannot do without.
fn options_of(name: &str) -> Options {
    let options = match name {
        "http" => serde_json::json!({"body": {"text": "{{ text }}"}}),
        _ => serde_json::json!({}),
    };
    Options(options.as_object().cloned().unwrap_or_default())
}
