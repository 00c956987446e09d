//! How daemons share the channels.

/// How many of `channels` channels the daemon at place `rank` (0 is the first) among `daemons` daemons is to hold: evenly,
/// the first ones one more where it does not come out even.
#[must_use]
pub fn target(channels: usize, daemons: usize, rank: usize) -> usize {
    if rank >= daemons {
        return 0;
    }
    channels / daemons + usize::from(rank < channels % daemons)
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
