//! The three ways in which things end here, each at random moments of its own.

use std::sync::Arc;
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;

use super::fleet::Fleet;
use crate::cluster::{Cluster, Stop};
use crate::database::Database;

/// How soon something is tried again that was not possible just now.
const SOON: Duration = Duration::from_millis(50);

/// How many kills there were of each kind.
#[derive(Debug, Clone, Copy, Default)]
pub struct Kills {
    pub daemons: u32,
    pub server: u32,
    pub sessions: u32,
}

/// Waits for a random moment.
async fn a_while(random: &mut StdRng) {
    tokio::time::sleep(Duration::from_millis(random.random_range(500..7_000))).await;
}

/// Kills daemons, `count` times.
pub async fn daemons(fleet: &Fleet, count: u32, mut random: StdRng) -> u32 {
    for _ in 0..count {
        a_while(&mut random).await;
        while !fleet.kill(&mut random) {
            tokio::time::sleep(SOON).await;
        }
    }
    count
}

/// Stops the server at once, `count` times, and starts it again.
pub async fn server(cluster: &Arc<Cluster>, count: u32, mut random: StdRng) -> u32 {
    for _ in 0..count {
        a_while(&mut random).await;
        blocking(cluster, |cluster| cluster.stop(Stop::Immediate)).await;
        tokio::time::sleep(Duration::from_millis(random.random_range(0..1_000))).await;
        blocking(cluster, Cluster::resume).await;
    }
    count
}

async fn blocking(cluster: &Arc<Cluster>, what: fn(&Cluster)) {
    let cluster = Arc::clone(cluster);
    let done = tokio::task::spawn_blocking(move || what(&cluster)).await;
    done.expect("pg_ctl");
}

/// Ends all sessions of the daemons, several times in a row, `count` times.
pub async fn sessions(database: &Database, count: u32, mut random: StdRng) -> u32 {
    for _ in 0..count {
        a_while(&mut random).await;
        for _ in 0..random.random_range(1..5) {
            while terminate_sessions(database).await == 0 {
                tokio::time::sleep(SOON).await;
            }
            tokio::time::sleep(Duration::from_millis(random.random_range(0..300))).await;
        }
    }
    count
}

/// How many sessions were ended; none when the server is away.
async fn terminate_sessions(database: &Database) -> usize {
    let statement = "select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and application_name like 'zapgres%'";
    let Ok(client) = database.try_connect().await else {
        return 0;
    };
    let rows = client.query(statement, &[]).await;
    rows.map_or(0, |rows| rows.len())
}
