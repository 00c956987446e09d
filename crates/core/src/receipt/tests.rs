use proptest::prelude::*;

use super::*;

fn second(number: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000 + number, 0).unwrap()
}

const NOW: i64 = 1000;

/// A notification in its first attempt, whose acceptance is known when it is sent.
fn standing(status: Status) -> Standing {
    let is_sent = status == Status::Sent;
    Standing {
        status,
        attempt: 1,
        accepted: is_sent.then_some(1).into_iter().collect(),
        not_before: Some(second(0)),
        sent_at: is_sent.then(|| second(0)),
        delivered_at: None,
        read_at: None,
        failed_at: None,
        failure: None,
        has_template: false,
    }
}

fn news(kind: Kind, at: i64) -> News {
    News {
        attempt: 1,
        kind,
        at: Some(second(at)),
    }
}

fn failed(class: ErrorClass) -> Kind {
    Kind::Failed(Failure {
        class,
        message: "not delivered".to_owned(),
    })
}

fn told(standing: &mut Standing, news: &News) -> Effect {
    apply(standing, news, second(NOW)).unwrap()
}

/// C8: sent, delivered, read, each with the provider's time.
#[test]
fn receipts_move_a_notification_forward() {
    let mut standing = standing(Status::Sent);
    assert_eq!(told(&mut standing, &news(Kind::Sent, 1)), Effect::Nothing);
    for (kind, at, status) in [
        (Kind::Delivered, 5, Status::Delivered),
        (Kind::Read, 9, Status::Read),
    ] {
        assert_eq!(told(&mut standing, &news(kind, at)), Effect::Changed);
        assert_eq!(standing.status, status);
    }
    assert_eq!(standing.sent_at, Some(second(0)));
    assert_eq!(standing.delivered_at, Some(second(5)));
    assert_eq!(standing.read_at, Some(second(9)));
}

/// C8: never backwards, though the time of an earlier step is still noted.
#[test]
fn a_receipt_that_comes_late_fills_in_its_time() {
    let mut standing = standing(Status::Sent);
    told(&mut standing, &news(Kind::Read, 9));
    assert_eq!(
        told(&mut standing, &news(Kind::Delivered, 5)),
        Effect::Changed
    );
    assert_eq!(standing.status, Status::Read);
    assert_eq!(standing.delivered_at, Some(second(5)));
    assert_eq!(
        told(&mut standing, &news(Kind::Delivered, 5)),
        Effect::Nothing
    );
}

#[test]
fn times_lie_between_the_acceptance_and_now() {
    for (at, noted) in [(-5, 0), (5, 5), (NOW + 60, NOW)] {
        let mut standing = standing(Status::Sent);
        told(&mut standing, &news(Kind::Delivered, at));
        assert_eq!(standing.delivered_at, Some(second(noted)));
    }
}

/// B2: whatever the answer said or did not say, a receipt proves that the provider has it.
#[test]
fn a_receipt_proves_the_acceptance() {
    for status in [Status::Processing, Status::Uncertain, Status::Failed] {
        let mut standing = standing(status);
        assert_eq!(told(&mut standing, &news(Kind::Sent, 3)), Effect::Changed);
        assert_eq!(standing.status, Status::Sent);
        assert_eq!(standing.sent_at, Some(second(3)));
        assert_eq!(standing.accepted, BTreeSet::from([1]));
    }
}

#[test]
fn an_acceptance_does_not_undo_a_failure() {
    let mut standing = standing(Status::Uncertain);
    told(&mut standing, &news(failed(ErrorClass::Rejected), 4));
    assert_eq!(told(&mut standing, &news(Kind::Sent, 3)), Effect::Nothing);
    assert_eq!(standing.status, Status::Failed);
    assert_eq!(standing.failed_at, Some(second(4)));
}

#[test]
fn a_failure_waits_for_the_answer() {
    let mut standing = standing(Status::Processing);
    let failure = news(failed(ErrorClass::Rejected), 4);
    assert_eq!(told(&mut standing, &failure), Effect::Wait);
    told(&mut standing, &news(Kind::Sent, 3));
    assert_eq!(told(&mut standing, &failure), Effect::Changed);
    assert_eq!(standing.status, Status::Failed);
}

