//! The daemon under measurement, as a process of its own.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::database;

/// How long it may take to begin its work.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running `zapgres run`; dropped, it is killed.
pub struct Daemon {
    process: Child,
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
        let mut daemon = Self { process };
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
            let ended = self.process.try_wait().expect("look after the daemon");
            assert!(ended.is_none(), "the daemon ended: see latency-daemon.log");
            assert!(
                Instant::now() < deadline,
                "the daemon is not at work after {PATIENCE:?}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Resident memory, in MiB.
    pub fn resident_mib(&self) -> f64 {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("its status");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .expect("VmRSS");
        let kib: f64 = line
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .expect("a number of kB");
        kib / 1024.0
    }

    /// Ends it.
    pub fn stop(&mut self) {
        self.process.kill().expect("kill the daemon");
        self.process.wait().expect("wait for the daemon");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
