//! A batch of deliveries: read, and what they tell written.

use std::collections::{BTreeSet, HashSet};

use chrono::{DateTime, Utc};
use deadpool_postgres::GenericClient;
use zapgres_core::receipt::{Failure, Kind};
use zapgres_providers::{Event as Said, Receipt, ReceiptStatus, registered};

use super::claim::{Channel, Event};
use super::conclude::{self, Verdict};
use super::history::{self, Received};
use super::receipts::{Fate, Told, fold};
use super::{apply, connection, find};
use crate::metrics::Conclusion;
use crate::run::daemon::{KnownDatabase, MESSAGE_ID_CAP_BYTES};
use crate::run::reference;

/// What a batch of deliveries tells.
pub(super) struct Batch {
    receipts: Vec<Told>,
    messages: Vec<Received>,
    connections: BTreeSet<i64>,
    /// Places of deliveries that nobody can read, or whose channel is gone.
    unmatched: HashSet<usize>,
    database: KnownDatabase,
}

/// What was done.
#[derive(Debug, Default)]
pub(super) struct Worked {
    pub conclusions: Vec<(Conclusion, u64)>,
    /// Channels with notifications that are sent again.
    pub requeued: BTreeSet<i64>,
}

impl Batch {
    /// Takes deliveries apart.
    pub(super) fn read(events: &[Event], database: KnownDatabase) -> Self {
        let mut batch = Self {
            receipts: Vec::new(),
            messages: Vec::new(),
            connections: BTreeSet::new(),
            unmatched: HashSet::new(),
            database,
        };
        for (place, event) in events.iter().enumerate() {
            if !batch.add(place, event) {
                batch.unmatched.insert(place);
            }
        }
        batch
    }

    /// False: nobody can read it, or its channel is gone.
    fn add(&mut self, place: usize, event: &Event) -> bool {
        let webhook = registered(&event.provider).ok().and_then(|one| one.webhook);
        let (Some(webhook), Some(channel)) = (webhook, &event.channel) else {
            return false;
        };
        let Ok(told) = webhook.read(&event.payload) else {
            return false;
        };
        for one in told {
            let instance = one.instance.as_deref();
            if instance.is_some_and(|instance| instance != channel.instance) {
                continue;
            }
            match one.event {
                Said::Receipt(receipt) if !is_id(&receipt.provider_message_id) => {}
                Said::Message(message) if !is_id(&message.provider_message_id) => {}
                Said::Receipt(receipt) => {
                    let told = self.told(place, event, channel, receipt);
                    self.receipts.push(told);
                }
                Said::Message(message) => self.messages.push(Received {
                    channel_id: event.channel_id,
                    tenant_id: channel.tenant_id.clone(),
                    message,
                }),
                Said::Connection { .. } => {
                    self.connections.insert(event.channel_id);
                }
                Said::Other(_) => {}
            }
        }
        true
    }

    fn told(&self, place: usize, event: &Event, channel: &Channel, receipt: Receipt) -> Told {
        let text = |text: &str| self.database.storable(text);
        let reference = receipt.reference.as_deref();
        let installation = &self.database.installation;
        Told {
            event: place,
            channel_id: event.channel_id,
            tenant_id: channel.tenant_id.clone(),
            provider_message_id: text(&receipt.provider_message_id),
            reference: reference.and_then(|text| reference::read(text, installation)),
            kind: match receipt.status {
                ReceiptStatus::Sent => Kind::Sent,
                ReceiptStatus::Delivered => Kind::Delivered,
                ReceiptStatus::Read => Kind::Read,
                ReceiptStatus::Failed { class, message } => Kind::Failed(Failure {
                    class,
                    message: text(&message),
                }),
            },
            // Some providers tell no time.
            at: receipt.at.or(Some(event.received_at)),
        }
    }

    /// Writes what they tell, and what follows for each of them.
    pub(super) async fn work(
        self,
        client: &impl GenericClient,
        events: &[Event],
    ) -> Result<Worked, tokio_postgres::Error> {
        let now = events
            .first()
            .map_or(DateTime::UNIX_EPOCH, |event| event.now);
        let (fates, requeued) = apply_receipts(client, &self.receipts, now).await?;
        history::keep(client, self.messages, &self.database, now).await?;
        let connections: Vec<i64> = self.connections.into_iter().collect();
        connection::hasten(client, &connections).await?;
        let mut worst = vec![Fate::Done; events.len()];
        for (receipt, fate) in self.receipts.iter().zip(fates) {
            let of_event = &mut worst[receipt.event];
            *of_event = (*of_event).max(fate);
        }
        let verdicts: Vec<(i64, Verdict)> = events
            .iter()
            .enumerate()
            .map(|(place, event)| {
                let is_unmatched = self.unmatched.contains(&place);
                (event.id, verdict(event, worst[place], is_unmatched))
            })
            .collect();
        conclude::conclude(client, &verdicts).await?;
        Ok(Worked {
            conclusions: count(&verdicts),
            requeued,
        })
    }
}

async fn apply_receipts(
    client: &impl GenericClient,
    receipts: &[Told],
    now: DateTime<Utc>,
) -> Result<(Vec<Fate>, BTreeSet<i64>), tokio_postgres::Error> {
    if receipts.is_empty() {
        return Ok((Vec::new(), BTreeSet::new()));
    }
    let matches = find::matches(client, receipts).await?;
    let ids = matches.iter().flatten().map(|found| found.notification_id);
    let mut found = find::lock(client, &ids.collect()).await?;
    let (fates, changes) = fold(receipts, &matches, &mut found, now);
    apply::apply(client, &changes).await?;
    Ok((fates, changes.requeued))
}

/// Whether it can be the id of a message; one that cannot must not take with it what else a delivery tells.
fn is_id(text: &str) -> bool {
    text.len() <= MESSAGE_ID_CAP_BYTES
}

/// Receipts of what was written on the phone, or by another program, never match anything.
fn verdict(event: &Event, worst: Fate, is_unmatched: bool) -> Verdict {
    match worst {
        _ if is_unmatched => Verdict::Concluded(Conclusion::Unmatched),
        Fate::Done => Verdict::Concluded(Conclusion::Processed),
        Fate::Unmatched if !event.is_recent => Verdict::Concluded(Conclusion::Unmatched),
        Fate::Unmatched | Fate::Waits => Verdict::again(event.attempts),
    }
}

fn count(verdicts: &[(i64, Verdict)]) -> Vec<(Conclusion, u64)> {
    let of = |wanted: Conclusion| {
        let concluded = verdicts
            .iter()
            .filter(|(_, verdict)| *verdict == Verdict::Concluded(wanted));
        (wanted, concluded.count() as u64)
    };
    [Conclusion::Processed, Conclusion::Unmatched]
        .map(of)
        .to_vec()
}
