//! What is used while something is measured: by the server, by the daemon, by the disk.

use tokio_postgres::Client;

use crate::processor_time;

/// Readings of all counters.
#[derive(Clone, Copy)]
pub struct Reading {
    server_cpu_seconds: f64,
    daemon_cpu_seconds: f64,
    wal_bytes: f64,
    commits: f64,
    dead_versions: f64,
    not_hot: f64,
}

/// What was used per notification.
#[derive(Clone, Copy)]
pub struct PerNotification {
    /// Processor time of the server, in microseconds.
    pub server_cpu_us: f64,
    /// Processor time of the daemon, in microseconds.
    pub daemon_cpu_us: f64,
    /// Bytes of WAL.
    pub wal_bytes: f64,
    /// Transactions.
    pub commits: f64,
    /// Row versions that died.
    pub dead_versions: f64,
    /// Of these, such as also left dead index entries.
    pub not_hot: f64,
}

/// Reads all counters, the daemon's by the id of its process; those of sessions that have just worked are told late, so it waits for them.
pub async fn read(client: &Client, daemon: u32) -> Reading {
    tokio::time::sleep(std::time::Duration::from_millis(1_200)).await;
    let row = client
        .query_one(
            "select pg_backend_pid(), (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::float8,
                (select xact_commit::float8 from pg_stat_database where datname = current_database()),
                (select sum(n_tup_upd + n_tup_del)::float8 from pg_stat_user_tables where schemaname = 'zap'),
                (select sum(n_tup_upd + n_tup_del - n_tup_hot_upd)::float8
                    from pg_stat_user_tables where schemaname = 'zap')",
            &[],
        )
        .await
        .expect("read the counters");
    let backend: i32 = row.get(0);
    Reading {
        server_cpu_seconds: processor_time::of_server(processor_time::parent_of(
            backend.unsigned_abs(),
        )),
        daemon_cpu_seconds: processor_time::of_process(daemon),
        wal_bytes: row.get(1),
        commits: row.get(2),
        dead_versions: row.get(3),
        not_hot: row.get(4),
    }
}

impl Reading {
    /// What was used since `before`, for each of `count` notifications.
    pub fn since(self, before: Self, count: i64) -> PerNotification {
        let each = |now: f64, then: f64| (now - then) / count as f64;
        PerNotification {
            server_cpu_us: 1e6 * each(self.server_cpu_seconds, before.server_cpu_seconds),
            daemon_cpu_us: 1e6 * each(self.daemon_cpu_seconds, before.daemon_cpu_seconds),
            wal_bytes: each(self.wal_bytes, before.wal_bytes),
            commits: each(self.commits, before.commits),
            dead_versions: each(self.dead_versions, before.dead_versions),
            not_hot: each(self.not_hot, before.not_hot),
        }
    }
}
