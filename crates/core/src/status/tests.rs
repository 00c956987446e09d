use proptest::prelude::*;

use super::*;

/// One row per status, one column per event in the order of [`StatusEvent::ALL`]: the first letters
/// of the status that follows, `.` for the same one, `!` for impossible.
const TABLE: [(Status, [&str; 13]); 11] = [
    // claimed accepted retry lost gave_up canceled skipped expired requeued(never attempted) requeued delivered read
    // delivery_failed
    (
        Status::Pending,
        [
            "proc", "!", "!", "!", "!", "canc", "skip", "expi", "!", "!", "!", "!", "!",
        ],
    ),
    (
        Status::Processing,
        [
            "!", "sent", "retr", "unce", "fail", "!", "!", "!", "!", "!", "deli", "read", "fail",
        ],
    ),
    (
        Status::Sent,
        [
            "!", ".", ".", ".", ".", "!", "!", "!", "!", "!", "deli", "read", "fail",
        ],
    ),
    (
        Status::Delivered,
        [
            "!", ".", ".", ".", ".", "!", "!", "!", "!", "!", ".", "read", ".",
        ],
    ),
    (
        Status::Read,
        [
            "!", ".", ".", ".", ".", "!", "!", "!", "!", "!", ".", ".", ".",
        ],
    ),
    (
        Status::Retrying,
        [
            "proc", "sent", ".", ".", "fail", "canc", "skip", "expi", "!", "!", "deli", "read", ".",
        ],
    ),
    (
        Status::Uncertain,
        [
            "proc", "sent", "retr", ".", "fail", "canc", "skip", "expi", "!", "!", "deli", "read",
            "fail",
        ],
    ),
    (
        Status::Failed,
        [
            "!", "sent", ".", ".", ".", "!", "!", "!", "pend", "retr", "deli", "read", ".",
        ],
    ),
    (
        Status::Canceled,
        [
            "!", "sent", ".", ".", ".", "!", "!", "!", "pend", "retr", "deli", "read", ".",
        ],
    ),
    (
        Status::Skipped,
        [
            "!", "sent", ".", ".", ".", "!", "!", "!", "pend", "retr", "deli", "read", ".",
        ],
    ),
    (
        Status::Expired,
        [
            "!", "sent", ".", ".", ".", "!", "!", "!", "pend", "retr", "deli", "read", ".",
        ],
    ),
];

#[test]
fn every_transition_is_as_documented() {
    assert_eq!(TABLE.map(|(status, _)| status), Status::ALL);
    for (from, row) in TABLE {
        for (event, cell) in StatusEvent::ALL.into_iter().zip(row) {
            let expected = match cell {
                "!" => Err(ImpossibleTransition { from, event }),
                "." => Ok(from),
                start => Ok(Status::ALL
                    .into_iter()
                    .find(|status| status.as_str().starts_with(start))
                    .unwrap()),
            };
            assert_eq!(next(from, event), expected, "{from} {event:?}");
        }
    }
}

#[test]
fn every_status_has_its_code_and_kind() {
    for status in Status::ALL {
        assert_eq!(status.as_str().parse(), Ok(status));
    }
    assert!("done".parse::<Status>().is_err());
    let of = |kind: fn(Status) -> bool| -> Vec<&str> {
        Status::ALL
            .into_iter()
            .filter(|status| kind(*status))
            .map(Status::as_str)
            .collect()
    };
    assert_eq!(
        of(Status::is_claimable),
        ["pending", "retrying", "uncertain"]
    );
    let sending_is_over = [
        "sent",
        "delivered",
        "read",
        "failed",
        "canceled",
        "skipped",
        "expired",
    ];
    assert_eq!(of(Status::is_final), sending_is_over);
    assert_eq!(
        of(Status::is_given_up),
        ["failed", "canceled", "skipped", "expired"]
    );
}

#[test]
fn an_impossible_transition_says_which() {
    let error = next(Status::Sent, StatusEvent::Canceled).unwrap_err();
    assert_eq!(
        error.to_string(),
        "a notification that is sent cannot take the event Canceled"
    );
}

