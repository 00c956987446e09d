//! How daemons share the channels, and for how long one may act on what it holds.

use std::time::Duration;

/// The request of an attempt begins at most this long after the attempt was marked. So whoever finds the mark later knows
/// when the request has ended at the latest.
pub const START_WINDOW: Duration = Duration::from_secs(5);

/// A provider may go on this long with a request whose client has given up.
const PROVIDER_LAG: Duration = Duration::from_secs(5);

/// How many of `channels` channels the daemon at place `rank` (0 is the first) among `daemons` daemons is to hold: evenly,
/// the first ones one more where it does not come out even.
#[must_use]
pub fn target(channels: usize, daemons: usize, rank: usize) -> usize {
    if rank >= daemons {
        return 0;
    }
    channels / daemons + usize::from(rank < channels % daemons)
}

/// Time between two renewals of a lease: two may fail before it comes into its [`margin`].
#[must_use]
pub fn renewal_interval(lease: Duration) -> Duration {
    lease / 4
}

/// Time at the end of a lease in which nothing is marked any more: what is marked has still to be sent.
#[must_use]
pub fn margin(lease: Duration) -> Duration {
    START_WINDOW.min(lease / 4)
}

/// Time from an attempt's mark after which its request has surely ended, whoever made it.
#[must_use]
pub fn answer_limit(send_timeout: Duration) -> Duration {
    START_WINDOW + send_timeout + PROVIDER_LAG
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn targets(channels: usize, daemons: usize) -> Vec<usize> {
        (0..daemons)
            .map(|rank| target(channels, daemons, rank))
            .collect()
    }

    #[test]
    fn the_first_daemons_take_what_does_not_come_out_even() {
        assert_eq!(targets(8, 3), [3, 3, 2]);
        assert_eq!(targets(1, 3), [1, 0, 0]);
        assert_eq!(targets(0, 2), [0, 0]);
        assert_eq!(target(5, 0, 0), 0);
        assert_eq!(target(5, 2, 2), 0, "not one of them");
    }

    proptest! {
        #[test]
        fn two_renewals_may_fail_before_nothing_is_marked(milliseconds in 5_100_u64..100_000_000) {
            let lease = Duration::from_millis(milliseconds);
            prop_assert!(renewal_interval(lease) * 3 + margin(lease) <= lease);
        }

        /// B9: every channel has a place, and no daemon has two more than another.
        #[test]
        fn all_channels_are_shared_evenly(channels in 0_usize..100_000, daemons in 1_usize..200) {
            let targets = targets(channels, daemons);
            prop_assert_eq!(targets.iter().sum::<usize>(), channels);
            let most = targets.iter().max();
            let least = targets.iter().min();
            prop_assert!(most.zip(least).is_some_and(|(most, least)| most - least <= 1));
        }
    }
}
