//! One attempt: what comes before the request, the request, and what its answer means.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use zapgres_core::error_class::SendError;
use zapgres_core::recipient::Recipient;
use zapgres_core::status::Status;
use zapgres_providers::{Accepted, OutgoingMessage, Provider};

use super::address::Question;
use super::dispatch::Finished;
use super::mark::Marked;
use super::permits::RequestPermit;
use super::prepare::{self, Channel, Unprepared};
use super::{address, report, send, verdict};
use crate::database::DatabaseError;
use crate::run::daemon::Daemon;
use crate::run::lease::Lease;

/// An attempt that is marked and not begun.
pub(super) struct Start {
    pub marked: Marked,
    /// On the boot clock.
    pub marked_at: Duration,
    pub permit: RequestPermit,
    pub channel: Channel,
    pub channel_name: String,
    /// About the recipient's number, where nothing is known of it.
    pub question: Arc<Question>,
}

impl Start {
    /// Sends the message, if there is still time for it, and has the outcome written.
    pub(super) async fn attempt(
        self,
        daemon: &Daemon,
        lease: &Lease,
        provider: Arc<dyn Provider>,
    ) -> Finished {
        if !lease.allows_start(self.marked_at) {
            return self.give_back(daemon, lease);
        }
        let begin = Instant::now();
        let (channel, question) = (self.channel, &*self.question);
        let prepared = tokio::select! {
            biased;
            prepared = prepare::prepare(daemon, &*provider, channel, question, &self.marked) => prepared,
            // A file may take minutes, and whoever stops the daemon or takes the channel waits for the lane.
            () = stopped(daemon, lease) => return self.give_back(daemon, lease),
        };
        let message = match prepared {
            // It may have taken too long: what was prepared is there the next time.
            Ok(_) if !lease.allows_start(self.marked_at) => return self.give_back(daemon, lease),
            Ok(message) => message,
            Err(Unprepared::Database(error)) => {
                tracing::debug!(%error, notification_id = self.marked.id, "an attempt is put off");
                return self.give_back(daemon, lease);
            }
            Err(Unprepared::Failed(error)) => {
                return self.finish(daemon, Err(error), begin.elapsed());
            }
        };
        let begin = Instant::now();
        let timeout = daemon.config.sending.send_timeout;
        let answer = send::send(&*provider, &message, timeout).await;
        let took = begin.elapsed();
        let accepted = answer.as_ref().ok();
        let alias = accepted.and_then(|accepted| unknown_alias(&message, accepted));
        let channel_id = self.channel.id;
        let finished = self.finish(daemon, answer, took);
        // The outcome is on its way to the disk, and does not wait for this.
        if let Some(alias) = alias {
            remember_alias(daemon, channel_id, &alias, &message.recipient).await;
        }
        finished
    }

    fn give_back(self, daemon: &Daemon, lease: &Lease) -> Finished {
        daemon.give_back(lease, [self.marked.id]);
        Finished::Attempt {
            is_open: true,
            reading: None,
            error: None,
            accepted: None,
        }
    }

    fn finish(
        self,
        daemon: &Daemon,
        answer: Result<Accepted, SendError>,
        took: Duration,
    ) -> Finished {
        drop(self.permit);
        let error = answer.as_ref().err().map(ToString::to_string);
        let unit = (daemon.randomness)();
        let verdict = verdict::judge(self.channel.id, &self.marked, answer, took, unit);
        report::attempt(&self.channel_name, &self.marked, &verdict);
        let outcome = verdict.outcome;
        let open = [Status::Retrying.as_str(), Status::Uncertain.as_str()];
        let finished = Finished::Attempt {
            is_open: open.contains(&outcome.status),
            reading: verdict.reading,
            error,
            accepted: outcome.provider_message_id.clone(),
        };
        daemon.complete(outcome);
        finished
    }
}

/// Waits until the lane begins nothing more.
pub(super) async fn stopped(daemon: &Daemon, lease: &Lease) {
    tokio::select! {
        () = daemon.shutdown.cancelled() => {}
        () = lease.revoked() => {}
    }
}

/// The name that the provider has for the recipient, where it is news.
fn unknown_alias(message: &OutgoingMessage, accepted: &Accepted) -> Option<String> {
    let canonical = message.recipient.address().trim_start_matches('+');
    let alias = accepted.recipient_address.as_deref()?;
    let is_news = alias != canonical && Some(alias) != message.confirmed_address.as_deref();
    is_news.then(|| alias.to_owned())
}

/// Keeps a name that the provider has for the recipient. The message is sent: nothing hangs on it.
async fn remember_alias(daemon: &Daemon, channel_id: i64, alias: &str, recipient: &Recipient) {
    let kept = async {
        let client = daemon.client().await?;
        let (kind, address) = (recipient.kind(), recipient.address());
        address::remember_alias(&client, channel_id, alias, kind, address).await?;
        Ok::<_, DatabaseError>(())
    };
    if let Err(error) = kept.await {
        tracing::debug!(%error, "the provider's name of a recipient is not kept");
    }
}
