//! One channel whose health is looked after.

use std::time::Duration;

use tokio::time::Instant;
use zapgres_core::backoff::Backoff;
use zapgres_core::error_class::{ErrorClass, SendError};
use zapgres_providers::{ConnectionState, Health};

use super::statement::{self, Found};
use crate::database::DatabaseError;
use crate::run::daemon::Daemon;
use crate::run::lane::connection::Connection;
use crate::run::lane::settings::{self, Settings};

/// Time between two questions about a channel that works, or that could not be asked about.
const INTERVAL: Duration = Duration::from_secs(30);
/// The same while something is about to change.
const SOON: Duration = Duration::from_secs(5);
/// Share by which an interval is shortened or lengthened, so that channels of one provider are not asked about together.
const JITTER: f64 = 0.1;
/// So many questions in a row fail before what was known is no longer believed.
const FAILURES_MIN: u32 = 3;
/// Between two requests to connect a number again.
const RECOVERY: Backoff = Backoff {
    base: Duration::from_secs(10),
    factor: 2,
    jitter: 0.2,
    max: Duration::from_secs(15 * 60),
};

/// One channel whose health is looked after.
pub(super) struct Watched {
    pub channel_id: i64,
    connection: Option<Connection>,
    /// As it was logged.
    state: Option<ConnectionState>,
    trouble: Option<String>,
    /// Questions in a row that failed.
    failures: u32,
    /// How often the provider was asked to connect it again, and when to do so next.
    recoveries: u32,
    recover_at: Option<Instant>,
}

impl Watched {
    pub(super) fn new(channel_id: i64) -> Self {
        Self {
            channel_id,
            connection: None,
            state: None,
            trouble: None,
            failures: 0,
            recoveries: 0,
            recover_at: None,
        }
    }

    /// Asks the provider, does what can be done, and writes down what was found.
    pub(super) async fn check(mut self, daemon: &Daemon) -> Self {
        if let Err(error) = self.try_check(daemon).await {
            tracing::debug!(%error, channel_id = self.channel_id, "the health of a channel is not written down");
        }
        self
    }

    async fn try_check(&mut self, daemon: &Daemon) -> Result<(), DatabaseError> {
        let client = daemon.client().await?;
        let Some(settings) = settings::load_channel(&client, self.channel_id).await? else {
            return Ok(());
        };
        // The question may take long, and connections are few.
        drop(client);
        let begin = Instant::now();
        let answer = self.ask(daemon, &settings).await;
        let latency = begin.elapsed();
        let again_in = self.react(daemon, &settings.name, &answer).await;
        let known = self.state;
        self.tell(&settings.name, &answer);
        let factor = 1.0 + JITTER * (2.0 * (daemon.randomness)() - 1.0);
        let storable = |text: String| daemon.database().storable(&text);
        let found = found(answer, known, latency, again_in.mul_f64(factor), storable);
        let client = daemon.client().await?;
        statement::store(&client, self.channel_id, &found).await?;
        Ok(())
    }

    async fn ask(&mut self, daemon: &Daemon, settings: &Settings) -> Result<Health, SendError> {
        let renewed = Connection::renew(
            self.connection.take(),
            &settings.address,
            daemon.config.daemon.seal_key.as_ref(),
            &daemon.make_provider,
        )
        .map_err(|error| SendError::before_sending(ErrorClass::ChannelAuth, error.to_string()))?;
        let connection = self.connection.insert(renewed);
        let timeout = daemon.config.sending.send_timeout;
        tokio::time::timeout(timeout, connection.provider.health())
            .await
            .unwrap_or_else(|_| {
                let text = "no answer in time".to_owned();
                Err(SendError::before_sending(ErrorClass::Transient, text))
            })
    }

    /// Lets the channel hold its messages or send them, and has it connected again. Returns when to ask next.
    async fn react(
        &mut self,
        daemon: &Daemon,
        channel: &str,
        answer: &Result<Health, SendError>,
    ) -> Duration {
        let health = answer.as_ref().ok();
        self.failures = if health.is_some() {
            0
        } else {
            self.failures + 1
        };
        if !is_still_believed(self.failures) {
            let seen = health.map(|health| obstacle(channel, health));
            if daemon.holds.set(self.channel_id, seen) {
                daemon.lanes.wake(self.channel_id);
            }
        }
        match health.map(|health| health.state) {
            Some(ConnectionState::Disconnected) => {
                self.recover(daemon, channel).await;
                SOON
            }
            Some(ConnectionState::Connecting | ConnectionState::AwaitsPairing) => SOON,
            Some(ConnectionState::Connected) => {
                self.recoveries = 0;
                self.recover_at = None;
                INTERVAL
            }
            None => INTERVAL,
        }
    }

