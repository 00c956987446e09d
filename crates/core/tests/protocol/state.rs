//! What the model remembers of the world: the rows of the database, what daemons keep in memory, what providers have
//! taken, and what may still go wrong.

use zapgres_core::error_class::{ErrorClass, SendError, ThrottleScope};
use zapgres_core::next_step::{Attempts, NextStep, RetryPolicy, costs_attempt, next_step};
use zapgres_core::status::{Status, StatusEvent};

/// Attempts that the row of a notification may count before it has failed; an operator's retry adds one.
pub const MAX_ATTEMPTS: u8 = 2;
/// Attempts without an answer before it has failed.
pub const MAX_UNANSWERED: u8 = 2;
/// Marks that are ever made of one notification. More are needed than attempts: some are given back.
pub const MARKS: usize = 7;
/// No mark yet.
pub const NO_MARK: u8 = u8::MAX;

/// Everything at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct State {
    pub daemons: [Daemon; 2],
    pub channel: Channel,
    pub notifications: [Notification; 2],
    /// A statement whose connection is lost, and which the server will execute all the same, some time.
    pub unheard: Option<Completion>,
    pub left: Budget,
    /// What must never happen, and did: bits of [`super::properties::Breach`].
    pub breaches: u8,
}

/// A daemon: its row in `zap.daemon`, and what the process knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Daemon {
    pub is_up: bool,
    pub lease: Lease,
    /// It believes to hold the channel, under this epoch.
    pub lane: Option<u8>,
    /// By its own clock, more than the margin of its lease is left.
    pub has_time: bool,
    /// Its row was deleted before its lease was over: it lost the session that holds its name, and has not noticed.
    pub is_evicted: bool,
    /// What it has in flight, per notification.
    pub in_flight: [InFlight; 2],
}

/// The row in `zap.daemon`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Lease {
    Absent,
    Valid,
    /// `lease_until` has passed, and nobody has deleted the row yet.
    Over,
}

/// The row in `zap.channel_state`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Channel {
    pub owner: Option<u8>,
    pub epoch: u8,
}

/// A notification in the memory of a daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum InFlight {
    No,
    /// Marked, durably; its request has not begun.
    Marked {
        attempt: Attempt,
        /// The time in which its request may begin is over.
        is_late: bool,
    },
    /// Its request has begun.
    Sending(Attempt),
    /// Its outcome is known, and not known to be written.
    Known(Attempt, Outcome),
}

/// What the answer to a mark says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Attempt {
    /// Which of all marks of the notification it was (`processing_at`).
    pub mark: u8,
    /// `attempts`
    pub number: u8,
    pub epoch: u8,
    pub max_attempts: u8,
    pub unanswered: u8,
    /// It is sent as a possible repeat.
    pub is_flagged: bool,
}

/// How an attempt ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outcome {
    Accepted,
    /// Definitely not sent, and not to be sent.
    Rejected,
    /// Definitely not sent this time.
    Transient,
    /// No answer.
    Silent,
    /// No request was made, or none that left: the attempt is given back.
    GivenBack,
}

/// An outcome on its way into the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Completion {
    pub notification: u8,
    pub attempt: Attempt,
    pub outcome: Outcome,
}

/// A row of `zap.notification_queue`, and what the provider has of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Notification {
    pub status: Status,
    pub attempts: u8,
    pub max_attempts: u8,
    pub unanswered: u8,
    /// `lease_epoch`: of the last mark.
    pub epoch: u8,
    /// `uncertain_at` is set: some attempt was left without an answer.
    pub is_flagged: bool,
    /// `metadata.accepted`: the mark of an older attempt that turned out to be accepted while a newer one was in flight.
    pub remembered: u8,
    /// The last mark.
    pub mark: u8,
    /// `provider_message_id`: of which mark.
    pub message: u8,
    /// The message whose delivery failed, as a receipt said.
    pub undelivered: u8,
    /// An operator was told that it is canceled, and that nothing of it was or may have been sent.
    pub is_withdrawn: bool,
    /// A daemon has reported an acceptance to the database.
    pub is_reported: bool,
    pub requests: [Request; MARKS],
}

/// The request of one attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Request {
    /// There is none (yet).
    None,
    OnItsWay,
    Accepted,
    /// Refused or lost: nothing comes of it any more.
    Over,
}

/// What may go wrong, and what people may do: neither is bound to happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mishap {
    Crash,
    /// A daemon stands still until its lease is over.
    Stall,
    /// A daemon loses the session that holds its name, and goes on.
    Eviction,
    /// The channel is handed on in an orderly way.
    Release,
    /// The answer to a statement is lost.
    LostAnswer,
    /// A request could not leave.
    Unreachable,
    Cancel,
    Retry,
    Receipt,
}

impl Mishap {
    pub const COUNT: usize = 9;
}

/// How often each mishap may still happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Budget {
    /// All kinds together.
    pub all: u8,
    pub of_kind: [u8; Mishap::COUNT],
}

impl Budget {
    /// These, each as often as it is named.
    pub fn of(mishaps: &[Mishap]) -> Self {
        let mut budget = Self {
            all: 0,
            of_kind: [0; Mishap::COUNT],
        };
        for mishap in mishaps {
            budget.all += 1;
            budget.of_kind[*mishap as usize] += 1;
        }
        budget
    }

    /// Of these, no more than `all` together.
    pub const fn at_most(self, all: u8) -> Self {
        Self { all, ..self }
    }

    pub const fn allows(&self, mishap: Mishap) -> bool {
        self.all > 0 && self.of_kind[mishap as usize] > 0
    }

