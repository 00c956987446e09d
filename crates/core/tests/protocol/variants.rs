//! The guards of the protocol. Without any one of them something goes wrong, and the checker finds how: otherwise either
//! the guard would be idle, or the checker blind.

use stateright::HasDiscoveries;

use super::explore;
use super::model::Protocol;
use super::properties::{
    NOTHING_CANCELED, NOTHING_DISCARDED, NOTHING_LOST, NOTHING_REPEATED, NOTHING_SIDE_BY_SIDE,
    NOTHING_STALE, NOTHING_UNDONE, NOTHING_UNLEASED, NOTHING_UNRECORDED,
};
use super::state::Budget;
use super::state::Mishap::{
    self, Cancel, Crash, Eviction, LostAnswer, Receipt, Retry, Stall, Unreachable,
};

/// A guard.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guard {
    /// Marking checks owner, epoch and lease in the same statement.
    LeaseAtMark,
    /// Marking rechecks the status.
    StatusAtMark,
    /// Marking waits until an unanswered attempt can no longer begin or be on its way.
    WaitBeforeRepeat,
    /// The same for what an operator asks to retry.
    WaitBeforeRetry,
    /// A mark is durable before its request begins.
    DurableMark,
    /// No request begins when less than the margin of the lease is left.
    Margin,
    /// No request begins later than the begin window after its mark.
    BeginWindow,
    /// A daemon does not mark what it has in flight itself.
    OneInFlight,
    /// Completion compares the number of the attempt.
    AttemptAtCompletion,
    /// Completion compares the epoch.
    EpochAtCompletion,
    /// Completion compares the mark: its time, `processing_at`.
    MarkAtCompletion,
    /// An acceptance is written whatever has become of the row.
    LateAcceptance,
    /// An acceptance that the row has already changes nothing.
    NewsOnly,
    /// An acceptance that met a newer attempt in flight decides when that one ends.
    RememberedAtCompletion,
    /// The same when the newer attempt has to be rescued.
    RememberedAtRescue,
    /// Only what reached nobody is given back.
    GiveBackUnsent,
    /// A rescued row is flagged.
    RescueFlags,
    /// Rescue leaves alone what is in flight under the current epoch.
    RescueOldEpochs,
    /// But for the owner, who knows what it has in flight.
    RescueOwn,
    /// Rescue leaves alone what this process has in flight.
    RescueNotInFlight,
    /// Taking a channel over raises its epoch.
    EpochAtTakeover,
    /// A daemon that registers anew frees what its name still owns.
    FreeAtRegistration,
    /// A daemon takes what its name owns and it knows nothing of.
    TakeOwn,
    /// Only what waits can be canceled.
    StatusAtCancel,
    /// An operator's retry leaves the flag.
    FlagAtRetry,
}

/// A process whose name was taken over goes on marking.
#[test]
fn marking_checks_the_lease() {
    breaks(&[Guard::LeaseAtMark], &[Eviction], NOTHING_UNLEASED);
}

/// A daemon stands still after marking, and sends what another has taken over.
#[test]
fn no_request_begins_at_the_end_of_a_lease() {
    breaks(&[Guard::Margin], &[Stall], NOTHING_UNLEASED);
}

/// As before, where nothing tells the daemon that its lease is gone.
#[test]
fn no_request_begins_long_after_its_mark() {
    breaks(&[Guard::BeginWindow], &[Eviction], NOTHING_SIDE_BY_SIDE);
}

/// The server crashes and has forgotten the attempt.
#[test]
fn a_mark_is_durable_before_its_request() {
    breaks(&[Guard::DurableMark], &[], NOTHING_REPEATED);
}

/// It was canceled while it waited in the lane's memory.
#[test]
fn marking_rechecks_the_status() {
    breaks(&[Guard::StatusAtMark], &[Cancel], NOTHING_CANCELED);
}

/// Its request begins all the same.
#[test]
fn what_is_in_flight_cannot_be_canceled() {
    breaks(&[Guard::StatusAtCancel], &[Cancel], NOTHING_CANCELED);
}

/// The channel comes back to a daemon that has not yet written what it knows.
#[test]
fn a_daemon_does_not_mark_what_it_has_in_flight() {
    breaks(&[Guard::OneInFlight], &[Stall, Stall], NOTHING_DISCARDED);
}

/// Silence is no refusal.
#[test]
fn only_what_was_not_sent_is_given_back() {
    breaks(&[Guard::GiveBackUnsent], &[], NOTHING_REPEATED);
}

/// The row was given up, or is being repeated, when the answer comes.
#[test]
fn a_late_acceptance_counts() {
    breaks(&[Guard::LateAcceptance], &[Stall], NOTHING_DISCARDED);
}

/// A receipt of failure comes between an acceptance and its second writing.
#[test]
fn an_acceptance_is_news_only_once() {
    breaks(&[Guard::NewsOnly], &[LostAnswer, Receipt], NOTHING_UNDONE);
}

