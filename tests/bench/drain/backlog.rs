//! A daemon that starts with a long queue: how soon it sends, how fast it goes on, how much memory it takes.

use tokio_postgres::Config;

use crate::database;
use crate::drain::name_of;
use crate::environment::{Environment, Start, Transport};
use crate::process::Daemon;

/// Of what this daemon sent. Reads the whole queue, after everything.
const RESULT: &str = "
    select count(*), extract(epoch from max(sent_at) - min(sent_at))::float8
    from zap.notification_queue where sent_at > $1::text::timestamptz and dedup_key like '%:backlog %'";

/// What was found.
pub struct Backlog {
    /// From the start of the process to the first message that the provider accepted, in milliseconds.
    pub first_ms: f64,
    /// Notifications per second; these were resolved already.
    pub rate: f64,
    /// Most memory of the daemon, in MiB.
    pub peak_mib: f64,
}

/// Gives the channels half of the waiting rows, starts a daemon, and lets it work for a while.
pub async fn measure(environment: &Environment, start: Start, database: &Config) -> Backlog {
    database::fill_backlog(database, start.pending / 2).await;
    let client = database::connect(database).await;
    let begin: String = client
        .query_one("select clock_timestamp()::text", &[])
        .await
        .expect("the time")
        .get(0);
    let mut daemon = Daemon::start(environment, Transport::InProcess, name_of(database));
    daemon.until_ready().await;
    tokio::time::sleep(environment.duration).await;
    daemon.must_run();
    let peak_mib = daemon.peak_mib();
    let said = daemon.stop().expect("what the provider says");
    let row = client
        .query_one(RESULT, &[&begin])
        .await
        .expect("the result");
    let sent: i64 = row.get(0);
    assert_eq!(
        [said["accepted"].as_i64(), said["distinct"].as_i64()]
            .map(|n| n.unwrap_or_default() >= sent),
        [true; 2],
        "{sent} are sent, and the provider says {said}"
    );
    let rate = sent as f64 / row.get::<_, f64>(1);
    Backlog {
        first_ms: said["first_ms"].as_f64().unwrap_or(f64::NAN),
        rate,
        peak_mib,
    }
}
