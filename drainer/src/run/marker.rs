//! Marks what the lanes send next: all that they ask for at about the same time in one statement and one durable commit.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender};
use tokio::sync::{Semaphore, oneshot};
use tokio_util::sync::CancellationToken;

use super::daemon::Daemon;
use super::in_flight::Attempt;
use super::lane::mark::{self, Line, Marked};
use super::lease::Lease;
use super::opted_out::skip_opted_out;
use crate::database::DatabaseError;

/// Marked at a time, at most: what one lane asks for is never divided.
const BATCH: usize = 512;
/// While one waits for the disk, the next is made ready.
const AT_A_TIME: usize = 2;

/// What a lane is given.
#[derive(Debug, Default)]
pub(crate) struct Marking {
    /// What may be sent, in the order in which it was asked for.
    pub marked: Vec<Marked>,
    /// The channel's day is used up; another one begins after this time.
    pub capped_for: Option<Duration>,
    /// Nothing can be marked until somebody else's transaction ends.
    pub is_locked: bool,
}

/// Where lanes ask.
#[derive(Debug)]
pub(crate) struct Marker {
    questions: UnboundedSender<Question>,
    /// What the server refused, as it was told last.
    told: Mutex<String>,
}

/// What one lane wants to send.
#[derive(Debug)]
pub(crate) struct Question {
    lease: Lease,
    ids: Vec<i64>,
    answer: oneshot::Sender<Result<Marking, DatabaseError>>,
}

impl Marker {
    /// Asks through `questions`.
    pub(crate) const fn new(questions: UnboundedSender<Question>) -> Self {
        Self {
            questions,
            told: Mutex::new(String::new()),
        }
    }

    /// Lanes go on asking, and one line is enough.
    fn tell(&self, channel_id: i64, error: &DatabaseError) {
        let text = error.to_string();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if *told != text {
            tracing::error!(
                channel_id,
                error = text,
                "a channel's messages cannot be marked for sending; they wait"
            );
            *told = text;
        }
    }
}

impl Daemon {
    /// Marks those of `attempts` that may still be sent on the channel of `lease`. What was not marked is not in flight
    /// afterwards; after an error that left it open, the completer finds out.
    pub(crate) async fn mark(
        &self,
        lease: &Lease,
        attempts: impl IntoIterator<Item = Attempt>,
    ) -> Result<Marking, DatabaseError> {
        let attempts: Vec<Attempt> = attempts.into_iter().collect();
        let ids: Vec<i64> = attempts.iter().map(|(id, _)| *id).collect();
        self.in_flight.begin(lease.channel_id, attempts);
        let (answer, answered) = oneshot::channel();
        let question = Question {
            lease: lease.clone(),
            ids: ids.clone(),
            answer,
        };
        if let Err(unsent) = self.marker.questions.send(question) {
            self.in_flight.end(unsent.0.ids);
            return Ok(Marking::default());
        }
        match answered.await {
            Ok(answer) => answer,
            // Whoever was to answer is gone: they may be marked.
            Err(_) => {
                self.give_back(lease, ids);
                Ok(Marking::default())
            }
        }
    }
}

/// Answers questions, until `finish`.
pub(crate) async fn run(
    daemon: Arc<Daemon>,
    mut questions: UnboundedReceiver<Question>,
    finish: CancellationToken,
) {
    let slots = Arc::new(Semaphore::new(AT_A_TIME));
    let work = async {
        let mut next = None;
        loop {
            let Some(first) = (match next.take() {
                Some(question) => Some(question),
                None => questions.recv().await,
            }) else {
                return;
            };
            // What is asked meanwhile goes along.
            let Ok(slot) = slots.clone().acquire_owned().await else {
                return;
            };
            let batch;
            (batch, next) = gather(first, &mut questions);
            let daemon = daemon.clone();
            tokio::spawn(async move {
                answer(&daemon, batch).await;
                drop(slot);
            });
        }
    };
    finish.run_until_cancelled(work).await;
}

/// Adds what has been asked meanwhile, up to a question that has to wait for the next batch: one per channel.
fn gather(
    first: Question,
    questions: &mut UnboundedReceiver<Question>,
) -> (Vec<Question>, Option<Question>) {
    let mut size = first.ids.len();
    let mut channels = HashSet::from([first.lease.channel_id]);
    let mut batch = vec![first];
    while size < BATCH
        && let Ok(question) = questions.try_recv()
    {
        if !channels.insert(question.lease.channel_id) {
            return (batch, Some(question));
        }
        size += question.ids.len();
        batch.push(question);
    }
    (batch, None)
}

