//! What must hold in every state, whatever happens in whichever order.

use stateright::Property;
use zapgres_core::status::Status;

use super::model::Protocol;
use super::state::{Daemon, InFlight, NO_MARK, Notification, Request, State};

/// Among those that are always true.
pub const NOTHING_LOST: &str = "a notification whose turn is over has a final status";
pub const NOTHING_DISCARDED: &str = "an acceptance that was reported is never forgotten";
pub const NOTHING_UNDONE: &str = "a delivery that failed is not called sent again";
pub const NOTHING_STALE: &str = "an attempt that is over changes nothing";
pub const NOTHING_UNLEASED: &str = "no attempt without the lease";
pub const NOTHING_UNRECORDED: &str = "no request that the row does not show";
pub const NOTHING_SIDE_BY_SIDE: &str = "no repeat beside a request on its way";
pub const NOTHING_REPEATED: &str = "one request at most that may arrive, but for flagged ones";
pub const NOTHING_CANCELED: &str = "what was canceled before any attempt is not sent";

/// What must not happen, seen at the moment when it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Breach {
    Unleased,
    Stale,
    Unrecorded,
    SideBySide,
    Repeated,
    Canceled,
    Discarded,
}

impl Breach {
    /// Keeps it in the state.
    pub fn note(self, state: &mut State) {
        state.breaches |= self.bit();
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }

    const fn is_in(self, state: &State) -> bool {
        state.breaches & self.bit() != 0
    }
}

/// What always holds, and what must be possible so that this says something.
pub fn all() -> Vec<Property<Protocol>> {
    let mut all = vec![
        Property::always(NOTHING_LOST, |protocol: &Protocol, state: &State| {
            state.rows(protocol).all(|row| row.status.is_final()) || !protocol.is_quiet(state)
        }),
        Property::always(NOTHING_DISCARDED, |protocol: &Protocol, state: &State| {
            !Breach::Discarded.is_in(state)
                && state
                    .rows(protocol)
                    .all(|row| !row.is_reported || is_known_to_be_sent(row))
        }),
        Property::always(NOTHING_UNDONE, |protocol: &Protocol, state: &State| {
            state
                .rows(protocol)
                .all(|row| !is_undelivered_and_sent(row))
        }),
        Property::always(NOTHING_STALE, |_, state| !Breach::Stale.is_in(state)),
        Property::always(NOTHING_UNLEASED, |_, state| !Breach::Unleased.is_in(state)),
        Property::always(NOTHING_UNRECORDED, |_, state| {
            !Breach::Unrecorded.is_in(state)
        }),
        Property::always(NOTHING_SIDE_BY_SIDE, |_, state| {
            !Breach::SideBySide.is_in(state)
        }),
        Property::always(NOTHING_REPEATED, |_, state| !Breach::Repeated.is_in(state)),
        Property::always(NOTHING_CANCELED, |_, state| !Breach::Canceled.is_in(state)),
    ];
    all.extend(possibilities());
    all
}

fn possibilities() -> [Property<Protocol>; 4] {
    [
        Property::sometimes("a repeat arrives as well", |_, state: &State| {
            let requests = state.notifications[0].requests.iter();
            requests
                .filter(|request| **request == Request::Accepted)
                .count()
                > 1
        }),
        Property::sometimes(
            "an acceptance waits for a newer attempt",
            |_, state: &State| state.notifications[0].remembered != NO_MARK,
        ),
        Property::sometimes(
            "a canceled notification is in flight",
            |_, state: &State| {
                let is_sending =
                    |daemon: &Daemon| matches!(daemon.in_flight[0], InFlight::Sending(_));
                state.notifications[0].status == Status::Canceled
                    && state.daemons.iter().any(is_sending)
            },
        ),
        Property::sometimes("a number is used again", |_, state: &State| {
            let row = &state.notifications[0];
            row.marks() > usize::from(row.attempts) && row.status == Status::Sent
        }),
    ]
}

fn is_known_to_be_sent(row: &Notification) -> bool {
    matches!(row.status, Status::Sent | Status::Delivered | Status::Read)
        || row.remembered != NO_MARK
        || row.undelivered != NO_MARK
}

fn is_undelivered_and_sent(row: &Notification) -> bool {
    row.status == Status::Sent && row.undelivered != NO_MARK && row.undelivered == row.message
}

/// Notes a request that begins although it must not.
pub fn judge_begin(state: &mut State, daemon: usize, notification: usize) {
    let InFlight::Marked { attempt, is_late } = state.daemons[daemon].in_flight[notification]
    else {
        return;
    };
    // A process whose name was taken over may begin what it has marked before, for as long as the begin window is open.
    let is_excused = state.daemons[daemon].is_evicted && !is_late;
    let row = state.notifications[notification];
    let has_arrived = matches!(row.status, Status::Sent | Status::Delivered | Status::Read);
    let is_recorded = row.status == Status::Processing && row.mark == attempt.mark;
    if !state.holds_lease(daemon, attempt.epoch) && !is_excused {
        Breach::Unleased.note(state);
    }
    if !is_recorded && !has_arrived && !is_excused {
        Breach::Unrecorded.note(state);
    }
    if row.is_withdrawn {
        Breach::Canceled.note(state);
    }
    if row.has_request(Request::OnItsWay) {
        Breach::SideBySide.note(state);
    }
    let may_be_repeat = row.has_request(Request::OnItsWay) || row.has_request(Request::Accepted);
    if may_be_repeat && !attempt.is_flagged {
        Breach::Repeated.note(state);
    }
}

impl State {
    fn rows(&self, protocol: &Protocol) -> impl Iterator<Item = &Notification> {
        self.notifications.iter().take(protocol.notifications)
    }
}
