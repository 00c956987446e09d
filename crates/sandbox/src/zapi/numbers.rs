//! Which numbers are on WhatsApp.

use serde_json::{Value, json};

use super::{ZAPI, answer, phone};
use crate::call::{Call, Refusal};
use crate::evolution::can_exist;
use crate::faults::Target;
use crate::fields::texts;
use crate::state::SandboxState;

/// Numbers that can be asked at once.
const LIMIT: usize = 50_000;

/// `GET /phone-exists/{phone}`.
pub(super) fn one(state: &SandboxState, instance: &str, number: &str) -> Value {
    let (exists, registered) = look_up(state, instance, number);
    json!([{"exists": exists, "phone": registered, "lid": null}])
}

/// `POST /phone-exists-batch`: `outputPhone` has the ninth digit or not, as the account has it.
pub(super) fn batch(call: &Call, instance: &str) -> Result<Value, Refusal> {
    let body = Value::Object(answer::fields(call)?);
    let numbers = texts(&body["phones"]);
    if numbers.is_empty() || numbers.len() > LIMIT {
        return Err(answer::invalid("phones is required"));
    }
    let rows = numbers.iter().map(|number| {
        let (exists, registered) = look_up(&call.state, instance, number);
        json!({"exists": exists, "inputPhone": number, "outputPhone": registered, "lid": null})
    });
    Ok(rows.collect())
}

fn look_up(state: &SandboxState, instance: &str, number: &str) -> (bool, Option<String>) {
    let address = phone::address(number);
    let hidden = state.faults.hides(Target {
        provider: ZAPI,
        instance,
        address: &address,
    });
    let exists = !hidden && can_exist(&address);
    (exists, exists.then(|| phone::spelled(&address)))
}
