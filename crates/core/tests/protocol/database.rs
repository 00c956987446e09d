//! The statements: each an atomic step on the rows.

use zapgres_core::next_step::costs_attempt;
use zapgres_core::status::{Status, StatusEvent, next};

use super::model::Protocol;
use super::properties::Breach;
use super::state::{
    Attempt, Channel, Completion, InFlight, Lease, MARKS, MAX_UNANSWERED, NO_MARK, Notification,
    Outcome, Request, State,
};
use super::variants::Guard;

impl Protocol {
    /// Whether a channel can be had.
    pub fn is_free(&self, state: &State, daemon: usize) -> bool {
        state.channel.owner.is_none_or(|owner| {
            let owner = usize::from(owner);
            state.daemons[owner].lease == Lease::Absent
                || (owner == daemon && self.has(Guard::TakeOwn))
        })
    }

    /// `acquire`; returns the epoch.
    pub fn acquire(&self, state: &mut State, daemon: usize) -> u8 {
        let raise = u8::from(self.has(Guard::EpochAtTakeover) || state.channel.epoch == 0);
        state.channel = Channel {
            owner: u8::try_from(daemon).ok(),
            epoch: state.channel.epoch + raise,
        };
        state.channel.epoch
    }

    /// `register`: the daemon's row is made anew, and what its name owned is free.
    pub fn register(&self, state: &mut State, daemon: usize) {
        state.daemons[daemon].lease = Lease::Valid;
        if state.channel.owner.map(usize::from) == Some(daemon)
            && self.has(Guard::FreeAtRegistration)
        {
            state.channel.owner = None;
        }
    }

    /// Whether `mark` would mark it.
    pub fn may_mark(&self, state: &State, daemon: usize, notification: usize, epoch: u8) -> bool {
        let row = &state.notifications[notification];
        let is_leased = state.is_leased_by_name(daemon, epoch) || !self.has(Guard::LeaseAtMark);
        let waits = row.status.is_claimable()
            || (row.status == Status::Canceled && !self.has(Guard::StatusAtMark));
        is_leased && waits && self.is_due(state, notification) && row.marks() < MARKS
    }

    /// Whether no earlier attempt can still begin, or be on its way. The clock tells: `processing_at` is long enough ago.
    fn is_due(&self, state: &State, notification: usize) -> bool {
        let row = &state.notifications[notification];
        let guard = if row.status == Status::Uncertain {
            Guard::WaitBeforeRepeat
        } else {
            Guard::WaitBeforeRetry
        };
        let may_begin = state.daemons.iter().any(|daemon| {
            matches!(daemon.in_flight[notification], InFlight::Marked { is_late: false, attempt }
                if daemon.has_time && daemon.lane == Some(attempt.epoch))
        });
        !self.has(guard) || !(may_begin || row.has_request(Request::OnItsWay))
    }

    /// `mark`
    pub fn mark(&self, state: &mut State, daemon: usize, notification: usize) -> Attempt {
        let epoch = state.daemons[daemon].lane.unwrap_or_default();
        if !state.holds_lease(daemon, epoch) {
            Breach::Unleased.note(state);
        }
        let row = &mut state.notifications[notification];
        row.status = next(row.status, StatusEvent::Claimed).unwrap_or(Status::Processing);
        row.mark = u8::try_from(row.marks()).unwrap_or(NO_MARK);
        row.attempts += 1;
        row.epoch = epoch;
        Attempt {
            mark: row.mark,
            number: row.attempts,
            epoch,
            max_attempts: row.max_attempts,
            unanswered: row.unanswered,
            is_flagged: row.is_flagged,
        }
    }

    /// `complete`
    pub fn complete(&self, state: &mut State, completion: &Completion) {
        let row = &mut state.notifications[usize::from(completion.notification)];
        let is_acceptance = completion.outcome == Outcome::Accepted;
        row.is_reported |= is_acceptance;
        if self.matches(row, &completion.attempt) {
            let is_stale = row.mark != completion.attempt.mark;
            self.apply(row, completion);
            if is_stale && !is_acceptance {
                Breach::Stale.note(state);
            }
        } else if is_acceptance && self.has(Guard::LateAcceptance) {
            self.accept_late(row, completion.attempt.mark);
        }
    }

