//! The time in which a company may write freely to a customer.

use chrono::TimeDelta;

use super::error::{Code, Refusal};
use super::recipient::Recipient;
use super::settings::Windows;
use crate::messages::{Failure, Kind};
use crate::provider::Provider;
use crate::state::SandboxState;
use crate::stats::Outcome;

/// How long a company may write freely after the customer wrote.
const WINDOW: TimeDelta = TimeDelta::hours(24);

/// Whether the customer's window admits the message; when it does not, what becomes of it.
pub(super) fn admit(
    state: &SandboxState,
    id: &str,
    recipient: &Recipient,
    kind: Kind,
) -> Result<Option<Failure>, Refusal> {
    let windows = state.meta.windows();
    if windows == Windows::Open || kind == Kind::Template {
        return Ok(None);
    }
    let last = state
        .last_inbound
        .of(Provider::Meta, id, &recipient.address);
    if last.is_some_and(|last| (state.clock)() - last < WINDOW) {
        return Ok(None);
    }
    let details = "Message failed to send because more than 24 hours have passed since the \
                   customer last replied to this number.";
    if windows == Windows::Asynchronous {
        return Ok(Some(Failure {
            code: Code::WindowClosed as u32,
        }));
    }
    Err(Refusal::new(Outcome::Refused, Code::WindowClosed, details))
}
