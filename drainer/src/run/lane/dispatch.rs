//! From what is next to requests on their way, and what their answers mean for the lane.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use tokio::task;
use tokio::time::Instant;
use zapgres_core::breaker::{Change, Probe, Reading};
use zapgres_core::pace::Reservation;

use super::address::{Known, Question};
use super::attempt::{Start, stopped};
use super::health::Takes;
use super::mark::Marked;
use super::order::Pair;
use super::permits::RequestPermit;
use super::prepare::Channel;
use super::ready::Ready;
use super::settings::Settings;
use super::tempo::Hold;
use super::{CAP_PAUSE, Lane, OBSTACLE_PAUSE, Pause, enquiry};
use crate::database::DatabaseError;
use crate::run::boot_clock;
use crate::run::in_flight::Attempt;
use crate::run::marker::Marking;

/// A provider that cannot answer a question is asked as often before its message is repeated.
const ENQUIRIES_MAX: u8 = 3;
/// Notifications whose questions are counted before those are dropped that do not wait any more.
const ENQUIRIES_KEPT: usize = 256;
/// Ids that are kept before those are dropped which are written.
const ACCEPTED_MAX: usize = 256;
/// Pause before reading on, should nothing be found that is new.
const READ_ON_PAUSE: Duration = Duration::from_millis(5);
/// Wait before it is asked again.
const ENQUIRY_PAUSE: Duration = Duration::from_secs(5);

/// What the lane remembers of a request on its way.
pub(super) struct Sending {
    id: i64,
    recipient: String,
    pair: Pair,
    probe: Option<Probe>,
}

/// How a request ended.
pub(super) enum Finished {
    /// An attempt.
    Attempt {
        /// There will be another one.
        is_open: bool,
        reading: Option<Reading>,
        /// Class and text of the error.
        error: Option<String>,
        /// The provider's id of the message.
        accepted: Option<String>,
    },
    /// A question about one whose answer was lost.
    Enquiry(Ready, Answered),
}

/// What became of a question.
pub(super) enum Answered {
    /// The provider has the message, under this id.
    Found(String),
    /// It is to be sent again, if it still waits.
    Repeat,
    /// The provider could not be asked.
    Failed(Option<Reading>, String),
}

/// What is next: to be sent, with leave for it, and to be asked about.
#[derive(Default)]
struct Chosen {
    sendable: Vec<(Ready, Reservation)>,
    questions: Vec<Ready>,
    /// When the channel may send again, where it may not.
    next_slot: Option<Instant>,
}

impl Lane {
    /// Begins up to `free` requests.
    pub(super) async fn send_some(
        &mut self,
        free: usize,
        settings: &Settings,
    ) -> Result<Pause, DatabaseError> {
        let chosen = self.choose(free);
        let wanted = chosen.sendable.len() + chosen.questions.len();
        if wanted == 0 {
            let batch = self.daemon.config.sending.claim_batch;
            let supply = self.supply_mut();
            // All that was read waits for its recipients: others may be behind it.
            let read_on = supply.queue.wanted(batch);
            let read_on = read_on.map(|_| Instant::now() + READ_ON_PAUSE);
            let times = [chosen.next_slot, supply.next_time(), read_on];
            let until = times.into_iter().flatten().min();
            return Ok(until.map_or(Pause::Idle, Pause::Until));
        }
        let mut permits = self.permits(settings, wanted).await;
        self.ask_some(chosen.questions, &mut permits);
        self.attempt_some(chosen.sendable, permits, settings).await
    }