    async fn recover(&mut self, daemon: &Daemon, channel: &str) {
        let now = Instant::now();
        let Some(connection) = &self.connection else {
            return;
        };
        if self.recover_at.is_some_and(|at| at > now) {
            return;
        }
        self.recoveries += 1;
        let wait = RECOVERY.delay(self.recoveries, (daemon.randomness)());
        self.recover_at = Some(now + wait);
        let timeout = daemon.config.sending.send_timeout;
        match tokio::time::timeout(timeout, connection.provider.recover()).await {
            Ok(Ok(())) => tracing::info!(
                channel,
                times = self.recoveries,
                "the provider was asked to connect the number again"
            ),
            Ok(Err(error)) => tracing::warn!(
                channel,
                times = self.recoveries,
                %error,
                "the number cannot be connected again; trying until it is"
            ),
            Err(_) => tracing::warn!(
                channel,
                "the provider was asked to connect the number again, and does not answer"
            ),
        }
    }

    /// Says what has changed.
    fn tell(&mut self, channel: &str, answer: &Result<Health, SendError>) {
        match answer {
            Ok(health) if self.state == Some(health.state) => {}
            Ok(health) if health.state == ConnectionState::Connected => {
                if self.state.is_some() || self.trouble.is_some() {
                    tracing::info!(channel, "the number is connected");
                }
            }
            Ok(health) => tracing::error!(
                channel,
                state = health.state.as_str(),
                detail = health.detail,
                "the number is not connected to WhatsApp; its messages wait"
            ),
            Err(error) if self.trouble.as_deref() == Some(&error.message) => {}
            Err(error) => {
                tracing::warn!(channel, %error, "the provider cannot be asked about the number");
            }
        }
        self.state = answer
            .as_ref()
            .ok()
            .map(|health| health.state)
            .or(self.state);
        self.trouble = answer.as_ref().err().map(|error| error.message.clone());
    }
}

/// Whether what was known before holds after so many questions in a row that failed, none: it was answered. Where the provider
/// cannot be asked, sending tells; but one question that failed undoes nothing.
const fn is_still_believed(failures: u32) -> bool {
    0 < failures && failures < FAILURES_MIN
}

/// Why messages are held; none: they are sent.
fn obstacle(channel: &str, health: &Health) -> Option<String> {
    // A number that waits for its code to be scanned is connecting for Evolution API, and disconnected for Z-API.
    let otherwise = format!("if that lasts: zapgres channel connect {channel}");
    match health.state {
        ConnectionState::Connected => None,
        ConnectionState::Connecting => Some(format!(
            "the number is being connected to WhatsApp; {otherwise}"
        )),
        ConnectionState::AwaitsPairing => Some(format!(
            "the number has to be connected to a phone: zapgres channel connect {channel}"
        )),
        ConnectionState::Disconnected => Some(format!(
            "the number is not connected to WhatsApp; {otherwise}"
        )),
    }
}

/// What is written down; `known` is what was known before.
fn found(
    answer: Result<Health, SendError>,
    known: Option<ConnectionState>,
    latency: Duration,
    again_in: Duration,
    storable: impl Fn(String) -> String,
) -> Found {
    let (health, error) = match answer {
        Ok(health) => (Some(health), None),
        Err(error) => (None, Some(error.to_string())),
    };
    Found {
        connection: health.as_ref().map(|health| health.state.as_str()),
        is_change: health.as_ref().map(|health| health.state) != known,
        number: health
            .as_ref()
            .and_then(|health| health.number.clone())
            .map(&storable),
        detail: health.and_then(|health| health.detail).map(&storable),
        latency,
        error: error.map(&storable),
        again_in,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(state: ConnectionState) -> Health {
        Health {
            state,
            number: None,
            detail: None,
        }
    }

    /// P3: a hold outlives a question or two that fail, and neither an answer nor a provider that is gone.
    #[test]
    fn a_failed_question_undoes_nothing_until_the_third() {
        let believed: Vec<bool> = (0..5).map(is_still_believed).collect();
        assert_eq!(believed, [false, true, true, false, false]);
    }

    /// P3: only a number that is connected sends; who has to do something is told the command.
    #[test]
    fn everything_but_connected_holds_messages() {
        let why = |state| obstacle("loja", &health(state));
        assert_eq!(why(ConnectionState::Connected), None);
        for state in [ConnectionState::Connecting, ConnectionState::Disconnected] {
            assert!(why(state).is_some(), "{state:?}");
        }
        let scan = why(ConnectionState::AwaitsPairing).unwrap_or_default();
        assert!(scan.contains("zapgres channel connect loja"), "{scan}");
    }
}