/// It fails, and the older one was accepted.
#[test]
fn a_newer_attempt_does_not_hide_an_acceptance() {
    breaks(
        &[Guard::RememberedAtCompletion],
        &[Stall],
        NOTHING_DISCARDED,
    );
}

/// The newer attempt has to be rescued.
#[test]
fn a_crash_does_not_hide_an_acceptance() {
    breaks(
        &[Guard::RememberedAtRescue],
        &[Stall, Crash],
        NOTHING_DISCARDED,
    );
}

/// The first request is on its way when the channel is taken over.
#[test]
fn a_repeat_waits_until_the_request_has_ended() {
    breaks(&[Guard::WaitBeforeRepeat], &[Stall], NOTHING_SIDE_BY_SIDE);
}

/// Canceled and retried while the request is on its way.
#[test]
fn an_operators_retry_waits_as_long() {
    breaks(
        &[Guard::WaitBeforeRetry],
        &[Cancel, Retry],
        NOTHING_SIDE_BY_SIDE,
    );
}

/// It had failed without an answer.
#[test]
fn an_operators_retry_keeps_the_flag() {
    breaks(&[Guard::FlagAtRetry], &[Retry], NOTHING_REPEATED);
}

/// The request of the dead daemon was accepted.
#[test]
fn a_rescued_notification_is_flagged() {
    breaks(&[Guard::RescueFlags], &[Crash], NOTHING_REPEATED);
}

/// Another daemon takes the owner's work for a remainder.
#[test]
fn rescue_leaves_alone_what_the_owner_has_in_flight() {
    breaks(&[Guard::RescueOldEpochs], &[], NOTHING_UNRECORDED);
}

/// The owner takes its own work for a mark that it has not learnt of.
#[test]
fn rescue_leaves_alone_what_the_process_has_in_flight() {
    breaks(&[Guard::RescueNotInFlight], &[], NOTHING_UNRECORDED);
}

/// The row shows an attempt that nobody makes.
#[test]
fn a_mark_without_an_answer_is_found_again() {
    breaks(&[Guard::RescueOwn], &[LostAnswer], NOTHING_LOST);
}

/// A process whose name was taken over cannot be told from its successor.
#[test]
fn a_takeover_raises_the_epoch() {
    breaks(&[Guard::EpochAtTakeover], &[Eviction], NOTHING_UNLEASED);
}

/// The channel was acquired, and its owner has not learnt of it.
#[test]
fn a_daemon_takes_what_its_name_owns() {
    breaks(&[Guard::TakeOwn], &[LostAnswer], NOTHING_LOST);
}

/// The same for a daemon that was away for long and registers anew: either guard suffices.
#[test]
fn registering_frees_what_the_name_owned() {
    holds(&[Guard::FreeAtRegistration], &[Stall]);
    breaks(
        &[Guard::FreeAtRegistration, Guard::TakeOwn],
        &[Stall],
        NOTHING_LOST,
    );
}

/// A statement of a broken connection is executed late. Each compare covers what the ones before it do not: the number
/// of the attempt, unless it was given back and is used again; the epoch, unless that was under the same one.
#[test]
fn completion_knows_its_attempt() {
    use Guard::{AttemptAtCompletion, EpochAtCompletion, MarkAtCompletion};
    breaks(
        &[MarkAtCompletion, EpochAtCompletion, AttemptAtCompletion],
        &[LostAnswer],
        NOTHING_STALE,
    );
    holds(&[MarkAtCompletion, EpochAtCompletion], &[LostAnswer]);
    breaks(
        &[MarkAtCompletion, EpochAtCompletion],
        &[LostAnswer, Stall],
        NOTHING_STALE,
    );
    holds(&[MarkAtCompletion], &[LostAnswer, Stall]);
    breaks(
        &[MarkAtCompletion],
        &[LostAnswer, Unreachable],
        NOTHING_STALE,
    );
}

/// Without the guards, these mishaps break what is `expected`. The exploration of the whole protocol shows that with
/// them they do not.
fn breaks(without: &[Guard], mishaps: &[Mishap], expected: &'static str) {
    let finish_when = HasDiscoveries::AllOf([expected].into());
    let found = explore(protocol(without, mishaps), finish_when);
    assert!(
        found.broken.contains(&expected),
        "without {without:?} only {:?} broke",
        found.broken
    );
}

/// Without the guards, these mishaps break nothing.
fn holds(without: &[Guard], mishaps: &[Mishap]) {
    let found = explore(protocol(without, mishaps), HasDiscoveries::AnyFailures);
    assert_eq!(found.broken, [""; 0], "{}", found.traces);
}

fn protocol(without: &[Guard], mishaps: &[Mishap]) -> Protocol {
    Protocol {
        notifications: 1,
        budget: Budget::of(mishaps),
        without: without.to_vec(),
    }
}