    /// Takes what may go now from the queue, and sets aside what has to wait for its recipient.
    fn choose(&mut self, free: usize) -> Chosen {
        let mut chosen = Chosen::default();
        let Some(supply) = &mut self.supply else {
            return chosen;
        };
        let mut recipients: Vec<String> = Vec::new();
        while chosen.sendable.len() + chosen.questions.len() < free
            && let Some(row) = supply.queue.next()
        {
            if self.daemon.in_flight.contains(row.id) {
                // Its outcome is not written yet; who writes it tells.
                supply.queue.forget(&row);
            } else if self.busy.contains(&row.recipient)
                || recipients.contains(&row.recipient)
                || supply.holds_back(&row)
            {
                supply.queue.set_aside(row);
            } else if row.unanswered && self.enquiries.get(&row.id) < Some(&ENQUIRIES_MAX) {
                recipients.push(row.recipient.clone());
                chosen.questions.push(row);
            } else {
                match self.tempo.reserve(&row.recipient, row.delay) {
                    Ok(reservation) => {
                        recipients.push(row.recipient.clone());
                        chosen.sendable.push((row, reservation));
                    }
                    Err(Hold::Recipient(at)) => supply.set_aside_until(row, at),
                    Err(hold) => {
                        supply.queue.put_back([row]);
                        if let Hold::Channel(at) = hold {
                            chosen.next_slot = Some(at);
                        }
                        break;
                    }
                }
            }
        }
        chosen
    }

    /// Leave for requests: as many of `wanted` as there are, at least one unless the daemon stops.
    async fn permits(&self, settings: &Settings, wanted: usize) -> Vec<RequestPermit> {
        let taken = self.daemon.permits.take(&settings.address.base_url, wanted);
        tokio::select! {
            permits = taken => permits,
            () = stopped(&self.daemon, &self.lease) => Vec::new(),
        }
    }

    async fn attempt_some(
        &mut self,
        mut sendable: Vec<(Ready, Reservation)>,
        permits: Vec<RequestPermit>,
        settings: &Settings,
    ) -> Result<Pause, DatabaseError> {
        let surplus = sendable.split_off(permits.len().min(sendable.len()));
        let surplus = surplus.into_iter().map(|(row, _)| row);
        self.supply_mut().queue.put_back(surplus);
        if sendable.is_empty() {
            return Ok(Pause::None);
        }
        let marked_at = boot_clock::now();
        let attempts: Vec<Attempt> = sendable
            .iter()
            .map(|(row, _)| (row.id, row.attempts + 1))
            .collect();
        let mut marking = match self.daemon.mark(&self.lease, attempts).await {
            Ok(marking) => marking,
            Err(error) => {
                self.forget(sendable.into_iter().map(|(row, _)| row));
                return Err(error);
            }
        };
        let is_refused = marking.marked.len() < sendable.len();
        if marking.marked.is_empty() {
            // Perhaps nothing may be sent any more.
            self.settings = None;
        }
        let marked = std::mem::take(&mut marking.marked);
        let channel = Channel {
            id: self.channel_id,
            degrade: settings.degrade,
            look_up: settings.look_up,
        };
        let questions = self.questions(&marked);
        let starts = marked.into_iter().zip(questions).zip(permits);
        let starts = starts.map(|((marked, question), permit)| Start {
            marked,
            marked_at,
            permit,
            channel,
            channel_name: settings.name.clone(),
            question,
        });
        self.begin_marked(sendable, starts);
        Ok(self.after_marking(&marking, is_refused))
    }

    /// What each of these has to ask about its number: where the provider takes several in one request, all of them together.
    fn questions(&self, marked: &[Marked]) -> Vec<Arc<Question>> {
        let unknown = |marked: &Marked| match marked.known {
            Known::Nothing => marked.stored.number(),
            Known::Address(_) | Known::Absent => None,
        };
        let provider = self
            .connection
            .as_ref()
            .map(|connection| &connection.provider);
        if provider.is_some_and(|provider| provider.looks_up_many()) {
            let numbers = marked.iter().filter_map(unknown).collect();
            let together = Arc::new(Question::about(numbers));
            return marked.iter().map(|_| together.clone()).collect();
        }
        let each = marked.iter().map(unknown);
        each.map(|number| Arc::new(Question::about(number.into_iter().collect())))
            .collect()
    }

