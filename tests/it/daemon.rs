//! The daemon and the other commands of `zapgres`, as processes.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use crate::database::Database;
use crate::{scratch, wait};

/// Variable in which every daemon finds the provider's key: `env:SANDBOX_KEY`.
pub const KEY_VARIABLE: &str = "SANDBOX_KEY";

/// A running `zapgres`; dropped, it is killed. Its log is printed when the test fails.
pub struct Daemon {
    process: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts `zapgres run` on a database, with these further arguments.
    pub fn start(database: &Database, arguments: &[&str]) -> Self {
        let mut command = zapgres(&["run"]);
        command.args([
            "--database-url",
            &database.url("postgres"),
            "--log-format",
            "text",
        ]);
        Self::spawn(command.args(arguments))
    }

    /// Starts a command that goes on until it is stopped.
    pub fn spawn(command: &mut Command) -> Self {
        let log = scratch::new_path("daemon");
        let file = File::create(&log).expect("a log file");
        command
            .stdout(file.try_clone().expect("its copy"))
            .stderr(file)
            .stdin(Stdio::null());
        let process = command.spawn().expect("start zapgres");
        scratch::watch(process.id());
        Self { process, log }
    }

    /// Its process id.
    pub fn pid(&self) -> String {
        self.process.id().to_string()
    }

    /// For how long its threads have wanted a processor, whether they got one or waited for it: so a busy machine hides
    /// nothing.
    pub fn time_at_work(&self) -> Duration {
        schedule(&self.pid(), 2)
    }

    /// Whether it has not ended.
    pub fn is_running(&mut self) -> bool {
        self.process
            .try_wait()
            .expect("look after the daemon")
            .is_none()
    }

    /// What it has written.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).expect("the daemon's log")
    }

    /// Where it writes; stays when it has ended.
    pub fn log_file(&self) -> &Path {
        &self.log
    }

    /// Kills it, as the system does when memory runs out.
    pub fn kill(mut self) {
        self.process.kill().expect("kill the daemon");
        self.process.wait().expect("wait for the daemon");
    }

    /// Sends it a signal.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .arg(format!("-{name}"))
            .arg(self.pid())
            .status();
        assert!(
            sent.expect("run kill").success(),
            "the daemon had ended already"
        );
    }

    /// Asks it to stop, and waits until it has.
    pub async fn terminate(mut self) -> ExitStatus {
        self.signal("TERM");
        self.ended().await
    }

    /// Waits until it ends by itself.
    pub async fn ended(&mut self) -> ExitStatus {
        let mut status = None;
        wait::until("the daemon ends", async || {
            status = self.process.try_wait().expect("wait for the daemon");
            status.is_some()
        })
        .await;
        status.expect("a status")
    }

    /// Waits until its log has a line with this text.
    pub async fn until_it_says(&self, text: &str) {
        let said = wait::holds_within(wait::PATIENCE, async || self.log().contains(text)).await;
        assert!(said, "the daemon has not said {text:?}");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.process.kill();
        let _ = self.process.wait();
        scratch::unwatch(self.process.id());
        if std::thread::panicking() {
            println!("--- log of a daemon\n{}---", self.log());
        }
    }
}

/// A command line of `zapgres` in an environment without settings, except that the tests' providers are on this machine.
pub fn zapgres(arguments: &[&str]) -> Command {
    let mut command = Command::new(binary());
    command
        .args(arguments)
        .env_clear()
        .env(KEY_VARIABLE, "the-key")
        .env("ZAPGRES_ALLOW_ADDRESSES", "127.0.0.0/8")
        .current_dir("/");
    command
}

/// Runs a command of `zapgres` on a database to its end.
pub fn run(database: &Database, arguments: &[&str]) -> Output {
    let mut command = zapgres(arguments);
    command.args(["--database-url", &database.url("postgres")]);
    command.stdin(Stdio::null()).output().expect("run zapgres")
}

/// Runs a command that is expected to succeed.
pub fn succeed(database: &Database, arguments: &[&str]) -> String {
    let output = run(database, arguments);
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaint = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "zapgres {arguments:?}: {said}{complaint}"
    );
    said + &complaint
}

/// Runs a line as somebody types it into a shell, who has `zapgres` in the path and the database in the environment.
pub fn type_in(database: &Database, line: &str) -> Output {
    let directory = scratch::new_path("bin");
    fs::create_dir_all(&directory).expect("a directory");
    std::os::unix::fs::symlink(binary(), directory.join("zapgres")).expect("a link");
    let path = format!("{}:/usr/bin:/bin", directory.display());
    let mut shell = Command::new("sh");
    shell.args(["-c", line]).env_clear().current_dir("/");
    shell
        .env("PATH", path)
        .env("ZAPGRES_DATABASE_URL", database.url("postgres"))
        .env("ZAPGRES_ALLOW_ADDRESSES", "127.0.0.0/8")
        .env(KEY_VARIABLE, "the-key");
    shell.stdin(Stdio::null()).output().expect("run sh")
}

fn binary() -> PathBuf {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/debug/zapgres");
    std::env::var_os("ZAPGRES_BIN").map_or_else(|| default.into(), PathBuf::from)
}

/// Processor time that a process and its threads have used.
pub fn processor_time(pid: &str) -> Duration {
    schedule(pid, 1)
}

/// The sum of so many of the times that the kernel tells of each thread: at work, and waiting for a processor.
fn schedule(pid: &str, times: usize) -> Duration {
    let threads = fs::read_dir(format!("/proc/{pid}/task")).expect("it runs");
    // One may have ended meanwhile.
    let told =
        threads.filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("schedstat")).ok());
    let nanoseconds = told.map(|told| {
        let words = told.split_whitespace().take(times);
        words
            .map(|word| word.parse::<u64>().expect("a time"))
            .sum::<u64>()
    });
    Duration::from_nanos(nanoseconds.sum())
}
