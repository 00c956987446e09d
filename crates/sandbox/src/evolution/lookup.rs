//! Questions: the server, numbers.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use serde_json::{Map, Value, json};

use super::address::{address_of, digits_of};
use super::answer::Refusal;
use super::request::{admit, read_body};
use super::schema::{Complaints, Field, List, Rule};
use crate::faults::Target;
use crate::options::EvolutionVersion;
use crate::provider::Provider;
use crate::sending::json_answer;
use crate::state::SandboxState;
use crate::stats::Outcome;

/// `GET /` of an Evolution server.
pub(crate) fn server_status(state: &SandboxState) -> Response {
    state.stats.count(Outcome::Answered);
    let version = match state.evolution_version {
        EvolutionVersion::V1 => "1.8.2",
        EvolutionVersion::V2 => "2.3.6",
    };
    json_answer(
        StatusCode::OK,
        &json!({
            "status": 200,
            "message": "Welcome to the Evolution API, it is working!",
            "version": version,
            "clientName": "zapgres_sandbox",
            "documentation": "https://doc.evolution-api.com",
        }),
    )
}

/// `POST /chat/whatsappNumbers/{instance}`. Its schema errors come without the `response` that
/// wraps all others.
pub(super) async fn whatsapp_numbers(
    State(state): State<Arc<SandboxState>>,
    Path(instance): Path<String>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    let admitted = read_body(&headers, body)
        .and_then(|fields| admit(&state, &headers, &instance).map(|()| fields));
    let fields = match admitted {
        Ok(fields) => fields,
        Err(refusal) => return refusal.counted(&state),
    };
    match numbers(&fields) {
        Ok(numbers) => {
            state.stats.count(Outcome::Answered);
            let found: Vec<Value> = numbers
                .iter()
                .map(|number| look_up(&state, &instance, number))
                .collect();
            json_answer(StatusCode::OK, &Value::Array(found))
        }
        Err(complaints) => Refusal::schema(complaints).counted_bare(&state),
    }
}

const NUMBERS: Field = Field::new(
    "numbers",
    Rule::List(&List {
        shortest: 1,
        longest: usize::MAX,
        item: Field::described(
            "number",
            Rule::Text,
            "\"numbers\" must be an array of numeric strings",
        ),
    }),
);

fn numbers(fields: &Map<String, Value>) -> Result<Vec<String>, Vec<String>> {
    let mut complaints = Complaints::default();
    complaints.fields(&[NUMBERS], fields);
    complaints.required(&["numbers"], fields);
    complaints.end()?;
    let numbers = fields.get("numbers").and_then(Value::as_array);
    let numbers = numbers.into_iter().flatten().filter_map(Value::as_str);
    Ok(numbers.map(str::to_owned).collect())
}

fn look_up(state: &SandboxState, instance: &str, number: &str) -> Value {
    let address = address_of(number);
    let hidden = state.faults.hides(Target {
        provider: Provider::Evolution,
        instance,
        address: &address,
    });
    let exists = !hidden && can_exist(&address);
    json!({"jid": address, "exists": exists, "number": number})
}

/// Whether anybody could have this address: E.164 has at most 15 digits, and no country's numbers
/// with their code have fewer than 8.
pub(crate) fn can_exist(address: &str) -> bool {
    !address.ends_with("@s.whatsapp.net") || (8..=15).contains(&digits_of(address).len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_an_array_of_different_strings() {
        let check = |body: Value| numbers(body.as_object().unwrap());
        assert_eq!(
            check(json!({"numbers": ["55", "56"]})).unwrap(),
            ["55", "56"]
        );
        for (body, complaint) in [
            (json!({"numbers": "55"}), "numbers is not of type(s) array"),
            (
                json!({"numbers": []}),
                "numbers does not meet minimum length of 1",
            ),
            (
                json!({"numbers": ["55", "55"]}),
                "numbers contains duplicate item",
            ),
            (
                json!({"numbers": [55]}),
                "\"numbers\" must be an array of numeric strings",
            ),
        ] {
            assert_eq!(check(body).unwrap_err(), [complaint]);
        }
    }
}
