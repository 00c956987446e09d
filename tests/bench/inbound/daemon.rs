//! The daemon under measurement, as a process of its own.

use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::daemon_process::DaemonProcess;
use crate::deliveries::SECRET;
use crate::environment::Environment;

/// How long it may take to begin its work.
const PATIENCE: Duration = Duration::from_secs(30);

/// A running `zapgres run`.
pub struct Daemon {
    pub process: DaemonProcess,
    log: PathBuf,
    /// Where it listens.
    pub url: String,
}

impl Daemon {
    /// Starts it with its default settings and waits until it listens. Its log goes to the output directory.
    pub async fn start(environment: &Environment) -> Self {
        let log = environment.output.join("inbound-daemon.log");
        let file = File::create(&log).expect("a log file");
        let socket = &environment.socket;
        let mut command = Command::new(&environment.program);
        command
            .args(["run", "--log-format", "text", "--listen", "127.0.0.1:0"])
            .args([
                "--database-url",
                &format!("host={socket} user=postgres dbname=bench"),
            ])
            .env_clear()
            .env("BENCH_KEY", SECRET)
            .current_dir("/")
            .stdin(Stdio::null())
            .stdout(file.try_clone().expect("its copy"))
            .stderr(file);
        let process = command.spawn().expect("start the daemon");
        let mut daemon = Self {
            process: DaemonProcess(process),
            log,
            url: String::new(),
        };
        daemon.url = format!("http://{}", daemon.address().await);
        daemon
    }

    /// Its log tells where it listens.
    async fn address(&mut self) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            let said = log.split("listening address=").nth(1);
            // The line may not be complete yet.
            if let Some((address, _)) = said.and_then(|rest| rest.split_once('\n')) {
                return address.trim_matches('"').to_owned();
            }
            self.process.assert_runs("inbound-daemon.log");
            assert!(
                Instant::now() < deadline,
                "the daemon does not listen after {PATIENCE:?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}