    pub const fn spend(&mut self, mishap: Mishap) {
        self.all -= 1;
        self.of_kind[mishap as usize] -= 1;
    }
}

impl State {
    /// Nothing has happened yet.
    pub fn new(left: Budget) -> Self {
        let daemon = Daemon {
            is_up: true,
            lease: Lease::Valid,
            lane: None,
            has_time: true,
            is_evicted: false,
            in_flight: [InFlight::No; 2],
        };
        let notification = Notification {
            status: Status::Pending,
            attempts: 0,
            max_attempts: MAX_ATTEMPTS,
            unanswered: 0,
            epoch: 0,
            is_flagged: false,
            remembered: NO_MARK,
            mark: NO_MARK,
            message: NO_MARK,
            undelivered: NO_MARK,
            is_withdrawn: false,
            is_reported: false,
            requests: [Request::None; MARKS],
        };
        Self {
            daemons: [daemon; 2],
            channel: Channel {
                owner: None,
                epoch: 0,
            },
            notifications: [notification; 2],
            unheard: None,
            left,
            breaches: 0,
        }
    }

    /// Daemons are alike, and so are notifications: of states that differ in their order alone, one stands for all.
    pub fn canonical(self, notifications: usize) -> Self {
        let state = self.with_daemons_in_order();
        if notifications < 2 || state.key(0) <= state.key(1) {
            return state;
        }
        let mut exchanged = state;
        exchanged.notifications.swap(0, 1);
        for daemon in &mut exchanged.daemons {
            daemon.in_flight.swap(0, 1);
        }
        if let Some(completion) = &mut exchanged.unheard {
            completion.notification = 1 - completion.notification;
        }
        exchanged.with_daemons_in_order()
    }

    fn with_daemons_in_order(self) -> Self {
        let exchanged = Self {
            daemons: [self.daemons[1], self.daemons[0]],
            channel: Channel {
                owner: self.channel.owner.map(|owner| 1 - owner),
                ..self.channel
            },
            ..self
        };
        if (exchanged.daemons, exchanged.channel) < (self.daemons, self.channel) {
            exchanged
        } else {
            self
        }
    }

    /// What notifications are put in order by.
    fn key(&self, notification: usize) -> impl Ord + use<> {
        let row = &self.notifications[notification];
        let status = row.status as u8;
        (
            status,
            row.attempts,
            row.requests,
            row.epoch,
            row.unanswered,
        )
    }

    /// Whether the lease of a daemon matters to anybody.
    pub fn has_stake(&self, daemon: usize) -> bool {
        self.channel.owner.map(usize::from) == Some(daemon) || self.daemons[daemon].lane.is_some()
    }

    /// Whether the lease is this daemon's, under this epoch.
    pub fn holds_lease(&self, daemon: usize, epoch: u8) -> bool {
        self.channel.owner.map(usize::from) == Some(daemon)
            && self.channel.epoch == epoch
            && self.daemons[daemon].lease == Lease::Valid
    }

    /// The same as far as the database can tell, which knows daemons by name: who was evicted shares that of its successor.
    pub fn is_leased_by_name(&self, daemon: usize, epoch: u8) -> bool {
        let bearer = if self.daemons[daemon].is_evicted {
            1 - daemon
        } else {
            daemon
        };
        self.holds_lease(bearer, epoch)
    }
}

impl Notification {
    /// Marks made so far.
    pub fn marks(&self) -> usize {
        if self.mark == NO_MARK {
            0
        } else {
            usize::from(self.mark) + 1
        }
    }

    /// The attempt that the row shows.
    pub fn last_attempt(&self) -> Attempt {
        Attempt {
            mark: self.mark,
            number: self.attempts,
            epoch: self.epoch,
            max_attempts: self.max_attempts,
            unanswered: self.unanswered,
            is_flagged: self.is_flagged,
        }
    }

    /// Whether some request of it is as given.
    pub fn has_request(&self, wanted: Request) -> bool {
        self.requests.contains(&wanted)
    }
}

impl Outcome {
    /// The error that it is, if any.
    pub fn error(self) -> Option<SendError> {
        let class = match self {
            Self::Accepted => return None,
            Self::Rejected => ErrorClass::Rejected,
            Self::Transient => ErrorClass::Transient,
            Self::Silent => ErrorClass::Uncertain,
            Self::GivenBack => ErrorClass::ChannelDown,
        };
        Some(SendError {
            class,
            message: String::new(),
            scope: ThrottleScope::default(),
            retry_after: None,
            reached_provider: self != Self::GivenBack,
        })
    }
}

impl Completion {
    /// What the outcome means to the notification: the daemon's judgement, by what the mark told it.
    pub fn event(&self) -> StatusEvent {
        let Some(error) = self.outcome.error() else {
            return StatusEvent::Accepted;
        };
        let attempts = Attempts {
            template_left: false,
            made: u32::from(self.attempt.number) - u32::from(!costs_attempt(&error)),
            unanswered: u32::from(self.attempt.unanswered)
                + u32::from(self.outcome == Outcome::Silent),
        };
        let policy = RetryPolicy {
            max_attempts: u32::from(self.attempt.max_attempts),
            max_unanswered: u32::from(MAX_UNANSWERED),
            ..RetryPolicy::default()
        };
        match next_step(&error, attempts, &policy, 0.5) {
            NextStep::RetryAfter(_)
            | NextStep::WaitForChannel(_)
            | NextStep::SendTemplate
            | NextStep::WaitForRecipient(_) => StatusEvent::RetryScheduled,
            NextStep::MarkUncertain { .. } => StatusEvent::AnswerLost,
            NextStep::GiveUp | NextStep::GiveUpUncertain => StatusEvent::GaveUp,
        }
    }
}
