//! The server: bound first, so that its address is known, then served until told to stop.

use std::future::IntoFuture;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use crate::connection::{HangUp, SandboxListener};
use crate::options::SandboxOptions;
use crate::state::SandboxState;
use crate::{control, evolution, generic_http, megaapi, meta, phone, waha, zapi};

/// Answers under way get this long to end after a shutdown: a client that never finishes its
/// request must not keep the process alive.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// Why a sandbox could not start or go on.
#[derive(Debug, Error)]
pub enum SandboxError {
    /// Something else listens at the address.
    #[error(
        "cannot listen on {0}: the port is in use; stop what listens there, or choose another port"
    )]
    AddressInUse(SocketAddr),
    /// The address cannot be had for another reason.
    #[error(
        "cannot listen on {address}: it must be an address and a port that this machine may use"
    )]
    Bind {
        /// The address asked for.
        address: SocketAddr,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// Accepting connections ended.
    #[error("the sandbox cannot accept connections")]
    Serve(#[source] std::io::Error),
}

/// A bound sandbox that does not answer yet.
pub struct Sandbox {
    listener: std::net::TcpListener,
    address: SocketAddr,
    options: SandboxOptions,
}

impl Sandbox {
    /// Binds `address` (port 0: any free port) with the default options.
    ///
    /// # Errors
    /// When the address is in use or cannot be bound.
    pub fn bind(address: SocketAddr) -> Result<Self, SandboxError> {
        Self::bind_with(address, SandboxOptions::default())
    }

    /// Binds `address` (port 0: any free port).
    ///
    /// # Errors
    /// When the address is in use or cannot be bound.
    pub fn bind_with(address: SocketAddr, options: SandboxOptions) -> Result<Self, SandboxError> {
        let listener = std::net::TcpListener::bind(address)
            .and_then(|listener| listener.set_nonblocking(true).map(|()| listener))
            .map_err(|source| match source.kind() {
                std::io::ErrorKind::AddrInUse => SandboxError::AddressInUse(address),
                _ => SandboxError::Bind { address, source },
            })?;
        let address = listener
            .local_addr()
            .map_err(|source| SandboxError::Bind { address, source })?;
        Ok(Self {
            listener,
            address,
            options,
        })
    }

    /// The address bound, with the real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Serves until `shutdown` is cancelled. Requests that wait in a delay are then cut off, as by
    /// a server that is killed; the others are answered.
    ///
    /// # Errors
    /// When the listener cannot be used any longer.
    pub async fn serve(self, shutdown: CancellationToken) -> Result<(), SandboxError> {
        let listener = SandboxListener::new(self.listener).map_err(SandboxError::Serve)?;
        let state = Arc::new(SandboxState::new(
            self.options,
            self.address,
            shutdown.clone(),
        ));
        let server = axum::serve(
            listener,
            routes(state).into_make_service_with_connect_info::<HangUp>(),
        )
        .with_graceful_shutdown(shutdown.clone().cancelled_owned());
        let overdue = async {
            shutdown.cancelled().await;
            tokio::time::sleep(SHUTDOWN_GRACE).await;
        };
        tokio::select! {
            ended = server.into_future() => ended.map_err(SandboxError::Serve),
            () = overdue => Ok(()),
        }
    }
}

fn routes(state: Arc<SandboxState>) -> Router {
    phone::routes()
        .merge(control::routes())
        .merge(meta::routes())
        .merge(zapi::routes())
        .merge(waha::routes())
        .merge(megaapi::routes())
        .merge(generic_http::routes())
        .merge(evolution::routes())
        .with_state(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_in_use_is_one_clear_line() {
        let first = Sandbox::bind(([127, 0, 0, 1], 0).into()).unwrap();
        let refused = Sandbox::bind(first.address()).err().unwrap();
        assert_eq!(
            refused.to_string(),
            format!(
                "cannot listen on {}: the port is in use; stop what listens there, or choose \
                 another port",
                first.address()
            )
        );
    }

    #[test]
    fn a_foreign_address_is_named() {
        let refused = Sandbox::bind(([192, 0, 2, 1], 0).into())
            .err()
            .unwrap()
            .to_string();
        assert!(
            refused.starts_with("cannot listen on 192.0.2.1:0: "),
            "{refused}"
        );
        assert!(!refused.contains('\n'));
    }
}
