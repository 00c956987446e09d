//! The daemons and who starts them again.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;
use rand::seq::IteratorRandom;
use tokio::time::Instant;

use crate::daemon::Daemon;
use crate::database::Database;

/// How often it is looked whether a daemon has ended.
const INTERVAL: Duration = Duration::from_millis(50);

/// When one that ended by itself is started again: the server may be away.
const RESTART_AFTER: Duration = Duration::from_millis(300);

/// Daemons of one database, kept alive.
pub struct Fleet {
    database: Database,
    places: Mutex<Vec<Place>>,
    past: Mutex<Past>,
}

/// One daemon, and the next one when it ends.
struct Place {
    name: String,
    daemon: Option<Daemon>,
    start_at: Instant,
}

/// What became of those that ended.
#[derive(Default)]
struct Past {
    lives: u32,
    logs: Vec<(String, PathBuf)>,
    /// What those that ended by themselves said last.
    last_words: Vec<String>,
}

impl Fleet {
    /// As many daemons; they are started by [`Self::supervise`].
    pub fn new(database: &Database, daemons: usize) -> Self {
        let place = |number| Place {
            name: format!("daemon-{number}"),
            daemon: None,
            start_at: Instant::now(),
        };
        Self {
            database: database.clone(),
            places: Mutex::new((1..=daemons).map(place).collect()),
            past: Mutex::default(),
        }
    }

    /// Starts daemons, and starts them again, for as long as this is awaited.
    pub async fn supervise(&self) -> std::convert::Infallible {
        loop {
            for place in self.places().iter_mut() {
                self.look_after(place);
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }

    fn look_after(&self, place: &mut Place) {
        if let Some(ended) = place.daemon.take_if(|daemon| !daemon.is_running()) {
            let log = ended.log();
            let words = log.lines().last().unwrap_or("nothing").to_owned();
            self.past().last_words.push(words);
            place.start_at = Instant::now() + RESTART_AFTER;
        }
        if place.daemon.is_none() && place.start_at <= Instant::now() {
            let daemon = Daemon::start(&self.database, &arguments(&place.name));
            let mut past = self.past();
            past.lives += 1;
            let name = format!("{:03}-{}", past.lives, place.name);
            past.logs.push((name, daemon.log_file().to_owned()));
            place.daemon = Some(daemon);
        }
    }

    /// Kills a daemon; false when none is there. Its successor has the same name, or another one.
    pub fn kill(&self, random: &mut StdRng) -> bool {
        let mut places = self.places();
        let running = places.iter_mut().filter(|place| place.daemon.is_some());
        let Some(place) = running.choose(random) else {
            return false;
        };
        if let Some(daemon) = place.daemon.take() {
            daemon.kill();
        }
        if random.random_bool(0.5) {
            place.name = format!("{}-{}", place.name, self.past().lives);
        }
        place.start_at = Instant::now() + Duration::from_millis(random.random_range(0..1_500));
        true
    }

    /// How many daemons there were.
    pub fn lives(&self) -> u32 {
        self.past().lives
    }

    /// What those said last that ended without being killed, each once.
    pub fn last_words(&self) -> Vec<String> {
        let mut words = self.past().last_words.clone();
        words.sort();
        words.dedup();
        words
    }

    /// Copies all logs into this directory.
    pub fn save_logs(&self, directory: &Path) {
        for (name, log) in &self.past().logs {
            fs::copy(log, directory.join(format!("{name}.log"))).expect("copy a log");
        }
    }

    fn places(&self) -> MutexGuard<'_, Vec<Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A short lease and a short patience with the provider, so that what a crash left is taken up soon.
fn arguments(name: &str) -> Vec<&str> {
    let sending = ["--send-timeout", "1s", "--lease", "7s"];
    [&["--name", name], &sending[..], &["--sweep-interval", "5s"]].concat()
}
