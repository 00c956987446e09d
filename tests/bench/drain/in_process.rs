//! The daemon with a provider in its own process: a list. This program started once more, as a child of itself.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use async_trait::async_trait;
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use zapgres_core::error_class::SendError;
use zapgres_core::message::MessageKind;
use zapgres_drainer::{Config, Environment, MakeProvider, ServiceNotifier};
use zapgres_providers::{Accepted, ConnectionState, Health, OutgoingMessage, Provider};

use crate::database::PACED_INSTANCE;

/// Variable that makes the program this daemon.
pub const ROLE: &str = "BENCH_IN_PROCESS_DAEMON";

/// What the provider accepted.
#[derive(Default)]
struct List {
    first: Option<Instant>,
    numbers: Vec<u64>,
}

/// Accepts everything at once.
struct InProcess {
    list: Arc<Mutex<List>>,
    is_measured: bool,
}

#[async_trait]
impl Provider for InProcess {
    fn name(&self) -> &'static str {
        "evolution"
    }

    fn kinds(&self) -> &'static [MessageKind] {
        &[MessageKind::Text]
    }

    async fn health(&self) -> Result<Health, SendError> {
        Ok(Health {
            state: ConnectionState::Connected,
            number: None,
            detail: None,
        })
    }

    async fn send(&self, message: &OutgoingMessage) -> Result<Accepted, SendError> {
        let number = message
            .recipient
            .address()
            .trim_start_matches('+')
            .parse::<u64>()
            .expect("a number");
        let provider_message_id = format!("3EB0BENCH{number:013X}");
        if self.is_measured {
            let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
            list.first.get_or_insert_with(Instant::now);
            list.numbers.push(number);
        }
        Ok(Accepted {
            provider_message_id,
            recipient_address: None,
        })
    }
}

/// Works until SIGTERM, then says on standard output what was accepted.
pub async fn run() {
    let begin = Instant::now();
    let list = Arc::<Mutex<List>>::default();
    let environment: Environment = std::env::vars()
        .map(|(name, value)| (name, value.into()))
        .collect();
    let config = Config::load(Default::default(), &environment).expect("settings");
    zapgres_drainer::start_logging(&config.log).expect("a log");
    let shutdown = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate()).expect("SIGTERM");
    tokio::spawn({
        let shutdown = shutdown.clone();
        async move {
            terminate.recv().await;
            shutdown.cancel();
        }
    });
    let provided = Arc::clone(&list);
    let make_provider: MakeProvider = Arc::new(move |_, address| {
        Ok(Arc::new(InProcess {
            list: Arc::clone(&provided),
            is_measured: address.instance != PACED_INSTANCE,
        }))
    });
    zapgres_drainer::run(
        config,
        shutdown,
        ServiceNotifier::default(),
        make_provider,
        rand::random::<f64>,
    )
    .await
    .expect("the daemon");
    let list = list.lock().unwrap_or_else(PoisonError::into_inner);
    let distinct: HashSet<u64> = list.numbers.iter().copied().collect();
    let first_ms = list
        .first
        .map(|first| 1000.0 * first.duration_since(begin).as_secs_f64());
    println!(
        "{}",
        json!({"accepted": list.numbers.len(), "distinct": distinct.len(), "first_ms": first_ms})
    );
}
