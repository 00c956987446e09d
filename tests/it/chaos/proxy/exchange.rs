//! One connection of a daemon: request by request to the provider and back, until its plan ends it.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};

use super::harm::{Harm, Plan};
use super::{State, http};

/// Both directions of a connection.
struct Peer {
    reader: BufReader<OwnedReadHalf>,
    writer: OwnedWriteHalf,
}

impl Peer {
    fn new(stream: TcpStream) -> Self {
        // Fails only on a socket that is gone already, which the first read will tell.
        let _ = stream.set_nodelay(true);
        let (reader, writer) = stream.into_split();
        Self {
            reader: BufReader::new(reader),
            writer,
        }
    }

    /// Ends it as a crash does.
    fn reset(self) {
        let stream = self.reader.into_inner().reunite(self.writer);
        let stream = stream.expect("halves of one connection");
        let _ = stream.set_zero_linger();
    }

    /// Waits for the other side to end it.
    async fn outwait(mut self) {
        let mut ignored = [0; 1024];
        while matches!(self.reader.read(&mut ignored).await, Ok(1..)) {}
    }
}

/// Serves a connection to its end.
pub async fn serve(daemon: TcpStream, state: Arc<State>, mut plan: Plan) {
    let mut daemon = Peer::new(daemon);
    let mut provider = None;
    while let Some(request) = http::read(&mut daemon.reader).await {
        let under_way = UnderWay::begin(&state);
        let harm = state.due(plan.next());
        if harm == Some(Harm::ResetBefore) {
            return daemon.reset();
        }
        if harm == Some(Harm::BadGateway) {
            let _ = daemon.writer.write_all(&http::bad_gateway()).await;
            return;
        }
        if harm == Some(Harm::Delay) {
            tokio::time::sleep(plan.delay()).await;
        }
        let Some(answer) = ask(&state, &mut provider, &request).await else {
            return;
        };
        drop(under_way);
        if harm == Some(Harm::Delay) {
            tokio::time::sleep(plan.delay()).await;
        }
        match harm {
            None | Some(Harm::Delay) => {
                if daemon.writer.write_all(&answer).await.is_err() {
                    return;
                }
            }
            Some(harm) => return end(daemon, harm, &answer, plan.shows_half()).await,
        }
    }
}

/// Breaks the exchange off after the provider has answered.
async fn end(mut daemon: Peer, harm: Harm, answer: &[u8], shows_half: bool) {
    if harm == Harm::ResetInAnswer || harm == Harm::HalfClose && shows_half {
        let _ = daemon.writer.write_all(&answer[..answer.len() / 2]).await;
    }
    match harm {
        Harm::ResetInAnswer => daemon.reset(),
        Harm::HalfClose => {
            let _ = daemon.writer.shutdown().await;
            daemon.outwait().await;
        }
        _ => daemon.outwait().await,
    }
}

/// The provider's answer; none when it cannot be had.
async fn ask(state: &State, provider: &mut Option<Peer>, request: &[u8]) -> Option<Vec<u8>> {
    if provider.is_none() {
        let stream = TcpStream::connect(state.provider).await.ok()?;
        *provider = Some(Peer::new(stream));
    }
    let peer = provider.as_mut()?;
    peer.writer.write_all(request).await.ok()?;
    http::read(&mut peer.reader).await
}

/// A request that may still reach the provider.
struct UnderWay<'a>(&'a State);

impl<'a> UnderWay<'a> {
    fn begin(state: &'a State) -> Self {
        state.under_way.fetch_add(1, Ordering::AcqRel);
        Self(state)
    }
}

impl Drop for UnderWay<'_> {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::AcqRel);
    }
}
