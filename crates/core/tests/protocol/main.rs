//! The protocol of leases and statuses, explored exhaustively: every order of the steps of two daemons, the database, a
//! provider and an operator, with mishaps between any two of them. What a status becomes, and what follows an error, core
//! itself decides. `docs/ARCHITECTURE.md` says what is left out.

mod daemon;
mod database;
mod model;
mod properties;
mod sending;
mod state;
mod variants;

use std::time::Instant;

use stateright::{Checker, Expectation, HasDiscoveries, Model};

use model::Protocol;
use state::{Budget, Mishap};

/// Mishaps of one run. One more takes eight times as long and 2 GB, and finds nothing new.
const MISHAPS: u8 = 3;

/// B2, B9, T9: whatever happens, in any order, of which two may be crashes.
#[test]
fn the_protocol_keeps_its_promises() {
    use Mishap::{
        Cancel, Crash, Eviction, LostAnswer, Receipt, Release, Retry, Stall, Unreachable,
    };
    let budget = Budget::of(&[
        Crash,
        Crash,
        Stall,
        Eviction,
        Release,
        LostAnswer,
        Unreachable,
        Cancel,
        Retry,
        Receipt,
    ]);
    let protocol = Protocol {
        notifications: 1,
        budget: budget.at_most(MISHAPS),
        without: Vec::new(),
    };
    let found = explore(protocol, HasDiscoveries::AnyFailures);
    assert_eq!(found.broken, [""; 0], "{}", found.traces);
    assert_eq!(found.impossible, [""; 0]);
}

/// B9: two notifications of one channel, and one daemon that crashes or stands still.
#[test]
fn two_notifications_do_not_get_into_each_others_way() {
    let protocol = Protocol {
        notifications: 2,
        budget: Budget::of(&[Mishap::Crash, Mishap::Stall]).at_most(1),
        without: Vec::new(),
    };
    let found = explore(protocol, HasDiscoveries::AnyFailures);
    assert_eq!(found.broken, [""; 0], "{}", found.traces);
}

/// What an exploration has found.
struct Found {
    /// What should always hold, and does not.
    broken: Vec<&'static str>,
    /// What should be possible, and is not.
    impossible: Vec<&'static str>,
    /// How the broken ones broke.
    traces: String,
}

/// Explores all that can be reached, or until `finish_when`.
fn explore(protocol: Protocol, finish_when: HasDiscoveries) -> Found {
    let begin = Instant::now();
    let checker = protocol.checker().finish_when(finish_when).spawn_bfs();
    let checker = checker.join();
    println!(
        "{} states, {} steps, depth {}, {:.1} s, without {:?}",
        checker.unique_state_count(),
        checker.state_count(),
        checker.max_depth(),
        begin.elapsed().as_secs_f64(),
        checker.model().without,
    );
    let discoveries = checker.discoveries();
    let mut found = Found {
        broken: Vec::new(),
        impossible: Vec::new(),
        traces: String::new(),
    };
    for property in checker.model().properties() {
        match (property.expectation, discoveries.get(property.name)) {
            (Expectation::Sometimes, None) => found.impossible.push(property.name),
            (Expectation::Sometimes, _) | (_, None) => {}
            (_, Some(path)) => {
                found.broken.push(property.name);
                let steps = path.clone().into_actions();
                found.traces += &format!("{}: {steps:#?}\n", property.name);
            }
        }
    }
    found
}
