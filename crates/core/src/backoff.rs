//! How long to wait before the next attempt.

use std::time::Duration;

/// Exponential waiting time with jitter: `base × factorⁿ ± jitter`, never above `max`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Backoff {
    /// Wait after the first attempt.
    pub base: Duration,
    /// What each further attempt multiplies the wait by.
    pub factor: u32,
    /// Random share by which a wait is shortened or lengthened, 0.0 to 1.0.
    pub jitter: f64,
    /// Longest wait, jitter included.
    pub max: Duration,
}

impl Default for Backoff {
    /// 5 s, 20 s, 80 s, … ±20 %, at most 30 min.
    fn default() -> Self {
        Self {
            base: Duration::from_secs(5),
            factor: 4,
            jitter: 0.2,
            max: Duration::from_secs(30 * 60),
        }
    }
}

impl Backoff {
    /// Wait after `attempt` attempts have been made (1 = after the first; 0 counts as 1).
    ///
    /// `unit` is a random number from 0.0 to 1.0 that picks the point within the jitter; 0.5 is
    /// the plain exponential value. Values outside are clamped.
    #[must_use]
    pub fn delay(&self, attempt: u32, unit: f64) -> Duration {
        let exponent = attempt.saturating_sub(1);
        let plain = self
            .factor
            .checked_pow(exponent)
            .and_then(|factor| self.base.checked_mul(factor))
            .map_or(self.max, |wait| wait.min(self.max));
        let spread = self.jitter.clamp(0.0, 1.0) * (2.0 * unit_interval(unit) - 1.0);
        plain.mul_f64(1.0 + spread).min(self.max)
    }
}

/// `unit` forced into 0.0 ..= 1.0; not a number counts as the middle.
pub(crate) fn unit_interval(unit: f64) -> f64 {
    if unit.is_nan() {
        0.5
    } else {
        unit.clamp(0.0, 1.0)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// O5: exponential, as documented.
    #[test]
    fn waits_grow_fourfold_up_to_half_an_hour() {
        let waits: Vec<u64> = (0..10)
            .map(|attempt| Backoff::default().delay(attempt, 0.5).as_secs())
            .collect();
        assert_eq!(waits, [5, 5, 20, 80, 320, 1280, 1800, 1800, 1800, 1800]);
    }

    #[test]
    fn jitter_is_a_fifth_both_ways() {
        let wait = |unit| Backoff::default().delay(2, unit);
        assert_eq!(wait(0.0), Duration::from_secs(16));
        assert_eq!(wait(1.0), Duration::from_secs(24));
        assert_eq!(wait(-3.0), wait(0.0));
        assert_eq!(wait(9.0), wait(1.0));
        assert_eq!(wait(f64::NAN), wait(0.5));
    }

    proptest! {
        #[test]
        fn every_wait_is_within_its_bounds(
            base in 0_u64..100_000, factor in any::<u32>(), jitter in -1.0_f64..3.0,
            max in 0_u64..10_000_000, attempt in any::<u32>(), unit in any::<f64>(),
        ) {
            let backoff = Backoff {
                base: Duration::from_millis(base), factor, jitter, max: Duration::from_millis(max),
            };
            prop_assert!(backoff.delay(attempt, unit) <= backoff.max);
            prop_assert!(
                Backoff::default().delay(attempt, unit) >= Duration::from_secs(4),
                "never at once"
            );
        }
    }
}
