//! One fault as it is ordered: its JSON, and what is wrong with it.

use std::collections::BTreeMap;
use std::num::NonZeroU64;

use axum::http::header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING};
use axum::http::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::Target;
use crate::evolution::address_of;
use crate::provider::Provider;

/// A delay longer than this is a slip of the pen.
const DELAY_LIMIT_MS: u64 = 600_000;

/// A fault: what happens, to whom, how often.
pub(super) struct Fault {
    pub(super) kind: FaultKind,
    filter: Filter,
    /// Address of the recipient in the filter.
    address: Option<String>,
    pub(super) times: Option<NonZeroU64>,
}

/// What happens.
#[derive(Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub(super) enum FaultKind {
    Status(StatusAnswer),
    Delay {
        ms: u64,
    },
    DropBefore {},
    DropAfter {},
    RateLimit {
        limit: u64,
        window_ms: u64,
    },
    FailLater {
        #[serde(default = "undeliverable")]
        code: u32,
    },
    NotOnWhatsapp {},
    NoHistory {},
}

/// Meta's code of a message that cannot be delivered.
fn undeliverable() -> u32 {
    131_026
}

/// The answer of a `status` fault.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatusAnswer {
    pub(crate) code: u16,
    /// A string is sent as it is, anything else as JSON; without it the provider's envelope is sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<Value>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) headers: BTreeMap<String, String>,
}

#[derive(Deserialize, Serialize)]
struct Filter {
    #[serde(skip_serializing_if = "Option::is_none")]
    provider: Option<Provider>,
    #[serde(skip_serializing_if = "Option::is_none")]
    instance: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<NonZeroU64>,
}

/// Reads one fault or an array of them.
pub(super) fn parse(body: &[u8]) -> Result<Vec<Fault>, String> {
    let json = serde_json::from_slice(body).map_err(|error| format!("not JSON: {error}"))?;
    match json {
        Value::Array(faults) => faults
            .into_iter()
            .enumerate()
            .map(|(position, fault)| {
                Fault::parse(fault).map_err(|error| format!("fault {}: {error}", position + 1))
            })
            .collect(),
        fault => Fault::parse(fault).map(|fault| vec![fault]),
    }
}

