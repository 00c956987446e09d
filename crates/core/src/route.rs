//! Which of a tenant's channels serves a recipient.

/// One of a tenant's channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Candidate {
    /// Its id.
    pub id: i64,
    /// Percent of the recipients that reach it which it serves; the others go on to the next one.
    pub share: u8,
    /// Enabled, not paused, and it works as far as is known.
    pub usable: bool,
}

/// The channel for `recipient` among `channels`, which are in order of priority; none when no usable one has a share.
///
/// The last usable channel with a share serves whoever is left. A recipient keeps its channel: when a channel's share
/// grows, recipients move only to it, and when it can no longer be used, only its own move.
#[must_use]
pub fn choose(channels: &[Candidate], recipient: &str) -> Option<i64> {
    let usable = || {
        channels
            .iter()
            .filter(|channel| channel.usable && channel.share > 0)
    };
    usable()
        .find(|channel| percentile(channel.id, recipient) < u64::from(channel.share))
        .or_else(|| usable().next_back())
        .map(|channel| channel.id)
}

/// Where the recipient stands for that channel, 0 to 99. It must never change, or recipients change channels with a new
/// version: hence a hash of our own, FNV-1a with the last step of `MurmurHash3`, which spreads it to all bits.
fn percentile(channel: i64, recipient: &str) -> u64 {
    let bytes = channel.to_be_bytes().into_iter().chain(recipient.bytes());
    let fnv = bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    let mixed = (fnv ^ (fnv >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let mixed = (mixed ^ (mixed >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    (mixed ^ (mixed >> 33)) % 100
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn candidate(id: i64, share: u8) -> Candidate {
        Candidate {
            id,
            share,
            usable: true,
        }
    }

    fn recipient(number: usize) -> String {
        format!("+55119{number:08}")
    }

    /// How many of 10,000 recipients a channel serves.
    fn served(channels: &[Candidate], id: i64) -> usize {
        (0..10_000)
            .filter(|number| choose(channels, &recipient(*number)) == Some(id))
            .count()
    }

    #[test]
    fn shares_are_percent_of_those_who_reach_the_channel() {
        let channels = [candidate(1, 30), candidate(2, 50), candidate(3, 1)];
        assert!((2800..3200).contains(&served(&channels, 1)));
        assert!((3300..3700).contains(&served(&channels, 2)));
        assert!((3300..3700).contains(&served(&channels, 3)), "all the rest");
    }

    #[test]
    fn without_a_usable_channel_there_is_none() {
        let broken = Candidate {
            usable: false,
            ..candidate(1, 100)
        };
        assert_eq!(choose(&[], "a"), None);
        assert_eq!(choose(&[broken, candidate(2, 0)], "a"), None);
        assert_eq!(choose(&[broken, candidate(2, 1)], "a"), Some(2));
    }

    /// Each release has to put recipients where the last one did.
    #[test]
    fn the_place_of_a_recipient_never_changes() {
        let places: Vec<u64> = (1..=4)
            .map(|channel| percentile(channel, "+5511987654321"))
            .collect();
        assert_eq!(places, [4, 91, 73, 10]);
    }

    fn any_channels() -> impl Strategy<Value = Vec<Candidate>> {
        let channel = (any::<i64>(), 0_u8..=100, prop::bool::weighted(0.8));
        prop::collection::vec(channel, 1..6).prop_map(|channels| {
            let numbered = channels.into_iter().enumerate();
            numbered
                .map(|(number, (id, share, usable))| Candidate {
                    id: id.wrapping_mul(8).wrapping_add(number as i64),
                    share,
                    usable,
                })
                .collect()
        })
    }

    proptest! {
        /// A growing share takes recipients only to that channel, never from it or between others.
        #[test]
        fn a_growing_share_moves_recipients_only_to_that_channel(
            channels in any_channels(), grows in any::<prop::sample::Index>(), by in 0_u8..100, number in 0_usize..100_000,
        ) {
            let mut after = channels.clone();
            let grown = &mut after[grows.index(channels.len())];
            grown.share = (grown.share + by).min(100);
            let moved_to = grown.id;
            let (was, is) = (choose(&channels, &recipient(number)), choose(&after, &recipient(number)));
            prop_assert!(is == was || is == Some(moved_to));
        }

        /// A channel that fails sends only its own recipients elsewhere, and has them back afterwards.
        #[test]
        fn only_the_recipients_of_a_failing_channel_move(
            channels in any_channels(), fails in any::<prop::sample::Index>(), number in 0_usize..100_000,
        ) {
            let mut after = channels.clone();
            let failed = &mut after[fails.index(channels.len())];
            failed.usable = false;
            let left = failed.id;
            let (was, is) = (choose(&channels, &recipient(number)), choose(&after, &recipient(number)));
            prop_assert_ne!(is, Some(left));
            prop_assert!(is == was || was == Some(left));
        }

        /// Somebody is served whenever there is a channel, and only by a usable one with a share.
        #[test]
        fn whoever_can_be_served_is(channels in any_channels(), number in 0_usize..100_000) {
            let can_serve = |channel: &&Candidate| channel.usable && channel.share > 0;
            let chosen = choose(&channels, &recipient(number));
            prop_assert_eq!(chosen.is_some(), channels.iter().any(|channel| can_serve(&channel)));
            let serving = channels.iter().find(|channel| Some(channel.id) == chosen);
            prop_assert!(serving.is_none_or(|channel| can_serve(&channel)));
        }
    }
}
