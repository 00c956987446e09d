//! A session whose notices and notifications are kept.

use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio_postgres::error::DbError;
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{
    AsyncMessage, Client, Config, Connection, NoTls, Notification, SimpleQueryMessage, Socket,
};

use crate::wait;

/// A session; its transactions are those that its statements begin.
pub struct Session {
    client: Client,
    heard: Arc<Mutex<Heard>>,
    pid: i32,
}

#[derive(Default)]
struct Heard {
    notices: Vec<DbError>,
    notifications: Vec<Notification>,
}

impl Session {
    /// Connects.
    pub async fn open(config: &Config) -> Self {
        let (client, connection) = config
            .connect(NoTls)
            .await
            .expect("connect to the database");
        let heard = Arc::default();
        tokio::spawn(listen(connection, Arc::clone(&heard)));
        let mut session = Self {
            client,
            heard,
            pid: 0,
        };
        session.pid = session
            .value("select pg_backend_pid()")
            .await
            .parse()
            .expect("a pid");
        session
    }

    /// Whether the server has ended it.
    pub fn is_closed(&self) -> bool {
        self.client.is_closed()
    }

    /// Process id of its backend.
    pub fn pid(&self) -> i32 {
        self.pid
    }

    /// Runs one or more statements; several are one transaction unless they say otherwise. Panics when they fail.
    pub async fn run(&self, sql: &str) {
        self.try_rows(sql)
            .await
            .unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
    }

    /// Runs statements that are expected to succeed, and tells how long they took.
    pub async fn timed(&self, sql: &str) -> Duration {
        let start = Instant::now();
        self.run(sql).await;
        start.elapsed()
    }

    /// Runs statements that are expected to fail, and returns the server's error.
    pub async fn error(&self, sql: &str) -> DbError {
        match self.try_rows(sql).await {
            Ok(_) => panic!("succeeded: {sql}"),
            Err(error) => error,
        }
    }

    /// Runs statements and returns the server's error if they fail.
    pub async fn attempt(&self, sql: &str) -> Result<(), DbError> {
        self.try_rows(sql).await.map(drop)
    }

    /// The only value of the only row, as text.
    pub async fn value(&self, sql: &str) -> String {
        let mut values = self.column(sql).await;
        assert_eq!(values.len(), 1, "not one row: {sql}");
        values.remove(0)
    }

    /// The only value of the only row, a count.
    pub async fn count(&self, sql: &str) -> u64 {
        let value = self.value(sql).await;
        value
            .parse()
            .unwrap_or_else(|_| panic!("{value} is no count: {sql}"))
    }

    /// The first column of every row, as text; null is `null`.
    pub async fn column(&self, sql: &str) -> Vec<String> {
        let rows = self
            .try_rows(sql)
            .await
            .unwrap_or_else(|error| panic!("{error:?}\n{sql}"));
        rows.into_iter().map(|mut row| row.swap_remove(0)).collect()
    }

    /// Every row, its columns as text.
    pub async fn rows(&self, sql: &str) -> Vec<Vec<String>> {
        self.try_rows(sql)
            .await
            .unwrap_or_else(|error| panic!("{error:?}\n{sql}"))
    }

    async fn try_rows(&self, sql: &str) -> Result<Vec<Vec<String>>, DbError> {
        let messages = self.client.simple_query(sql).await.map_err(|error| {
            let server = error.as_db_error().cloned();
            server.unwrap_or_else(|| panic!("the connection is lost: {error:?}\n{sql}"))
        })?;
        let rows = messages.iter().filter_map(|message| match message {
            SimpleQueryMessage::Row(row) => Some(row),
            _ => None,
        });
        let text = |value: Option<&str>| value.unwrap_or("null").to_owned();
        Ok(rows
            .map(|row| (0..row.len()).map(|i| text(row.get(i))).collect())
            .collect())
    }

    /// What the server said beside its answers, oldest first, since this was asked last.
    pub async fn notices(&self) -> Vec<DbError> {
        // Notices come before the answer to a later statement.
        self.run("").await;
        std::mem::take(&mut self.heard.lock().expect("heard").notices)
    }

    /// The warnings among its notices.
    pub async fn warnings(&self) -> Vec<String> {
        let notices = self.notices().await.into_iter();
        let warnings = notices.filter(|notice| notice.severity() == "WARNING");
        warnings
            .map(|warning| warning.message().to_owned())
            .collect()
    }

    /// The notifications that have arrived since this was asked last.
    pub fn notifications(&self) -> Vec<Notification> {
        std::mem::take(&mut self.heard.lock().expect("heard").notifications)
    }

    /// Waits for notifications, and returns all that have arrived.
    pub async fn next_notifications(&self) -> Vec<Notification> {
        wait::until("a notification", async || {
            !self.heard.lock().expect("heard").notifications.is_empty()
        })
        .await;
        self.notifications()
    }
}

/// Passes on what the connection says, until it ends.
async fn listen(mut connection: Connection<Socket, NoTlsStream>, heard: Arc<Mutex<Heard>>) {
    while let Some(Ok(message)) = poll_fn(|context| connection.poll_message(context)).await {
        let mut heard = heard.lock().expect("heard");
        match message {
            AsyncMessage::Notice(notice) => heard.notices.push(notice),
            AsyncMessage::Notification(notification) => heard.notifications.push(notification),
            _ => {}
        }
    }
}
