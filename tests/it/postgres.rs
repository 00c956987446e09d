//! PostgreSQL's own programs, run as a user they accept: not root.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

static BINARIES: LazyLock<PathBuf> = LazyLock::new(|| {
    if let Some(directory) = std::env::var_os("PG_BINDIR") {
        return directory.into();
    }
    let output = Command::new("pg_config").arg("--bindir").output();
    let output = output.expect("pg_config on the PATH, or PG_BINDIR set");
    String::from_utf8(output.stdout)
        .expect("a path")
        .trim()
        .into()
});

static IS_ROOT: LazyLock<bool> =
    LazyLock::new(|| fs::metadata("/proc/self").expect("/proc").uid() == 0);

/// Where a program of PostgreSQL is.
pub fn program(name: &str) -> PathBuf {
    BINARIES.join(name)
}

/// The words that go before a command so that it runs as the server's user.
pub fn run_as() -> &'static [&'static str] {
    if *IS_ROOT {
        &[
            "setpriv",
            "--reuid=postgres",
            "--regid=postgres",
            "--init-groups",
        ]
    } else {
        &[]
    }
}

/// Starts a command line that runs as the server's user.
pub fn command(name: &str) -> Command {
    let program = program(name);
    let mut command = match run_as() {
        [first, rest @ ..] => {
            let mut command = Command::new(first);
            command.args(rest).arg(program);
            command
        }
        [] => Command::new(program),
    };
    command
        .current_dir("/")
        .env("RUST_BACKTRACE", "0")
        .env("LC_ALL", "C.UTF-8");
    command
}

/// Makes a directory that belongs to the server's user.
pub fn make_directory(directory: &Path) {
    let mut install = Command::new("install");
    install.args(["-d", "-m", "0755"]);
    if *IS_ROOT {
        install.args(["-o", "postgres", "-g", "postgres"]);
    }
    run(install.arg(directory));
}

/// Runs a command to its end; panics with its output when it fails.
pub fn run(command: &mut Command) -> String {
    let output = command
        .output()
        .unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let Output {
        status,
        stdout,
        stderr,
    } = output;
    assert!(
        status.success(),
        "{command:?}: {status}\n{}",
        String::from_utf8_lossy(&stderr)
    );
    String::from_utf8_lossy(&stdout).into_owned()
}
