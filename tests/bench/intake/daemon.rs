//! The daemon under measurement, as a process of its own.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::daemon_process::DaemonProcess;
use crate::database;
use crate::environment::Environment;

/// Its log, in the output directory.
pub const LOG: &str = "intake-daemon.log";
/// How long it may take to begin its work.
const PATIENCE: Duration = Duration::from_secs(30);

/// Starts `zapgres run` with its default settings, but for the sweep, and waits until it is at work.
pub async fn start(environment: &Environment, program: &Path) -> DaemonProcess {
    let path = environment.output.join(LOG);
    let log = File::create(&path).expect("a log file");
    let mut command = Command::new(program);
    command
        .args(["run", "--log-format", "text"])
        .args(["--database-url", &database::url(&environment.socket)])
        .env_clear()
        // It would find the orders before they are captured.
        .env("ZAPGRES_SWEEP_INTERVAL", "0")
        .current_dir("/")
        .stdin(Stdio::null())
        .stdout(log.try_clone().expect("its copy"))
        .stderr(log);
    let process = command
        .spawn()
        .unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    let mut daemon = DaemonProcess(process);
    let deadline = Instant::now() + PATIENCE;
    while !fs::read_to_string(&path)
        .unwrap_or_default()
        .contains("ready")
    {
        daemon.assert_runs(LOG);
        assert!(
            Instant::now() < deadline,
            "the daemon is not at work after {PATIENCE:?}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    daemon
}