impl Fault {
    fn parse(json: Value) -> Result<Self, String> {
        let Value::Object(mut kind) = json else {
            return Err(r#"a fault is an object such as {"kind":"drop_before"}"#.to_owned());
        };
        if !kind.contains_key("kind") {
            return Err(r#"a fault needs a "kind", for example {"kind":"drop_before"}"#.to_owned());
        }
        let filter: Map<_, _> = ["provider", "instance", "recipient", "times"]
            .into_iter()
            .filter_map(|name| kind.remove_entry(name))
            .collect();
        let filter: Filter = read(filter)?;
        let kind: FaultKind = read(kind)?;
        kind.check()?;
        let address = filter
            .recipient
            .as_deref()
            .map(checked_address)
            .transpose()?;
        Ok(Self {
            kind,
            times: filter.times,
            address,
            filter,
        })
    }

    /// Whether the filters let it act on this request.
    pub(super) fn matches(&self, target: Target<'_>) -> bool {
        self.is_for(target.provider, target.instance)
            && self
                .address
                .as_deref()
                .is_none_or(|address| address == target.address)
    }

    /// Whether the filters let it act on this instance.
    pub(super) fn is_for(&self, provider: Provider, instance: &str) -> bool {
        let wanted = self.filter.instance.as_deref();
        wanted.is_none_or(|wanted| wanted == instance)
            && self.filter.provider.is_none_or(|wanted| wanted == provider)
    }

    /// The fault as it was ordered.
    pub(super) fn to_json(&self) -> Value {
        let mut json = serde_json::to_value(&self.kind).unwrap_or_default();
        let filter = serde_json::to_value(&self.filter).unwrap_or_default();
        if let (Some(json), Value::Object(filter)) = (json.as_object_mut(), filter) {
            json.extend(filter);
        }
        json
    }
}

fn read<T: serde::de::DeserializeOwned>(fields: Map<String, Value>) -> Result<T, String> {
    serde_json::from_value(Value::Object(fields)).map_err(|error| error.to_string())
}

fn checked_address(recipient: &str) -> Result<String, String> {
    if recipient.bytes().any(|byte| byte.is_ascii_digit()) {
        return Ok(address_of(recipient));
    }
    Err(format!(
        "\"recipient\" must be a number with its country code, not {recipient:?}"
    ))
}

impl FaultKind {
    fn check(&self) -> Result<(), String> {
        match self {
            Self::Status(answer) => answer.check(),
            Self::Delay { ms } if *ms > DELAY_LIMIT_MS => Err(format!(
                "\"ms\" is {ms}, more than {DELAY_LIMIT_MS} (ten minutes)"
            )),
            Self::RateLimit { window_ms: 0, .. } => {
                Err("\"window_ms\" must be at least 1".to_owned())
            }
            _ => Ok(()),
        }
    }
}

impl StatusAnswer {
    fn check(&self) -> Result<(), String> {
        if !(200..=599).contains(&self.code) {
            return Err(format!(
                "\"code\" is {}, no final HTTP status (200-599)",
                self.code
            ));
        }
        for (name, value) in &self.headers {
            let known = HeaderName::try_from(name)
                .ok()
                .filter(|_| HeaderValue::try_from(value).is_ok());
            let Some(name) = known else {
                return Err(format!("\"headers\": {name:?} is no valid HTTP header"));
            };
            if [CONTENT_LENGTH, TRANSFER_ENCODING, CONNECTION].contains(&name) {
                return Err(format!(
                    "\"headers\": {name} is the server's own; leave it out"
                ));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refusal(json: &str) -> String {
        let line = parse(json.as_bytes()).err().unwrap();
        assert!(!line.contains('\n'), "{line}");
        line
    }

    #[test]
    fn every_kind_is_listed_as_it_was_ordered() {
        for json in [
            r#"{"kind":"status","code":503}"#,
            r#"{"kind":"status","code":502,"body":"<h1>x</h1>","headers":{"Content-Type":"a/b"}}"#,
            r#"{"kind":"status","code":400,"body":{"a":[1]},"times":3}"#,
            r#"{"kind":"delay","ms":1500,"instance":"loja"}"#,
            r#"{"kind":"drop_before","recipient":"5511987654321"}"#,
            r#"{"kind":"drop_after"}"#,
            r#"{"kind":"rate_limit","limit":5,"window_ms":1000}"#,
            r#"{"kind":"fail_later","code":131047}"#,
            r#"{"kind":"not_on_whatsapp"}"#,
            r#"{"kind":"no_history","instance":"loja"}"#,
            r#"{"kind":"drop_before","provider":"evolution"}"#,
        ] {
            let faults = parse(json.as_bytes()).unwrap();
            assert_eq!(
                faults[0].to_json(),
                serde_json::from_str::<Value>(json).unwrap()
            );
        }
    }

    #[test]
    fn a_malformed_fault_is_one_line_that_names_the_mistake() {
        for (json, expected) in [
            ("{", "not JSON: EOF"),
            ("7", "a fault is an object"),
            ("{}", "needs a \"kind\""),
            (
                r#"{"kind":"explode"}"#,
                "unknown variant `explode`, expected one of `status`",
            ),
            (r#"{"kind":"status"}"#, "missing field `code`"),
            (r#"{"kind":"status","code":99}"#, "\"code\" is 99"),
            (r#"{"kind":"status","code":101}"#, "\"code\" is 101"),
            (
                r#"{"kind":"status","code":500,"headers":{"a b":"c"}}"#,
                "\"a b\" is no valid",
            ),
            (
                r#"{"kind":"status","code":500,"headers":{"Connection":"close"}}"#,
                "connection is",
            ),
            (
                r#"{"kind":"status","code":500,"mode":1}"#,
                "unknown field `mode`",
            ),
            (r#"{"kind":"delay"}"#, "missing field `ms`"),
            (r#"{"kind":"delay","ms":-1}"#, "invalid value: integer `-1`"),
            (r#"{"kind":"delay","ms":600001}"#, "ten minutes"),
            (r#"{"kind":"drop_before","ms":1}"#, "unknown field `ms`"),
            (
                r#"{"kind":"rate_limit","limit":1,"window_ms":0}"#,
                "\"window_ms\" must be",
            ),
            (
                r#"{"kind":"drop_after","times":0}"#,
                "expected a nonzero u64",
            ),
            (r#"{"kind":"drop_after","recipient":"Ana"}"#, "not \"Ana\""),
            (
                r#"[{"kind":"drop_after"},{"kind":"delay"}]"#,
                "fault 2: missing field `ms`",
            ),
        ] {
            let line = refusal(json);
            assert!(line.contains(expected), "{json}: {line}");
        }
    }
}
