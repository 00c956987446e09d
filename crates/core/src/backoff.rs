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
