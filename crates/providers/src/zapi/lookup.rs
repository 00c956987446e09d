//! Which numbers are on WhatsApp (`POST /phone-exists-batch`).

use serde::Deserialize;
use serde_json::Value;
use zapgres_core::error_class::SendError;
use zapgres_core::phone::PhoneNumber;

use super::answer;
use crate::channel::ChannelAddress;
use crate::exchange::Answer;
use crate::provider::Lookup;

/// Z-API takes 50,000; this many answers stay well below the cap of an answer.
pub(super) const NUMBERS_PER_QUESTION: usize = 200;

/// What is known of a number. `GET /phone-exists` calls the second number `phone`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Known {
    /// A text in some answers.
    exists: Value,
    input_phone: Option<String>,
    /// With its ninth digit or without it, as the account has it.
    #[serde(alias = "phone")]
    output_phone: Option<String>,
    lid: Option<String>,
}

/// One answer for each number. The documentation has an array; servers that were seen give an object for a single number.
pub(super) fn judge(
    answer: &Answer,
    numbers: &[PhoneNumber],
    channel: &ChannelAddress,
) -> Result<Vec<Lookup>, SendError> {
    let body = answer::read(answer, channel).map_err(SendError::of_question)?;
    Ok(among(&body, numbers))
}

fn among(body: &Value, numbers: &[PhoneNumber]) -> Vec<Lookup> {
    let entries = match body {
        Value::Array(entries) => entries.as_slice(),
        single => std::slice::from_ref(single),
    };
    let known: Vec<Known> = entries
        .iter()
        .filter_map(|entry| Known::deserialize(entry).ok())
        .collect();
    let only = match (known.as_slice(), numbers) {
        ([only], [_]) => Some(only),
        _ => None,
    };
    numbers
        .iter()
        .map(|number| {
            let own = known.iter().find(|known| known.is_about(number));
            own.or(only)
                .map_or(Lookup::CannotTell, |known| known.lookup(number))
        })
        .collect()
}

impl Known {
    fn is_about(&self, number: &PhoneNumber) -> bool {
        let asked = self.input_phone.as_deref();
        asked.is_some_and(|asked| asked.trim_start_matches('+') == number.digits())
    }

    fn lookup(&self, number: &PhoneNumber) -> Lookup {
        match answer::truth(&self.exists) {
            Some(true) => Lookup::Exists {
                address: given(self.output_phone.as_deref())
                    .unwrap_or_else(|| number.digits().to_owned()),
                aliases: given(self.lid.as_deref()).into_iter().collect(),
            },
            Some(false) => Lookup::Absent,
            None => Lookup::CannotTell,
        }
    }
}

fn given(text: Option<&str>) -> Option<String> {
    text.filter(|text| !text.is_empty()).map(str::to_owned)
}
