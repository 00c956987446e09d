//! One database of a cluster and the sessions on it.

use std::path::{Path, PathBuf};
use std::process::Command;

use tokio_postgres::{Client, Config, NoTls};

use crate::postgres;
use crate::session::Session;

/// A database; it stays until its cluster goes.
#[derive(Clone)]
pub struct Database {
    socket_directory: PathBuf,
    name: String,
}

impl Database {
    /// The database of this name in the cluster that listens in this directory.
    pub fn new(socket_directory: &Path, name: &str) -> Self {
        Self {
            socket_directory: socket_directory.to_owned(),
            name: name.to_owned(),
        }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A new session of the superuser.
    pub async fn session(&self) -> Session {
        self.session_as("postgres").await
    }

    /// A new session of this role.
    pub async fn session_as(&self, role: &str) -> Session {
        Session::open(&self.config(role)).await
    }

    /// Whether the server takes sessions now.
    pub async fn is_reachable(&self) -> bool {
        self.try_connect().await.is_ok()
    }

    /// A connection of the superuser to a server that may be away, or go away.
    pub async fn try_connect(&self) -> Result<Client, tokio_postgres::Error> {
        let (client, connection) = self.config("postgres").connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    fn config(&self, role: &str) -> Config {
        let mut config = Config::new();
        config
            .host_path(&self.socket_directory)
            .dbname(&self.name)
            .user(role);
        // A statement that hangs fails its test instead of the run.
        config.options("-c statement_timeout=60s");
        config
    }

    /// A client program of PostgreSQL, with the options that make it connect here.
    pub fn client_program(&self, program: &str) -> Command {
        let mut command = postgres::command(program);
        command
            .arg("-h")
            .arg(&self.socket_directory)
            .args(["-U", "postgres", "-d", &self.name]);
        command
    }

    /// The address, as a daemon takes it.
    pub fn url(&self, role: &str) -> String {
        let host = self
            .socket_directory
            .display()
            .to_string()
            .replace('/', "%2F");
        format!("postgresql://{role}@{host}/{}", self.name)
    }
}