    /// Begins requests for those of `sendable` that are marked; the others are none of the lane's business now.
    fn begin_marked(
        &mut self,
        sendable: Vec<(Ready, Reservation)>,
        starts: impl Iterator<Item = Start>,
    ) {
        let mut sendable: HashMap<i64, (Ready, Reservation)> = sendable
            .into_iter()
            .map(|(row, reservation)| (row.id, (row, reservation)))
            .collect();
        for start in starts {
            if let Some((row, reservation)) = sendable.remove(&start.marked.id) {
                self.tempo.leave(reservation, (self.daemon.randomness)());
                self.begin(&row, start);
            }
        }
        self.forget(sendable.into_values().map(|(row, _)| row));
    }

    /// When to go on after a mark.
    fn after_marking(&mut self, marking: &Marking, is_refused: bool) -> Pause {
        if let Some(wait) = marking.capped_for {
            self.tell_capped();
            let until = Instant::now() + wait.min(CAP_PAUSE);
            self.capped_until = Some(until);
            self.supply_mut().look_after(Duration::ZERO);
            return Pause::Until(until);
        }
        self.capped_until = None;
        self.tell_locked(marking.is_locked);
        if is_refused {
            // Canceled, expired or switched off meanwhile, or locked: looking again tells, but not at once.
            self.supply_mut().look_after(OBSTACLE_PAUSE);
        }
        if marking.is_locked {
            return Pause::Until(Instant::now() + OBSTACLE_PAUSE);
        }
        Pause::None
    }

    fn forget(&mut self, rows: impl IntoIterator<Item = Ready>) {
        for row in rows {
            self.supply_mut().queue.forget(&row);
        }
    }

    /// Once is nothing: whoever changes the row for a moment.
    fn tell_locked(&mut self, is_locked: bool) {
        self.locked_times = if is_locked { self.locked_times + 1 } else { 0 };
        if self.locked_times == 2 {
            tracing::warn!(
                channel = self.name(),
                "another transaction has locked the channel's row in zap.channel_state; its messages wait until that ends"
            );
        }
    }

    fn tell_capped(&mut self) {
        if self.capped_until.is_none() {
            tracing::warn!(
                channel = self.name(),
                "the channel's daily cap is used up; its messages wait for the next day"
            );
        }
    }

    /// Begins a request.
    fn begin(&mut self, row: &Ready, start: Start) {
        let Some(connection) = &self.connection else {
            return;
        };
        let provider = connection.provider.clone();
        let (daemon, lease) = (self.daemon.clone(), self.lease.clone());
        let request = self
            .sends
            .spawn(async move { start.attempt(&daemon, &lease, provider).await });
        self.enquiries.remove(&row.id);
        self.remember(request.id(), row);
    }

    /// Asks about messages whose answers were lost.
    fn ask_some(&mut self, questions: Vec<Ready>, permits: &mut Vec<RequestPermit>) {
        for row in questions {
            let (Some(connection), Some(permit)) = (&self.connection, permits.pop()) else {
                self.supply_mut().queue.put_back([row]);
                continue;
            };
            let provider = connection.provider.clone();
            let daemon = self.daemon.clone();
            let channel_id = self.channel_id;
            let asked = row.clone();
            let others: Vec<String> = self.accepted.iter().map(|(_, id)| id.clone()).collect();
            let request = self.sends.spawn(async move {
                let answered = enquiry::ask(&daemon, provider, channel_id, asked.id, others).await;
                drop(permit);
                Finished::Enquiry(asked, answered)
            });
            self.remember(request.id(), &row);
        }
    }

