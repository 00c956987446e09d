//! What a daemon does as a whole, and what befalls it.

use super::model::{Protocol, Step};
use super::state::{InFlight, Lease, Mishap, State};

impl Protocol {
    /// Steps of a daemon as a whole.
    pub fn steps(&self, state: &State, daemon: usize) -> impl Iterator<Item = Step> + use<> {
        let itself = state.daemons[daemon];
        let left = state.left;
        let has_stake = state.has_stake(daemon);
        // In an orderly release outcomes are written first.
        let is_idle = itself.in_flight.iter().all(|it| *it == InFlight::No);
        let can_acquire = itself.is_up
            && itself.lease == Lease::Valid
            && itself.has_time
            && itself.lane.is_none()
            && self.is_free(state, daemon);
        let can_release = is_idle
            && itself
                .lane
                .is_some_and(|epoch| state.holds_lease(daemon, epoch));
        [
            (Step::Crash, itself.is_up && left.allows(Mishap::Crash)),
            (
                Step::Register,
                !itself.is_up || itself.lease == Lease::Absent,
            ),
            (
                Step::Renew,
                itself.is_up && itself.lease != Lease::Absent && !itself.has_time,
            ),
            (Step::RunShort, itself.is_up && itself.has_time && has_stake),
            (
                Step::RunOut,
                itself.lease == Lease::Valid
                    && !itself.has_time
                    && has_stake
                    && (!itself.is_up || left.allows(Mishap::Stall)),
            ),
            (Step::Delete, itself.lease == Lease::Over),
            (
                Step::Evict,
                itself.is_up
                    && itself.lease == Lease::Valid
                    && has_stake
                    && left.allows(Mishap::Eviction),
            ),
            (Step::Acquire, can_acquire),
            (
                Step::AcquireUnheard,
                can_acquire && left.allows(Mishap::LostAnswer),
            ),
            (Step::Release, can_release && left.allows(Mishap::Release)),
        ]
        .into_iter()
        .filter_map(|(step, is_possible)| is_possible.then_some(step))
    }

    /// Takes a step.
    pub fn step(&self, state: &mut State, daemon: usize, step: Step) {
        match step {
            Step::Crash => {
                state.left.spend(Mishap::Crash);
                crash(state, daemon);
            }
            Step::Register => {
                self.register(state, daemon);
                let itself = &mut state.daemons[daemon];
                itself.is_up = true;
                itself.has_time = true;
                itself.is_evicted = false;
                itself.lane = None;
            }
            Step::Renew => {
                state.daemons[daemon].lease = Lease::Valid;
                state.daemons[daemon].has_time = true;
            }
            Step::RunShort => state.daemons[daemon].has_time = false,
            Step::RunOut => {
                if state.daemons[daemon].is_up {
                    state.left.spend(Mishap::Stall);
                }
                state.daemons[daemon].lease = Lease::Over;
            }
            Step::Delete => state.daemons[daemon].lease = Lease::Absent,
            Step::Evict => {
                state.left.spend(Mishap::Eviction);
                state.daemons[daemon].lease = Lease::Absent;
                state.daemons[daemon].is_evicted = true;
            }
            Step::Acquire => state.daemons[daemon].lane = Some(self.acquire(state, daemon)),
            Step::AcquireUnheard => {
                state.left.spend(Mishap::LostAnswer);
                self.acquire(state, daemon);
            }
            Step::Release => {
                state.left.spend(Mishap::Release);
                state.daemons[daemon].lane = None;
                state.channel.owner = None;
            }
        }
    }
}

/// The process is gone, and its memory with it; its row stays, and what is on its way too.
fn crash(state: &mut State, daemon: usize) {
    let has_stake = state.channel.owner.map(usize::from) == Some(daemon);
    let itself = &mut state.daemons[daemon];
    itself.is_up = false;
    itself.lane = None;
    itself.has_time = false;
    itself.is_evicted = false;
    itself.in_flight = [InFlight::No; 2];
    if !has_stake {
        itself.lease = Lease::Absent;
    }
}
