//! The daemon and the sandbox as processes, and what they use.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::environment::{Environment, Transport};
use crate::in_process;

/// How long a process may take to begin or to end.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running daemon; dropped, it is killed.
pub struct Daemon {
    process: Child,
    log: PathBuf,
}

impl Daemon {
    /// Starts it on a database. Its log goes to a file of its own.
    pub fn start(environment: &Environment, transport: Transport, database: &str) -> Self {
        let log = environment.output.join("drain-daemon.log");
        let mut command = match transport {
            Transport::InProcess => Command::new(std::env::current_exe().expect("this program")),
            Transport::Http => {
                let mut command = Command::new(&environment.program);
                command.arg("run");
                command
            }
        };
        let url = format!(
            "host={} user=postgres dbname={database}",
            environment.socket
        );
        command
            .env_clear()
            .env(in_process::ROLE, "1")
            .env("BENCH_KEY", "key")
            .env("ZAPGRES_DATABASE_URL", url)
            .env("ZAPGRES_LOG_FORMAT", "text")
            .env("ZAPGRES_ALLOW_ADDRESSES", "127.0.0.0/8")
            .envs(environment.daemon.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        command.stderr(File::create(&log).expect("a log file"));
        let process = command.spawn().expect("start the daemon");
        Self { process, log }
    }

    /// Waits until it is at work.
    pub async fn until_ready(&mut self) {
        let deadline = Instant::now() + PATIENCE;
        while !fs::read_to_string(&self.log)
            .unwrap_or_default()
            .contains("ready")
        {
            self.must_run();
            assert!(
                Instant::now() < deadline,
                "the daemon is not at work after {PATIENCE:?}"
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Panics when it has ended.
    pub fn must_run(&mut self) {
        let ended = self.process.try_wait().expect("look after the daemon");
        assert!(
            ended.is_none(),
            "the daemon ended: see {}",
            self.log.display()
        );
    }

    /// The id of its process.
    pub fn id(&self) -> u32 {
        self.process.id()
    }

    /// Most memory ever resident, in MiB.
    pub fn peak_mib(&self) -> f64 {
        let status =
            fs::read_to_string(format!("/proc/{}/status", self.process.id())).expect("its status");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .expect("VmHWM");
        let kib: f64 = line
            .trim()
            .trim_end_matches(" kB")
            .parse()
            .expect("a number of kB");
        kib / 1024.0
    }

    /// Ends it in its own time; returns what the daemon with its own provider says of it.
    pub fn stop(mut self) -> Option<Value> {
        signal(self.process.id(), "TERM");
        let mut said = String::new();
        self.process
            .stdout
            .take()
            .expect("its output")
            .read_to_string(&mut said)
            .expect("what it says");
        let status = self.process.wait().expect("wait for the daemon");
        assert!(
            status.success(),
            "the daemon ended with {status}: see {}",
            self.log.display()
        );
        serde_json::from_str(&said).ok()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

/// A running sandbox; dropped, it is killed.
pub struct Sandbox {
    process: Child,
    /// Its base address.
    pub url: String,
}

impl Sandbox {
    /// Starts one on a free port.
    pub fn start(program: &Path) -> Self {
        let mut command = Command::new(program);
        command
            .args(["sandbox", "--listen", "127.0.0.1:0", "--log-format", "text"])
            .env_clear();
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut process = command.spawn().expect("start the sandbox");
        let mut line = String::new();
        BufReader::new(process.stdout.as_mut().expect("its output"))
            .read_line(&mut line)
            .expect("its address");
        let url = line
            .split_whitespace()
            .find_map(|word| word.strip_suffix(':').filter(|url| url.starts_with("http")));
        let url = url
            .unwrap_or_else(|| panic!("the sandbox said {line:?}"))
            .to_owned();
        Self { process, url }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        end(&mut self.process);
    }
}

fn signal(pid: u32, name: &str) {
    let sent = Command::new("kill")
        .args([&format!("-{name}"), &pid.to_string()])
        .status();
    assert!(
        sent.expect("run kill").success(),
        "process {pid} had ended already"
    );
}

fn end(process: &mut Child) {
    // It may have ended already.
    let _ = process.kill();
    let _ = process.wait();
}
