//! What a daemon does for one notification.

use zapgres_core::status::Status;

use super::model::{Protocol, SendStep};
use super::properties::{Breach, judge_begin};
use super::state::{Attempt, Completion, Daemon, InFlight, Mishap, Outcome, Request, State};
use super::variants::Guard;

impl Protocol {
    /// Steps of a daemon for one notification.
    pub fn send_steps(
        &self,
        state: &State,
        daemon: usize,
        notification: usize,
        possible: &mut impl FnMut(SendStep),
    ) {
        let itself = &state.daemons[daemon];
        if !itself.is_up {
            return;
        }
        match itself.in_flight[notification] {
            InFlight::No => {}
            InFlight::Marked { attempt, is_late } => {
                self.steps_of_marked(state, itself, attempt, is_late, possible);
            }
            InFlight::Sending(attempt) => {
                let requests = &state.notifications[notification].requests;
                steps_of_request(requests[usize::from(attempt.mark)], possible);
            }
            InFlight::Known(..) => {
                possible(SendStep::Complete);
                if state.left.allows(Mishap::LostAnswer) && state.unheard.is_none() {
                    possible(SendStep::CompleteUnheard);
                }
            }
        }
        self.steps_by_row(state, daemon, notification, possible);
    }

    fn steps_of_marked(
        &self,
        state: &State,
        itself: &Daemon,
        attempt: Attempt,
        is_late: bool,
        possible: &mut impl FnMut(SendStep),
    ) {
        let is_lane = itself.lane == Some(attempt.epoch);
        let has_time = itself.has_time || !self.has(Guard::Margin);
        let is_in_window = !is_late || !self.has(Guard::BeginWindow);
        if is_lane && has_time && is_in_window {
            possible(SendStep::Begin);
            if state.left.allows(Mishap::Unreachable) {
                possible(SendStep::FindUnreachable);
            }
        }
        // With a lease of its own it can wait: that the window closes then adds nothing that giving back does not have.
        if itself.is_evicted && !is_late {
            possible(SendStep::MissWindow);
        }
        if !is_lane || is_late {
            possible(SendStep::GiveBack);
        }
    }

    /// What the row invites to, whatever the daemon has in flight.
    fn steps_by_row(
        &self,
        state: &State,
        daemon: usize,
        notification: usize,
        possible: &mut impl FnMut(SendStep),
    ) {
        let itself = &state.daemons[daemon];
        let row = &state.notifications[notification];
        let is_idle =
            itself.in_flight[notification] == InFlight::No || !self.has(Guard::OneInFlight);
        if let Some(epoch) = itself.lane
            && self.may_mark(state, daemon, notification, epoch)
        {
            if is_idle && itself.has_time {
                possible(SendStep::Mark);
                if row.status == Status::Uncertain && row.has_request(Request::Accepted) {
                    possible(SendStep::Reconcile);
                }
            }
            if state.left.allows(Mishap::LostAnswer) {
                possible(SendStep::MarkUnheard);
            }
        }
        if self.may_rescue(state, daemon, notification) {
            possible(SendStep::Rescue);
        }
    }

    /// Takes a step for one notification.
    pub fn send_step(&self, state: &mut State, daemon: usize, notification: usize, step: SendStep) {
        let before = state.daemons[daemon].in_flight[notification];
        let after = match step {
            SendStep::Mark => {
                if matches!(before, InFlight::Known(_, Outcome::Accepted)) {
                    Breach::Discarded.note(state);
                }
                InFlight::Marked {
                    attempt: self.mark(state, daemon, notification),
                    is_late: false,
                }
            }
            SendStep::MarkUnheard => {
                state.left.spend(Mishap::LostAnswer);
                self.mark(state, daemon, notification);
                before
            }
            SendStep::Reconcile => {
                let attempt = state.notifications[notification].last_attempt();
                InFlight::Known(attempt, Outcome::Accepted)
            }
            SendStep::Rescue => {
                self.rescue(&mut state.notifications[notification]);
                before
            }
            SendStep::Complete | SendStep::CompleteUnheard => {
                self.report(state, notification, before, step)
            }
            _ => self.proceed(state, daemon, notification, step),
        };
        state.daemons[daemon].in_flight[notification] = after;
    }

    /// An outcome goes to the database, which may execute it without being heard; then it is sent again.
    fn report(
        &self,
        state: &mut State,
        notification: usize,
        before: InFlight,
        step: SendStep,
    ) -> InFlight {
        let InFlight::Known(attempt, outcome) = before else {
            return before;
        };
        let completion = Completion {
            notification: u8::from(notification == 1),
            attempt,
            outcome,
        };
        if step == SendStep::CompleteUnheard {
            state.left.spend(Mishap::LostAnswer);
            state.unheard = Some(completion);
            return before;
        }
        self.complete(state, &completion);
        InFlight::No
    }

    /// An attempt goes on, from its mark to its outcome.
    fn proceed(
        &self,
        state: &mut State,
        daemon: usize,
        notification: usize,
        step: SendStep,
    ) -> InFlight {
        let before = state.daemons[daemon].in_flight[notification];
        let (InFlight::Marked { attempt, .. }
        | InFlight::Sending(attempt)
        | InFlight::Known(attempt, _)) = before
        else {
            return before;
        };
        let mark = usize::from(attempt.mark);
        match step {
            SendStep::Begin => {
                judge_begin(state, daemon, notification);
                state.notifications[notification].requests[mark] = Request::OnItsWay;
                InFlight::Sending(attempt)
            }
            SendStep::MissWindow => InFlight::Marked {
                attempt,
                is_late: true,
            },
            SendStep::FindUnreachable => {
                state.left.spend(Mishap::Unreachable);
                InFlight::Known(attempt, Outcome::GivenBack)
            }
            SendStep::HearAcceptance => InFlight::Known(attempt, Outcome::Accepted),
            SendStep::HearRefusal(outcome) => {
                state.notifications[notification].requests[mark] = Request::Over;
                InFlight::Known(attempt, outcome)
            }
            SendStep::HearNothing if self.has(Guard::GiveBackUnsent) => {
                InFlight::Known(attempt, Outcome::Silent)
            }
            _ => InFlight::Known(attempt, Outcome::GivenBack),
        }
    }
}

/// An answer may come, or none; refusal and its answer are one step, for a refusal that is not heard is a request that
/// leads to nothing.
fn steps_of_request(request: Request, possible: &mut impl FnMut(SendStep)) {
    if request == Request::Accepted {
        possible(SendStep::HearAcceptance);
    }
    if request == Request::OnItsWay {
        possible(SendStep::HearRefusal(Outcome::Rejected));
        possible(SendStep::HearRefusal(Outcome::Transient));
    }
    possible(SendStep::HearNothing);
}
