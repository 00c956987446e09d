//! The way from a commit to the daemon's ear, measured: a wake-up is asked for as an order would, and listened for.

use std::time::Duration;

use futures_util::future::poll_fn;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::Instant;
use tokio_postgres::{AsyncMessage, Client};

use super::finding::Finding;
use crate::config::Config;
use crate::database::{self, DatabaseError, DrivenConnection, Purpose};

/// Area of these findings.
pub const AREA: &str = "wake";

const ROUNDS: usize = 5;
/// No daemon waits longer for a wake-up that it could be told of.
const LIMIT: Duration = Duration::from_secs(2);
/// What is announced meanwhile is announced together: the next round begins after the notifier's pause.
const PAUSE: Duration = Duration::from_millis(20);

/// Measures several times, and tells the median.
pub async fn measure(client: &Client, config: &Config) -> Result<Vec<Finding>, DatabaseError> {
    let polls: bool = client
        .query_one(
            "-- polls\nselect pg_catalog.current_setting('zap.wake', true) is not distinct from 'poll'",
            &[],
        )
        .await?
        .get(0);
    if polls {
        let what = "zap.wake is poll: the daemon finds orders by its timer, and is not woken";
        return Ok(vec![Finding::info(AREA, what)]);
    }
    let (session, connection) = database::connect_dedicated(config, Purpose::Listen).await?;
    let (said, mut heard) = unbounded_channel();
    let driven = tokio::spawn(drive(connection, said));
    if let Some(elsewhere) = elsewhere(client, &session).await? {
        return Ok(vec![elsewhere]);
    }
    session.batch_execute("listen zapgres").await?;
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        match round(client, &mut heard).await? {
            Some(time) => times.push(time),
            None => break,
        }
        tokio::time::sleep(PAUSE).await;
    }
    drop(session);
    driven.abort();
    Ok(vec![judge(times)])
}

/// A notification stays in its database.
async fn elsewhere(client: &Client, session: &Client) -> Result<Option<Finding>, DatabaseError> {
    let sql = "-- current_database\nselect pg_catalog.current_database()::text";
    let here: String = client.query_one(sql, &[]).await?.get(0);
    let there: String = session.query_one(sql, &[]).await?.get(0);
    let what = format!(
        "the daemon listens in database {there}, where nobody tells of the orders of {here}: it finds them by its timer only"
    );
    let remedy = format!(
        "unset ZAPGRES_LISTEN_URL # or have its address, or wake.listen_url in the file, end with /{here}"
    );
    Ok((here != there).then(|| Finding::error(AREA, what, remedy)))
}

/// From the commit's begin until it is heard; none: not within the limit.
async fn round(
    client: &Client,
    heard: &mut UnboundedReceiver<Instant>,
) -> Result<Option<Duration>, DatabaseError> {
    while heard.try_recv().is_ok() {}
    let begin = Instant::now();
    client
        .execute("-- request_wake\nselect zap.request_wake()", &[])
        .await?;
    let answer = tokio::time::timeout(LIMIT, heard.recv()).await;
    Ok(answer.ok().flatten().map(|at| at - begin))
}

async fn drive(mut connection: DrivenConnection, said: UnboundedSender<Instant>) {
    while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
        let is_wake =
            matches!(&message, AsyncMessage::Notification(of) if of.channel() == "zapgres");
        if is_wake && said.send(Instant::now()).is_err() {
            return;
        }
    }
}

fn judge(mut times: Vec<Duration>) -> Finding {
    if times.len() < ROUNDS {
        return Finding::error(
            AREA,
            "a commit did not wake a listening session within 2 s: the daemon finds orders by its timer only",
            "select pg_terminate_backend(pid) from pg_stat_activity where backend_type = 'zapgres notifier' \
             and datname = current_database(); -- a notifier that hangs is started anew within 5 s; behind a transaction \
             pooler, set --listen-url to the server itself",
        );
    }
    times.sort_unstable();
    let median = times[times.len() / 2].as_secs_f64() * 1000.0;
    Finding::ok(
        AREA,
        format!("a commit wakes the daemon within {median:.1} ms (median of {ROUNDS})"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::doctor::finding::Severity;

    /// B4: one round that nobody hears is enough to tell.
    #[test]
    fn a_wake_up_that_is_lost_is_told() {
        let heard = vec![Duration::from_millis(3); ROUNDS];
        let finding = judge(heard.clone());
        assert_eq!(finding.severity, Severity::Ok);
        assert!(finding.what.contains("3.0 ms"), "{}", finding.what);
        assert_eq!(judge(heard[1..].to_vec()).severity, Severity::Error);
    }
}
