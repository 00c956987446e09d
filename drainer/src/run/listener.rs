//! `LISTEN` on a connection of its own.

use std::sync::Arc;

use futures_util::future::poll_fn;
use tokio::task::JoinHandle;
use tokio_postgres::{AsyncMessage, Client};

use super::daemon::Daemon;
use super::registry::LEASES;
use crate::config::Config;
use crate::database::{self, DatabaseError, DrivenConnection, Purpose};

/// A wake-up is a hint: the daemon also looks on a timer.
pub(crate) struct Listener {
    /// Kept for its session, which listens.
    _session: Client,
    connection: JoinHandle<DatabaseError>,
}

impl Listener {
    /// Listens, and from then on wakes the daemon.
    pub(crate) async fn open(config: &Config, daemon: Arc<Daemon>) -> Result<Self, DatabaseError> {
        let (session, connection) = database::connect_dedicated(config, Purpose::Listen).await?;
        let connection = tokio::spawn(drive(connection, daemon));
        session
            .batch_execute("listen zapgres; listen zapgres_lanes")
            .await?;
        Ok(Self {
            _session: session,
            connection,
        })
    }

    /// Waits until the session is gone. Says why.
    pub(crate) async fn lost(&mut self) -> DatabaseError {
        match (&mut self.connection).await {
            Ok(error) => error,
            Err(error) => DatabaseError::ConnectionLost(error.to_string()),
        }
    }
}

async fn drive(mut connection: DrivenConnection, daemon: Arc<Daemon>) -> DatabaseError {
    loop {
        match poll_fn(|context| connection.poll_message(context)).await {
            Some(Ok(AsyncMessage::Notification(said))) => {
                hear(&daemon, said.channel(), said.payload());
            }
            Some(Ok(_)) => {}
            Some(Err(error)) => return error.into(),
            None => return DatabaseError::ConnectionLost("closed".to_owned()),
        }
    }
}

/// `zapgres`: something was captured. `zapgres_lanes`: leases have changed, or these channels have something to send.
fn hear(daemon: &Daemon, channel: &str, payload: &str) {
    if channel == "zapgres" {
        daemon.work.notify_one();
    } else if payload == LEASES {
        daemon.leases.look.notify_one();
    } else {
        for channel_id in payload.split(',').filter_map(|id| id.parse().ok()) {
            daemon.lanes.wake(channel_id);
        }
    }
}
