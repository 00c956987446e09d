//! The protocol as a graph: which steps are possible in a state, and what they lead to.

use stateright::{Model, Property};
use zapgres_core::status::{Status, StatusEvent};

use super::database::{cancel, change, lose_mark};
use super::properties;
use super::state::{Budget, Daemon, InFlight, Mishap, Outcome, Request, State};
use super::variants::Guard;

/// Lease and state protocol, possibly with guards taken away.
#[derive(Debug, Clone)]
pub struct Protocol {
    pub notifications: usize,
    pub budget: Budget,
    pub without: Vec<Guard>,
}

impl Protocol {
    /// Whether the guard is in place.
    pub fn has(&self, guard: Guard) -> bool {
        !self.without.contains(&guard)
    }
}

/// A step. Numbers are those of daemon and notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// A daemon's own step.
    Daemon(usize, Step),
    /// A daemon's step for a notification.
    Send(usize, usize, SendStep),
    /// The request of that mark reaches the provider.
    Accept(usize, usize),
    /// The request of that mark leads to nothing.
    Vanish(usize, usize),
    /// The statement whose connection was lost is executed.
    ExecuteUnheard,
    /// An operator cancels it.
    Cancel(usize),
    /// An operator has it tried again.
    Retry(usize),
    /// The provider reports that it is on the phone.
    Deliver(usize),
    /// The provider reports that it could not deliver after all.
    Bounce(usize),
    /// The database server crashes, and with it goes what was not durable.
    LoseMark(usize),
}

/// What happens to a daemon as a whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Crash,
    /// Starts, or begins anew because its row is gone.
    Register,
    Renew,
    /// No more than the margin of its lease is left.
    RunShort,
    /// Its lease is over.
    RunOut,
    /// Somebody deletes its row, the lease being over.
    Delete,
    /// Its row is deleted before the lease is over, by a successor of the same name.
    Evict,
    Acquire,
    AcquireUnheard,
    Release,
}

/// What a daemon does for one notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendStep {
    Mark,
    MarkUnheard,
    /// The request begins.
    Begin,
    /// The begin window closes.
    MissWindow,
    /// The attempt can no longer begin.
    GiveBack,
    /// The request could not leave.
    FindUnreachable,
    /// The answer of acceptance arrives.
    HearAcceptance,
    HearRefusal(Outcome),
    HearNothing,
    /// The provider, being asked, has the message.
    Reconcile,
    Complete,
    CompleteUnheard,
    Rescue,
}

impl Model for Protocol {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::new(self.budget)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        for daemon in 0..state.daemons.len() {
            let steps = self.steps(state, daemon);
            actions.extend(steps.map(|step| Action::Daemon(daemon, step)));
            for notification in 0..self.notifications {
                self.send_steps(state, daemon, notification, &mut |step| {
                    actions.push(Action::Send(daemon, notification, step));
                });
            }
        }
        for notification in 0..self.notifications {
            self.other_actions(state, notification, actions);
        }
        if state.unheard.is_some() {
            actions.push(Action::ExecuteUnheard);
        }
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = *last;
        self.act(&mut state, action);
        Some(state.canonical(self.notifications))
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all()
    }
}

impl Protocol {
    /// Whether anything is bound to happen: other than mishaps and people's wishes.
    pub fn is_quiet(&self, state: &State) -> bool {
        let is_busy = |daemon: &Daemon| {
            !daemon.is_up || daemon.in_flight.iter().any(|it| *it != InFlight::No)
        };
        if state.unheard.is_some() || state.daemons.iter().any(is_busy) {
            return false;
        }
        let mut actions = Vec::new();
        self.actions(state, &mut actions);
        !actions
            .iter()
            .any(|action| is_bound_to_happen(state, *action))
    }

    fn other_actions(&self, state: &State, notification: usize, actions: &mut Vec<Action>) {
        let row = &state.notifications[notification];
        for (mark, request) in row.requests.iter().enumerate() {
            if *request == Request::OnItsWay {
                actions.push(Action::Accept(notification, mark));
                actions.push(Action::Vanish(notification, mark));
            }
        }
        if state.left.allows(Mishap::Cancel) && self.may_cancel(row) {
            actions.push(Action::Cancel(notification));
        }
        if state.left.allows(Mishap::Retry)
            && matches!(row.status, Status::Failed | Status::Canceled)
        {
            actions.push(Action::Retry(notification));
        }
        if state.left.allows(Mishap::Receipt) && row.has_request(Request::Accepted) {
            actions.push(Action::Deliver(notification));
            // It waits until the answer is there.
            if row.status == Status::Sent {
                actions.push(Action::Bounce(notification));
            }
        }
        if !self.has(Guard::DurableMark) && row.status == Status::Processing {
            actions.push(Action::LoseMark(notification));
        }
    }

    fn act(&self, state: &mut State, action: Action) {
        match action {
            Action::Daemon(daemon, step) => self.step(state, daemon, step),
            Action::Send(daemon, notification, step) => {
                self.send_step(state, daemon, notification, step);
            }
            Action::Accept(notification, mark) => {
                state.notifications[notification].requests[mark] = Request::Accepted;
            }
            Action::Vanish(notification, mark) => {
                state.notifications[notification].requests[mark] = Request::Over;
            }
            Action::ExecuteUnheard => {
                if let Some(completion) = state.unheard.take() {
                    self.complete(state, &completion);
                }
            }
            Action::Cancel(notification) => {
                state.left.spend(Mishap::Cancel);
                cancel(&mut state.notifications[notification]);
            }
            Action::Retry(notification) => {
                state.left.spend(Mishap::Retry);
                self.retry(&mut state.notifications[notification]);
            }
            Action::Deliver(notification) => {
                state.left.spend(Mishap::Receipt);
                change(
                    &mut state.notifications[notification],
                    StatusEvent::Delivered,
                );
            }
            Action::Bounce(notification) => {
                state.left.spend(Mishap::Receipt);
                let row = &mut state.notifications[notification];
                row.undelivered = row.message;
                row.requests[usize::from(row.message)] = Request::Over;
                change(row, StatusEvent::DeliveryFailed);
            }
            Action::LoseMark(notification) => lose_mark(&mut state.notifications[notification]),
        }
    }
}

/// Not a mishap, nor a person's wish, nor a mere passing of time for a daemon that is well.
fn is_bound_to_happen(state: &State, action: Action) -> bool {
    match action {
        Action::Daemon(daemon, Step::RunShort | Step::RunOut) => !state.daemons[daemon].is_up,
        Action::Daemon(_, Step::Crash | Step::Evict | Step::AcquireUnheard | Step::Release)
        | Action::Send(
            _,
            _,
            SendStep::MarkUnheard | SendStep::FindUnreachable | SendStep::CompleteUnheard,
        )
        | Action::Cancel(_)
        | Action::Retry(_)
        | Action::Deliver(_)
        | Action::Bounce(_)
        | Action::LoseMark(_) => false,
        Action::Daemon(..)
        | Action::Send(..)
        | Action::Accept(..)
        | Action::Vanish(..)
        | Action::ExecuteUnheard => true,
    }
}