/// Answers questions together, or one by one where the server refuses that: one channel must not hold up others.
async fn answer(daemon: &Daemon, mut batch: Vec<Question>) {
    match mark_together(daemon, &batch).await {
        Ok(answers) => reply(daemon, batch, answers).await,
        Err(Refusal::Statement(_)) if batch.len() > 1 => {
            for question in batch {
                Box::pin(answer(daemon, vec![question])).await;
            }
        }
        Err(refusal) => {
            for question in batch.drain(..) {
                refuse(daemon, question, refusal.clone());
            }
        }
    }
}

/// Why nothing may be sent.
#[derive(Clone)]
enum Refusal {
    /// Nothing was asked; whoever keeps the session tells why.
    NoConnection(DatabaseError),
    /// Nothing was marked.
    Statement(DatabaseError),
    /// The answer was lost: it may have been marked.
    Lost(DatabaseError),
}

async fn mark_together(
    daemon: &Daemon,
    batch: &[Question],
) -> Result<HashMap<i64, Marking>, Refusal> {
    let client = daemon.client().await.map_err(Refusal::NoConnection)?;
    let mut request = mark::Request::default();
    for question in batch
        .iter()
        .filter(|question| question.lease.allows_marking())
    {
        let channel_id = question.lease.channel_id;
        request.ids.extend(&question.ids);
        request
            .channels
            .extend(question.ids.iter().map(|_| channel_id));
        request.leased.push(channel_id);
        request.epochs.push(question.lease.epoch);
    }
    let Some(membership) = daemon.leases.membership() else {
        return Ok(HashMap::new());
    };
    if request.ids.is_empty() {
        return Ok(HashMap::new());
    }
    let name = &daemon.config.daemon.name;
    let lines = mark::mark(&client, &request, name, &membership.instance).await;
    let lines = lines.map_err(|error| {
        let is_refused = error.as_db_error().is_some() && !client.is_closed();
        let error = DatabaseError::from(error);
        if is_refused {
            Refusal::Statement(error)
        } else {
            Refusal::Lost(error)
        }
    })?;
    let mut answers: HashMap<i64, Marking> = HashMap::new();
    for (channel_id, line) in lines {
        let answer = answers.entry(channel_id).or_default();
        match line {
            Line::Marked(marked, mark) => {
                daemon.in_flight.mark((marked.id, marked.attempt), mark);
                answer.marked.push(marked);
            }
            Line::Capped(wait) => answer.capped_for = Some(wait),
            Line::Locked => answer.is_locked = true,
        }
    }
    skip_refused(daemon, &client, &request.ids, &answers).await;
    Ok(answers)
}

/// Whoever wants no messages is told apart from what has just changed.
async fn skip_refused(
    daemon: &Daemon,
    client: &deadpool_postgres::Client,
    ids: &[i64],
    answers: &HashMap<i64, Marking>,
) {
    let count: usize = answers.values().map(|answer| answer.marked.len()).sum();
    if count == ids.len() {
        return;
    }
    let refused: Vec<i64> = ids
        .iter()
        .copied()
        .filter(|id| !daemon.in_flight.is_marked(*id))
        .collect();
    if let Err(error) = skip_opted_out(client, &refused).await {
        let error = DatabaseError::from(error);
        tracing::debug!(%error, "recipients without messages are skipped later");
    }
}

async fn reply(daemon: &Daemon, batch: Vec<Question>, mut answers: HashMap<i64, Marking>) {
    for question in batch {
        let mut answer = answers
            .remove(&question.lease.channel_id)
            .unwrap_or_default();
        let place: HashMap<i64, usize> = question.ids.iter().copied().zip(0..).collect();
        answer
            .marked
            .sort_by_key(|marked| place.get(&marked.id).copied());
        let refused = question
            .ids
            .iter()
            .copied()
            .filter(|id| !daemon.in_flight.is_marked(*id));
        daemon.in_flight.end(refused.collect::<Vec<_>>());
        if let Err(Ok(unwanted)) = question.answer.send(Ok(answer)) {
            let ids = unwanted.marked.iter().map(|marked| marked.id);
            daemon.give_back(&question.lease, ids);
        }
    }
}

fn refuse(daemon: &Daemon, question: Question, refusal: Refusal) {
    let error = match refusal {
        Refusal::NoConnection(error) => {
            daemon.in_flight.end(question.ids);
            error
        }
        Refusal::Statement(error) => {
            daemon.marker.tell(question.lease.channel_id, &error);
            daemon.in_flight.end(question.ids);
            error
        }
        Refusal::Lost(error) => {
            daemon.give_back(&question.lease, question.ids);
            error
        }
    };
    question.answer.send(Err(error)).ok();
}
