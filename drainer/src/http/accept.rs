//! Connections: as many as fit, each with a limit to the time that its requests take to begin.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

/// More would use up the files that the process may open, which the database and providers need, too.
const CONNECTIONS: usize = 512;
/// A connection that begins no request for so long is closed.
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);
/// A stop waits so long for requests on their way.
const GRACE: Duration = Duration::from_secs(5);
/// Pause after a connection could not be accepted: the process may have no file left.
const TROUBLE_PAUSE: Duration = Duration::from_millis(100);

/// Serves until `shutdown`, then ends what is on its way.
pub(super) async fn serve(listener: TcpListener, router: Router, shutdown: CancellationToken) {
    let connections = GracefulShutdown::new();
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let accept = async {
        while let Ok(place) = places.clone().acquire_owned().await {
            match listener.accept().await {
                Ok((stream, _)) => {
                    let connection = connections.watch(connection(stream, router.clone()));
                    tokio::spawn(async move {
                        // Whoever breaks off a request knows it.
                        connection.await.ok();
                        drop(place);
                    });
                }
                Err(error) => {
                    tracing::debug!(%error, "a connection was not accepted");
                    tokio::time::sleep(TROUBLE_PAUSE).await;
                }
            }
        }
    };
    shutdown.run_until_cancelled(accept).await;
    drop(listener);
    tokio::time::timeout(GRACE, connections.shutdown())
        .await
        .ok();
}

type Connection = http1::Connection<TokioIo<TcpStream>, TowerToHyperService<Router>>;

fn connection(stream: TcpStream, router: Router) -> Connection {
    // Answers are short: waiting to fill a packet would only delay them.
    stream.set_nodelay(true).ok();
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router))
}