#[test]
fn news_of_an_earlier_attempt_does_not_disturb_a_newer_one() {
    let mut standing = standing(Status::Processing);
    standing.attempt = 2;
    let before = standing.clone();
    let failure = news(failed(ErrorClass::Rejected), 4);
    assert_eq!(told(&mut standing, &failure), Effect::Nothing);
    assert_eq!(standing, before);
    assert_eq!(
        told(&mut standing, &news(Kind::Sent, 3)),
        Effect::Remembered
    );
    assert_eq!(standing.status, Status::Processing);
    assert_eq!(
        told(&mut standing, &news(Kind::Delivered, 5)),
        Effect::Changed
    );
    assert_eq!(standing.status, Status::Delivered);
}

/// C1: outside of the window, Meta tells only afterwards that free text was not allowed.
#[test]
fn a_closed_window_is_met_with_the_template_once() {
    let mut standing = standing(Status::Sent);
    standing.has_template = true;
    let closed = news(failed(ErrorClass::WindowClosed), 4);
    assert_eq!(told(&mut standing, &closed), Effect::Requeued);
    assert_eq!(standing.status, Status::Retrying);
    assert_eq!((standing.sent_at, standing.failed_at), (None, None));
    assert_eq!(told(&mut standing, &closed), Effect::Nothing);
    standing.attempt = 2;
    standing.status = Status::Sent;
    let second_time = News {
        attempt: 2,
        ..closed
    };
    assert_eq!(told(&mut standing, &second_time), Effect::Changed);
    assert_eq!(standing.status, Status::Failed);
}

#[test]
fn what_was_never_tried_has_no_receipts() {
    let mut standing = standing(Status::Pending);
    let before = standing.clone();
    assert!(apply(&mut standing, &news(Kind::Read, 1), second(NOW)).is_err());
    assert_eq!(standing, before);
}

/// Receipts of one message: at most one failure, of the class that decides most.
fn receipts() -> impl Strategy<Value = Vec<News>> {
    let steps = prop::collection::vec(
        (
            prop::sample::select(vec![Kind::Sent, Kind::Delivered, Kind::Read]),
            0..NOW,
        ),
        0..6,
    );
    let class = prop::sample::select(vec![ErrorClass::Rejected, ErrorClass::WindowClosed]);
    (steps, prop::option::of((class, 0..NOW))).prop_map(|(steps, failure)| {
        let steps = steps.into_iter().map(|(kind, at)| news(kind, at));
        steps
            .chain(failure.map(|(class, at)| news(failed(class), at)))
            .collect()
    })
}

/// All of them told, those that have to wait until nothing is left that could end their waiting.
fn after(mut standing: Standing, receipts: &[News]) -> Standing {
    let mut waiting: Vec<&News> = receipts.iter().collect();
    loop {
        let before = waiting.len();
        waiting.retain(|news| told(&mut standing, news) == Effect::Wait);
        if waiting.len() == before || waiting.is_empty() {
            return standing;
        }
    }
}

/// When it was accepted is known from whichever receipt came first, where no answer said it. And a failure that was told
/// before the contrary has used up the template.
fn comparable(mut standing: Standing) -> (Standing, bool) {
    let is_sent = standing.sent_at.take().is_some();
    standing.has_template = false;
    (standing, is_sent)
}

proptest! {
    /// C8: any order of receipts, and any repetition, ends the same.
    #[test]
    fn order_and_repetition_change_nothing(
        (in_order, mixed) in receipts().prop_flat_map(|receipts| {
            let places = receipts.len().max(1) - 1;
            let again = prop::collection::vec(0..=places, 0..6);
            (Just(receipts), again).prop_flat_map(|(receipts, again)| {
                let repeated = again.iter().filter_map(|place| receipts.get(*place));
                let mixed: Vec<News> = receipts.iter().chain(repeated).cloned().collect();
                (Just(receipts), Just(mixed).prop_shuffle())
            })
        }),
        status in prop::sample::select(vec![Status::Sent, Status::Uncertain, Status::Processing, Status::Failed]),
        has_template: bool,
    ) {
        let begin = Standing { has_template, ..standing(status) };
        let expected = after(begin.clone(), &in_order);
        let found = after(begin, &mixed);
        prop_assert_eq!(comparable(found.clone()), comparable(expected));
        // And told all over again, nothing changes any more.
        prop_assert_eq!(after(found.clone(), &mixed), found);
    }
}
