//! Connections that a handler can hang up on.
//!
//! A dropped connection is what a crash or a proxy's timeout looks like: the socket closes and no
//! byte of an answer was written. A handler cannot do that by itself, so every connection carries a
//! switch, and once it is thrown nothing is written any more: the server then drops the socket.

use std::io::{Error, ErrorKind, IoSlice, Result};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};

/// The switch of one connection.
#[derive(Clone, Default)]
pub(crate) struct HangUp(Arc<AtomicBool>);

impl HangUp {
    /// From now on nothing is written; the answer that comes next closes the connection instead.
    pub(crate) fn now(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn check(&self) -> Result<()> {
        if self.0.load(Ordering::Acquire) {
            return Err(Error::new(
                ErrorKind::ConnectionAborted,
                "hung up on purpose",
            ));
        }
        Ok(())
    }
}

impl Connected<IncomingStream<'_, SandboxListener>> for HangUp {
    fn connect_info(stream: IncomingStream<'_, SandboxListener>) -> Self {
        stream.io().hang_up.clone()
    }
}

/// Listens, and gives each connection its switch.
pub(crate) struct SandboxListener(TcpListener);

impl SandboxListener {
    /// Takes over a bound, non-blocking listener.
    pub(crate) fn new(listener: std::net::TcpListener) -> Result<Self> {
        TcpListener::from_std(listener).map(Self)
    }
}

impl Listener for SandboxListener {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        let (stream, peer) = Listener::accept(&mut self.0).await;
        // Fails only on a socket that is gone already, which the first read will tell.
        stream.set_nodelay(true).ok();
        (
            Connection {
                stream,
                hang_up: HangUp::default(),
            },
            peer,
        )
    }

    fn local_addr(&self) -> Result<SocketAddr> {
        self.0.local_addr()
    }
}

/// A TCP stream that stops writing when its switch is thrown.
pub(crate) struct Connection {
    stream: TcpStream,
    hang_up: HangUp,
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<Result<usize>> {
        self.hang_up.check()?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        self.hang_up.check()?;
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
