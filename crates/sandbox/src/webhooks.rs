//! Webhooks: who is told what, and when.

mod client;
mod delivery;
mod handshake;
mod registration;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};

use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use serde_json::Value;

pub(crate) use self::registration::{Receipt, Webhook};

use self::delivery::Deliveries;
use crate::connections::ConnectionState;
use crate::inbound::Inbound;
use crate::messages::{Failure, Message};
use crate::provider::Provider;
use crate::state::SandboxState;

/// In the place of an instance's name: all those of the provider that have no webhook of their own.
pub(crate) const EVERY_INSTANCE: &str = "*";

/// What a webhook tells.
#[derive(Clone)]
pub(crate) enum Event {
    /// A message was accepted.
    Sent(Arc<Message>),
    /// A message got further.
    Receipt(Arc<Message>, Receipt),
    /// A message that was accepted could not be delivered.
    Failed(Arc<Message>, Failure),
    /// A customer wrote, or somebody on the company's own phone.
    Inbound(Arc<Inbound>),
    /// The instance's connection changed.
    Connection(ConnectionState),
    /// A QR code to scan.
    Code(String),
}

/// The webhooks registered, and what is on its way to them.
#[derive(Default)]
pub(crate) struct Webhooks {
    registered: RwLock<BTreeMap<Provider, BTreeMap<String, Arc<Webhook>>>>,
    /// Whether there are any: all that a send looks at when there are none.
    any: AtomicBool,
    deliveries: Deliveries,
}

impl Webhooks {
    /// The webhook of an instance, or else the one for [`EVERY_INSTANCE`].
    pub(crate) fn of(&self, provider: Provider, instance: &str) -> Option<Arc<Webhook>> {
        if !self.any.load(Ordering::Acquire) {
            return None;
        }
        let registered = self
            .registered
            .read()
            .unwrap_or_else(PoisonError::into_inner);
        let of_provider = registered.get(&provider)?;
        let own = of_provider.get(instance);
        own.or_else(|| of_provider.get(EVERY_INSTANCE)).cloned()
    }

    /// Registers the webhook of an instance, in place of the one before.
    pub(crate) fn register(&self, provider: Provider, instance: &str, webhook: Webhook) {
        let mut registered = self
            .registered
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let of_provider = registered.entry(provider).or_default();
        of_provider.insert(instance.to_owned(), Arc::new(webhook));
        self.any.store(true, Ordering::Release);
    }

    /// Asks the receiver of a webhook for its token, when there is one.
    ///
    /// # Errors
    /// One line that says what it answered instead.
    pub(crate) async fn verify(&self, webhook: &Webhook) -> Result<(), String> {
        match &webhook.verify_token {
            None => Ok(()),
            Some(token) => handshake::perform(self.deliveries.client(), webhook, token).await,
        }
    }

    /// Ends the webhook of an instance; whether there was one.
    pub(crate) fn remove(&self, provider: Provider, instance: &str) -> bool {
        let mut registered = self
            .registered
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        let of_provider = registered.get_mut(&provider);
        of_provider.is_some_and(|known| known.remove(instance).is_some())
    }

    /// The figures for `/sandbox/stats`.
    pub(crate) fn counts(&self) -> Value {
        self.deliveries.counts()
    }
}

/// Tells of an accepted message and, as if time had passed, of its receipts, or of its failure.
pub(crate) fn announce_sent(
    state: &Arc<SandboxState>,
    message: &Arc<Message>,
    failure: Option<Failure>,
) {
    let Some(webhook) = state.webhooks.of(message.provider, &message.instance) else {
        return;
    };
    let receipt = |receipt: &Receipt| Event::Receipt(Arc::clone(message), *receipt);
    let mut events: Vec<Event> = match failure {
        Some(failure) => vec![Event::Failed(Arc::clone(message), failure)],
        None => webhook.receipts.iter().map(receipt).collect(),
    };
    if webhook.shuffle {
        // The same in every run: a test that fails can be repeated.
        events.shuffle(&mut StdRng::seed_from_u64(message.sequence));
    }
    events.insert(0, Event::Sent(Arc::clone(message)));
    delivery::start(state, message.provider, &message.instance, webhook, events);
}

/// Tells of events, when somebody wants to know; whether somebody does.
pub(crate) fn announce(
    state: &Arc<SandboxState>,
    provider: Provider,
    instance: &str,
    events: Vec<Event>,
) -> bool {
    let webhook = state.webhooks.of(provider, instance);
    let known = webhook.is_some();
    if let Some(webhook) = webhook {
        delivery::start(state, provider, instance, webhook, events);
    }
    known
}
