//! The directory of everything these tests make, and the watcher that clears it away.
//!
//! The watcher is a small shell that reads a pipe of which this process holds the other end: however this process ends,
//! the pipe closes, and the watcher kills the processes it was told of, stops the clusters and removes the directory.

use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, Mutex};

use crate::postgres;

const WATCHER: &str = r#"
directory=$1 pg_ctl=$2
shift 2
running=
while read -r sign pid; do
    rest=
    for other in $running; do [ "$other" = "$pid" ] || rest="$rest $other"; done
    running=$rest
    [ "$sign" = + ] && running="$running $pid"
done
for pid in $running; do kill -9 "$pid"; done
for data in "$directory"/*/data; do
    [ -e "$data/postmaster.pid" ] && "$@" "$pg_ctl" stop -s -m immediate -D "$data"
done
rm -rf "$directory"
"#;

static SCRATCH: LazyLock<Scratch> = LazyLock::new(Scratch::make);

struct Scratch {
    directory: PathBuf,
    watcher: Mutex<Child>,
}

/// A new name under the scratch directory; nothing is made there yet.
pub fn new_path(name: &str) -> PathBuf {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    SCRATCH.directory.join(format!("{name}_{number}"))
}

/// Has the watcher kill this process, a child of ours, should we end before it.
pub fn watch(pid: u32) {
    SCRATCH.tell('+', pid);
}

/// Takes a process that has been waited for off the watcher's list.
pub fn unwatch(pid: u32) {
    SCRATCH.tell('-', pid);
}

impl Scratch {
    fn make() -> Self {
        let directory = std::env::temp_dir().join(format!("zapgres-tests-{}", std::process::id()));
        let _ = fs::remove_dir_all(&directory);
        postgres::make_directory(&directory);
        let watcher = start_watcher(&directory);
        Self {
            directory,
            watcher: Mutex::new(watcher),
        }
    }

    fn tell(&self, sign: char, pid: u32) {
        let mut watcher = self.watcher.lock().expect("the watcher");
        let pipe = watcher.stdin.as_mut().expect("the watcher's pipe");
        writeln!(pipe, "{sign} {pid}").expect("tell the watcher");
    }
}

/// Its own process group keeps Ctrl-C, meant for the tests, from it.
fn start_watcher(directory: &Path) -> Child {
    let mut watcher = Command::new("sh");
    watcher
        .args(["-c", WATCHER, "watcher"])
        .arg(directory)
        .arg(postgres::program("pg_ctl"));
    watcher.args(postgres::run_as());
    watcher
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    watcher.current_dir("/");
    watcher.spawn().expect("start the watcher")
}
