//! What is done to a connection, and when.

use std::fmt::{self, Display};
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;

/// The longest delay: later than a daemon waits, and well within what it allows a provider before it repeats.
pub const LAG: Duration = Duration::from_millis(1_500);

/// One way to break an exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Harm {
    /// The request arrives late, the answer too; sometimes later than anybody waits for it.
    Delay,
    /// Half of the answer, then RST.
    ResetInAnswer,
    /// RST before anything is passed on: the one that leaves no answer though the provider knows nothing.
    ResetBefore,
    /// Half of the answer or nothing of it, then FIN; the other direction stays open.
    HalfClose,
    /// 502 with a page for people; the provider knows nothing.
    BadGateway,
    /// Passed on; the answer never comes, and the connection stays open.
    Swallow,
}

impl Display for Harm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Delay => "delayed",
            Self::ResetInAnswer => "reset in the answer",
            Self::ResetBefore => "reset before the request",
            Self::HalfClose => "half-closed",
            Self::BadGateway => "answered 502",
            Self::Swallow => "swallowed",
        })
    }
}

/// A connection's fate.
pub struct Plan {
    harm: Option<Harm>,
    /// Requests that pass unharmed before.
    passing: u32,
    random: StdRng,
}

impl Plan {
    /// Draws one. Connections live for a few requests, so about every tenth request meets with something.
    pub fn new(mut random: StdRng) -> Self {
        let harm = match random.random_range(0..100) {
            0..25 => Some(Harm::Delay),
            25..37 => Some(Harm::ResetInAnswer),
            // Three in a row would be given up, as documented, though the provider never got it: seldom.
            37..40 => Some(Harm::ResetBefore),
            40..50 => Some(Harm::HalfClose),
            50..60 => Some(Harm::BadGateway),
            60..68 => Some(Harm::Swallow),
            _ => None,
        };
        Self {
            harm,
            passing: random.random_range(0..6),
            random,
        }
    }

    /// What becomes of the next request. A delay stays for the rest of the connection; everything else ends it.
    pub fn next(&mut self) -> Option<Harm> {
        if self.passing == 0 {
            return self.harm;
        }
        self.passing -= 1;
        None
    }

    /// How late a delayed request, or its answer, is.
    pub fn delay(&mut self) -> Duration {
        let span = match self.random.random_range(0..20) {
            0 => Duration::from_secs(1)..LAG,
            _ => Duration::from_millis(5)..Duration::from_millis(150),
        };
        self.random.random_range(span)
    }

    /// Whether half of the answer goes out before the end.
    pub fn shows_half(&mut self) -> bool {
        self.random.random_bool(0.5)
    }
}