/// Only who has reached nobody may be sent again as if for the first time.
#[test]
fn a_retry_is_possible_after_the_end_and_only_without_a_message() {
    for (attempted, to) in [(false, Status::Pending), (true, Status::Retrying)] {
        let requeued = StatusEvent::Requeued { attempted };
        for from in Status::ALL {
            let expected = if from.is_given_up() {
                Ok(to)
            } else {
                Err(ImpossibleTransition {
                    from,
                    event: requeued,
                })
            };
            assert_eq!(next(from, requeued), expected, "{from}");
        }
    }
}

/// How far a message is known to have come.
fn arrival(status: Status) -> u8 {
    match status {
        Status::Sent | Status::Failed => 1,
        Status::Delivered => 2,
        Status::Read => 3,
        _ => 0,
    }
}

fn is_requeued(event: StatusEvent) -> bool {
    matches!(event, StatusEvent::Requeued { .. })
}

fn is_receipt(event: StatusEvent) -> bool {
    matches!(
        event,
        StatusEvent::Delivered | StatusEvent::Read | StatusEvent::DeliveryFailed
    )
}

/// The path of statuses through a list of events, impossible ones left out.
fn path(events: &[StatusEvent]) -> Vec<(Status, StatusEvent, Status)> {
    let mut status = Status::Pending;
    let mut path = Vec::new();
    for event in events {
        if let Ok(after) = next(status, *event) {
            path.push((status, *event, after));
            status = after;
        }
    }
    path
}

fn any_events() -> impl Strategy<Value = Vec<StatusEvent>> {
    prop::collection::vec(prop::sample::select(&StatusEvent::ALL[..]), 0..30)
}

proptest! {
    /// C8: receipts never move a notification back, whatever else happens around them; only a person does, and never
    /// from a message that is known to be sent.
    #[test]
    fn nothing_moves_back(events in any_events()) {
        for (before, event, after) in path(&events) {
            if is_requeued(event) {
                prop_assert!(before.is_given_up() && after.is_claimable());
                continue;
            }
            prop_assert!(arrival(after) >= arrival(before), "{before} {event:?} {after}");
            prop_assert!(!before.is_final() || after.is_final(), "{before} {event:?} {after}");
            if is_receipt(event) {
                prop_assert!(after == before || after.is_final());
            }
        }
    }

    #[test]
    fn only_a_claim_starts_an_attempt(events in any_events()) {
        for (before, event, after) in path(&events) {
            if after == Status::Processing && before != after {
                prop_assert_eq!(event, StatusEvent::Claimed);
                prop_assert!(before.is_claimable());
            }
        }
    }

    /// The same news twice is the same as once.
    #[test]
    fn repeated_news_changes_nothing(events in any_events()) {
        for (_, event, after) in path(&events) {
            if let Ok(again) = next(after, event) {
                prop_assert_eq!(again, after);
            }
        }
    }

    /// Receipts may come in any order, at any time after an attempt; the end is the same.
    #[test]
    fn the_order_of_receipts_does_not_matter(
        begin in prop::sample::select(&Status::ALL[1..]),
        mut receipts in prop::collection::vec(
            prop::sample::select(vec![StatusEvent::Accepted, StatusEvent::Delivered, StatusEvent::Read]), 1..6,
        ),
    ) {
        let end = |receipts: &[StatusEvent]| {
            receipts.iter().fold(begin, |status, event| next(status, *event).unwrap())
        };
        let one_way = end(&receipts);
        receipts.reverse();
        prop_assert_eq!(end(&receipts), one_way);
    }

    /// B2: late proof that a message was accepted is never thrown away.
    #[test]
    fn proof_of_a_message_always_wins(events in any_events(), proof in prop::sample::select(vec![
        StatusEvent::Accepted, StatusEvent::Delivered, StatusEvent::Read,
    ])) {
        let status = path(&events).last().map_or(Status::Pending, |(_, _, after)| *after);
        match next(status, proof) {
            Ok(after) => prop_assert!(matches!(after, Status::Sent | Status::Delivered | Status::Read)),
            Err(_) => prop_assert_eq!(status, Status::Pending, "no attempt was made"),
        }
    }
}
