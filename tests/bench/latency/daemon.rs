//! The daemon under measurement, as a process of its own.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::daemon_process::DaemonProcess;
use crate::database;

/// How long it may take to begin its work.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running `zapgres run`.
pub struct Daemon {
    pub process: DaemonProcess,
}

impl Daemon {
    /// Starts it with its default settings, but a provider on this machine, and waits until it is at work. Its log goes to `directory`.
    pub async fn start(program: &Path, socket: &str, directory: &Path) -> Self {
        fs::create_dir_all(directory).expect("the output directory");
        let log = File::create(directory.join("latency-daemon.log")).expect("a log file");
        let url = format!("host={socket} user=postgres dbname=bench");
        let mut command = Command::new(program);
        command.args(["run", "--log-format", "text", "--database-url", &url]);
        command
            .env_clear()
            .env("BENCH_KEY", "key")
            .env("ZAPGRES_ALLOW_ADDRESSES", "127.0.0.0/8")
            .current_dir("/")
            .stdin(Stdio::null());
        command
            .stdout(log.try_clone().expect("its copy"))
            .stderr(log);
        let process = command
            .spawn()
            .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
        let mut daemon = Self {
            process: DaemonProcess(process),
        };
        daemon.until_at_work(&url).await;
        daemon
    }

    async fn until_at_work(&mut self, url: &str) {
        let client = database::connect(&url.parse().expect("an address")).await;
        // Its lock keeps a second daemon away; whoever holds it drains the queue.
        let holders = "select count(*) from pg_locks as l join pg_stat_activity as a using (pid)
            where l.locktype = 'advisory' and a.application_name like 'zapgres%'";
        let deadline = Instant::now() + PATIENCE;
        while client
            .query_one(holders, &[])
            .await
            .expect("look for it")
            .get::<_, i64>(0)
            == 0
        {
            self.process.assert_runs("latency-daemon.log");
            assert!(
                Instant::now() < deadline,
                "the daemon is not at work after {PATIENCE:?}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
}