    /// An acceptance whose attempt is not what the row shows. It is no news when the row has that message already.
    fn accept_late(&self, row: &mut Notification, message: u8) {
        if row.message == message && self.has(Guard::NewsOnly) {
            return;
        }
        if row.status == Status::Processing {
            row.remembered = message;
        } else if !matches!(row.status, Status::Sent | Status::Delivered | Status::Read) {
            row.message = message;
            change(row, StatusEvent::Accepted);
        }
    }

    /// The compare of compare-and-set.
    fn matches(&self, row: &Notification, attempt: &Attempt) -> bool {
        let same = |guard, is_same| is_same || !self.has(guard);
        matches!(row.status, Status::Processing | Status::Uncertain)
            && same(Guard::AttemptAtCompletion, row.attempts == attempt.number)
            && same(Guard::EpochAtCompletion, row.epoch == attempt.epoch)
            && same(Guard::MarkAtCompletion, row.mark == attempt.mark)
    }

    fn apply(&self, row: &mut Notification, completion: &Completion) {
        let mut event = completion.event();
        if event == StatusEvent::AnswerLost && row.status == Status::Uncertain {
            return; // Rescue was quicker, and has counted it.
        }
        if completion.outcome == Outcome::Silent {
            row.is_flagged = true;
            row.unanswered += 1;
        }
        if completion.outcome == Outcome::Accepted {
            row.message = completion.attempt.mark;
        }
        if completion
            .outcome
            .error()
            .is_some_and(|error| !costs_attempt(&error))
        {
            row.attempts = row.attempts.saturating_sub(1);
        }
        if row.remembered != NO_MARK
            && completion.outcome != Outcome::Accepted
            && self.has(Guard::RememberedAtCompletion)
        {
            row.message = row.remembered;
            event = StatusEvent::Accepted;
        }
        change(row, event);
    }

    /// Whether `rescue` would take it.
    pub fn may_rescue(&self, state: &State, daemon: usize, notification: usize) -> bool {
        let row = &state.notifications[notification];
        let itself = &state.daemons[daemon];
        let is_left = row.epoch != state.channel.epoch || !self.has(Guard::RescueOldEpochs);
        let is_own = self.has(Guard::RescueOwn)
            && state.holds_lease(daemon, row.epoch)
            && itself.lane == Some(row.epoch);
        let is_known =
            itself.in_flight[notification] != InFlight::No && self.has(Guard::RescueNotInFlight);
        row.status == Status::Processing && (is_left || is_own) && !is_known
    }

    /// `rescue`
    pub fn rescue(&self, row: &mut Notification) {
        row.unanswered += 1;
        row.is_flagged |= self.has(Guard::RescueFlags);
        let event = if row.remembered != NO_MARK && self.has(Guard::RememberedAtRescue) {
            row.message = row.remembered;
            StatusEvent::Accepted
        } else if row.unanswered >= MAX_UNANSWERED || row.attempts >= row.max_attempts {
            StatusEvent::GaveUp
        } else {
            StatusEvent::AnswerLost
        };
        change(row, event);
    }

    /// Whether `cancel` would not refuse.
    pub fn may_cancel(&self, row: &Notification) -> bool {
        row.status.is_claimable()
            || (row.status == Status::Processing && !self.has(Guard::StatusAtCancel))
    }

    /// `retry`, at an operator's wish.
    pub fn retry(&self, row: &mut Notification) {
        row.is_withdrawn = false;
        row.max_attempts += 1;
        row.unanswered = 0;
        row.is_flagged &= self.has(Guard::FlagAtRetry);
        let attempted = row.attempts > 0;
        change(row, StatusEvent::Requeued { attempted });
    }
}

/// The status follows core, and what was remembered ends with the attempt in flight.
pub fn change(row: &mut Notification, event: StatusEvent) {
    if let Ok(status) = next(row.status, event) {
        row.status = status;
    }
    if row.status != Status::Processing {
        row.remembered = NO_MARK;
    }
}

/// `cancel`
pub fn cancel(row: &mut Notification) {
    row.is_withdrawn = !row.is_flagged;
    row.status = next(row.status, StatusEvent::Canceled).unwrap_or(Status::Canceled);
}

/// A mark that was not durable is gone after a crash of the server.
pub fn lose_mark(row: &mut Notification) {
    row.attempts -= 1;
    row.status = if row.attempts == 0 {
        Status::Pending
    } else {
        Status::Retrying
    };
}
