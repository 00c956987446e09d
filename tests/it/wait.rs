//! Waiting for conditions, never for a fixed time.

use std::time::{Duration, Instant};

/// How often a condition is looked at.
const INTERVAL: Duration = Duration::from_millis(15);

/// What anything may take on a busy machine before it counts as not happening.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `condition` holds; panics with `what` when it does not within [`PATIENCE`].
pub async fn until(what: &str, condition: impl AsyncFnMut() -> bool) {
    assert!(
        holds_within(PATIENCE, condition).await,
        "not within {PATIENCE:?}: {what}"
    );
}

/// Whether `condition` holds at some time within `limit`.
pub async fn holds_within(limit: Duration, mut condition: impl AsyncFnMut() -> bool) -> bool {
    let start = Instant::now();
    loop {
        if condition().await {
            return true;
        }
        if start.elapsed() > limit {
            return false;
        }
        tokio::time::sleep(INTERVAL).await;
    }
}