    fn remember(&mut self, request: task::Id, row: &Ready) {
        let is_probe = self.health.as_ref().map(|health| health.takes()) == Some(Takes::Probe);
        let probe = match &mut self.health {
            Some(health) if is_probe => health.probe(),
            _ => None,
        };
        self.supply_mut().begin(row);
        self.busy.insert(row.recipient.clone());
        let sending = Sending {
            id: row.id,
            recipient: row.recipient.clone(),
            pair: Pair::of(row),
            probe,
        };
        self.sending.insert(request, sending);
    }

    /// Takes in what has ended.
    pub(super) fn collect_finished(&mut self) {
        while let Some(finished) = self.sends.try_join_next_with_id() {
            self.finish(finished);
        }
    }

    /// Takes in the end of a request.
    pub(super) fn finish(&mut self, finished: Result<(task::Id, Finished), task::JoinError>) {
        let request = match &finished {
            Ok((request, _)) => *request,
            Err(error) => error.id(),
        };
        let Some(sending) = self.sending.remove(&request) else {
            return;
        };
        self.busy.remove(&sending.recipient);
        let is_open = match &finished {
            Ok((_, Finished::Attempt { is_open, .. })) => *is_open,
            Ok((_, Finished::Enquiry(_, answered))) => !matches!(answered, Answered::Found(_)),
            Err(_) => true,
        };
        self.supply_mut()
            .end(sending.pair, sending.id, &sending.recipient, is_open);
        match finished {
            Ok((
                _,
                Finished::Attempt {
                    reading,
                    error,
                    accepted,
                    ..
                },
            )) => {
                self.note_accepted(sending.id, accepted);
                self.record(reading, sending.probe, error);
            }
            Ok((_, Finished::Enquiry(row, answered))) => {
                self.answered(row, answered, sending.probe);
            }
            Err(error) => {
                tracing::error!(channel_id = self.channel_id, %error, "a request ended without an answer");
                // Rescue finds it in the queue table.
                self.daemon.in_flight.end([sending.id]);
            }
        }
    }

    fn answered(&mut self, row: Ready, answered: Answered, probe: Option<Probe>) {
        match answered {
            Answered::Found(accepted) => {
                self.enquiries.remove(&row.id);
                self.note_accepted(row.id, Some(accepted));
            }
            Answered::Repeat => {
                self.enquiries.insert(row.id, ENQUIRIES_MAX);
                self.supply_mut().queue.add(row);
            }
            Answered::Failed(reading, error) => {
                *self.enquiries.entry(row.id).or_default() += 1;
                self.supply_mut().queue_later(row, ENQUIRY_PAUSE);
                self.record(reading, probe, Some(error));
            }
        }
    }

    /// Nobody asks any more about what was canceled, has expired or has moved.
    pub(super) fn forget_enquiries(&mut self) {
        if self.enquiries.len() >= ENQUIRIES_KEPT
            && let Some(supply) = &self.supply
        {
            let open = supply.order.open_ids();
            self.enquiries.retain(|id, _| open.contains(id));
        }
    }

    /// The same text may be asked about next, before the table says whose message this is.
    fn note_accepted(&mut self, id: i64, accepted: Option<String>) {
        if self.accepted.len() >= ACCEPTED_MAX {
            let in_flight = &self.daemon.in_flight;
            self.accepted.retain(|(id, _)| in_flight.contains(*id));
        }
        self.accepted
            .extend(accepted.map(|accepted| (id, accepted)));
    }

    /// Takes in what an answer says of the channel.
    pub(super) fn record(
        &mut self,
        reading: Option<Reading>,
        probe: Option<Probe>,
        error: Option<String>,
    ) {
        let unit = (self.daemon.randomness)();
        let Some(health) = &mut self.health else {
            return;
        };
        let database = self.daemon.database();
        let error = error.map(|text| database.storable(&text));
        match health.record(reading, probe, error.as_deref(), unit) {
            Some(Change::Opened) => self.tell_opened(error.unwrap_or_default()),
            Some(Change::Closed) => self.tell_closed(),
            Some(Change::StillDown) | None => {}
        }
    }
}
