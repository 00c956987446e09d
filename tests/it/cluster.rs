//! Private PostgreSQL clusters, reached by a socket in their own directory.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{LazyLock, OnceLock};

use crate::database::Database;
use crate::{postgres, scratch};

/// The only copy of the settings that test clusters start with.
const SETTINGS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../pg_test.conf");

/// One role has to show its password; whoever reaches the socket is any other.
const ACCESS: &str =
    "local all needs_password scram-sha-256\nlocal all all trust\nlocal replication all trust\n";

/// Databases of the preloaded cluster that have a notifier.
const NOTIFIED_DATABASES: u32 = 40;

/// How `pg_ctl stop` ends a cluster.
#[derive(Clone, Copy)]
pub enum Stop {
    /// Sessions are disconnected, everything is written.
    Fast,
    /// As in a crash: nothing is written, the next start recovers.
    Immediate,
}

/// A running cluster; dropped, it is stopped and removed.
pub struct Cluster {
    directory: PathBuf,
    databases: AtomicU32,
    notified: u32,
}

/// The shared cluster that does not preload the extension's library.
pub fn plain() -> &'static Cluster {
    static PLAIN: OnceLock<Cluster> = OnceLock::new();
    PLAIN.get_or_init(|| Cluster::start("plain", &[]))
}

/// The shared cluster that preloads it, with a notifier for each database.
pub fn preloaded() -> &'static Cluster {
    static PRELOADED: OnceLock<Cluster> = OnceLock::new();
    PRELOADED.get_or_init(|| {
        let names = (0..NOTIFIED_DATABASES).map(|number| format!("test_{number}"));
        let databases = names.collect::<Vec<_>>().join(",");
        let mut cluster = Cluster::start(
            "preloaded",
            &[
                "shared_preload_libraries = 'zapgres'",
                &format!("zap.databases = '{databases}'"),
                &format!("max_worker_processes = {}", NOTIFIED_DATABASES + 10),
            ],
        );
        cluster.notified = NOTIFIED_DATABASES;
        cluster
    })
}

impl Cluster {
    /// Starts a new cluster with the project's settings and then these, one `name = value` each.
    pub fn start(name: &str, settings: &[&str]) -> Self {
        Self::start_from(&new_data_directory(), name, settings)
    }

    /// Starts a copy of this cluster, which must be stopped, as from a backup of its disk.
    pub fn start_copy(&self) -> Self {
        Self::start_from(&self.data_directory(), "copy", &[])
    }

    /// Starts a standby of this cluster, which must be stopped, that reads this slot and tells of its snapshots. It follows
    /// when this cluster is resumed.
    pub fn start_standby(&self, slot: &str) -> Self {
        let standby = Self::copy_from(&self.data_directory(), "standby");
        let primary = self.directory.display();
        standby.configure(&[
            &format!("primary_conninfo = 'host={primary} user=postgres'"),
            &format!("primary_slot_name = '{slot}'"),
            "hot_standby_feedback = on",
            "wal_receiver_status_interval = '1s'",
            "wal_retrieve_retry_interval = '100ms'",
        ]);
        let signal = standby.data_directory().join("standby.signal");
        fs::write(signal, "").expect("write standby.signal");
        standby.resume();
        standby
    }

    fn start_from(data_directory: &Path, name: &str, settings: &[&str]) -> Self {
        let cluster = Self::copy_from(data_directory, name);
        cluster.configure(settings);
        cluster.resume();
        cluster
    }

    fn copy_from(data_directory: &Path, name: &str) -> Self {
        let cluster = Self {
            directory: scratch::new_path(name),
            databases: AtomicU32::new(0),
            notified: 0,
        };
        postgres::make_directory(&cluster.directory);
        postgres::run(copy(data_directory, &cluster.data_directory()).stdin(Stdio::null()));
        cluster
    }

    /// A database that came with the copy.
    pub fn copied(&self, database: &Database) -> Database {
        Database::new(&self.directory, database.name())
    }

    /// Starts the stopped cluster again.
    pub fn resume(&self) {
        let log = self.directory.join("log");
        let mut pg_ctl = postgres::command("pg_ctl");
        pg_ctl
            .args(["start", "-w", "-s", "-t", "60", "-D"])
            .arg(self.data_directory());
        pg_ctl.arg("-l").arg(&log);
        // The server would inherit a pipe and keep it open.
        let status = pg_ctl
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let status = status.status().expect("run pg_ctl");
        let log = fs::read_to_string(&log).unwrap_or_default();
        assert!(status.success(), "the cluster does not start:\n{log}");
    }

    /// Stops the cluster.
    pub fn stop(&self, how: Stop) {
        let mode = match how {
            Stop::Fast => "fast",
            Stop::Immediate => "immediate",
        };
        let mut pg_ctl = postgres::command("pg_ctl");
        pg_ctl
            .args(["stop", "-w", "-s", "-m", mode, "-D"])
            .arg(self.data_directory());
        postgres::run(&mut pg_ctl);
    }

    /// Makes a new, empty database.
    pub async fn database(&self) -> Database {
        self.database_named(&self.new_name()).await
    }

    /// Makes a new, empty database whose text is in this encoding.
    pub async fn database_in(&self, encoding: &str) -> Database {
        let options = format!("encoding '{encoding}' locale 'C' template template0");
        self.create(&self.new_name(), &options).await
    }

    fn new_name(&self) -> String {
        let number = self.databases.fetch_add(1, Ordering::Relaxed);
        if self.notified > 0 {
            assert!(
                number < self.notified,
                "more databases than the cluster has notifiers for"
            );
        }
        format!("test_{number}")
    }

    /// Makes a new, empty database of this name.
    pub async fn database_named(&self, name: &str) -> Database {
        self.create(name, "").await
    }

    async fn create(&self, name: &str, options: &str) -> Database {
        let administration = self.administration().session().await;
        administration
            .run(&format!("create database {name} {options}"))
            .await;
        Database::new(&self.directory, name)
    }

    /// The database to make others from.
    pub fn administration(&self) -> Database {
        Database::new(&self.directory, "postgres")
    }

    fn data_directory(&self) -> PathBuf {
        self.directory.join("data")
    }

    fn configure(&self, settings: &[&str]) {
        let common = fs::read_to_string(SETTINGS).unwrap_or_else(|e| panic!("{SETTINGS}: {e}"));
        let file = self.data_directory().join("postgresql.conf");
        let mut file = fs::OpenOptions::new()
            .append(true)
            .open(file)
            .expect("postgresql.conf");
        let socket = self.directory.display();
        write!(
            file,
            "\n{common}\nlisten_addresses = ''\nunix_socket_directories = '{socket}'\n\
             shared_preload_libraries = ''\n{}\n",
            settings.join("\n")
        )
        .expect("write postgresql.conf");
        let access = self.data_directory().join("pg_hba.conf");
        fs::write(access, ACCESS).expect("write pg_hba.conf");
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let mut pg_ctl = postgres::command("pg_ctl");
        pg_ctl
            .args(["stop", "-w", "-s", "-m", "immediate", "-D"])
            .arg(self.data_directory());
        // It may have been stopped by the test; what is left is the watcher's.
        let _ = pg_ctl.output();
        let _ = fs::remove_dir_all(&self.directory);
    }
}

/// A data directory made by initdb, once per process; clusters are copies of it.
fn new_data_directory() -> PathBuf {
    static TEMPLATE: LazyLock<PathBuf> = LazyLock::new(|| {
        let directory = scratch::new_path("template");
        let mut initdb = postgres::command("initdb");
        initdb.args(["--username=postgres", "--auth=trust", "--encoding=UTF8"]);
        initdb.args(["--locale=C.UTF-8", "--no-sync", "--no-instructions", "-D"]);
        postgres::run(initdb.arg(&directory));
        directory
    });
    TEMPLATE.clone()
}

fn copy(from: &Path, to: &Path) -> std::process::Command {
    let mut words = postgres::run_as().iter().copied().chain(["cp", "-a"]);
    let mut command = std::process::Command::new(words.next().expect("a program"));
    command.args(words).arg(from).arg(to);
    command
}
