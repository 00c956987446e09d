//! How many requests the process makes at a time: in all, and to one provider's server.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use reqwest::Url;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Leave for one request.
#[derive(Debug)]
pub(crate) struct RequestPermit {
    _process: OwnedSemaphorePermit,
    _server: OwnedSemaphorePermit,
}

/// Permits of the process.
#[derive(Debug)]
pub(crate) struct Permits {
    process: Arc<Semaphore>,
    /// Half of the process's: one slow server must not take all.
    per_server: usize,
    servers: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Permits {
    /// So many requests at a time.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            process: Arc::new(Semaphore::new(limit)),
            per_server: limit.div_ceil(2),
            servers: Mutex::default(),
        }
    }

    /// As many of `wanted` as there are for the server of this address, at least one, for which it waits.
    pub(crate) async fn take(&self, base_url: &str, wanted: usize) -> Vec<RequestPermit> {
        let server = self.server(base_url);
        let mut permits = Vec::with_capacity(wanted);
        if wanted == 0 {
            return permits;
        }
        // The server's first: whoever waits for it must not keep one of the process's from others.
        if let Ok(of_server) = server.clone().acquire_owned().await
            && let Ok(of_process) = self.process.clone().acquire_owned().await
        {
            permits.push(RequestPermit {
                _process: of_process,
                _server: of_server,
            });
        }
        while !permits.is_empty()
            && permits.len() < wanted
            && let Ok(of_server) = server.clone().try_acquire_owned()
            && let Ok(of_process) = self.process.clone().try_acquire_owned()
        {
            permits.push(RequestPermit {
                _process: of_process,
                _server: of_server,
            });
        }
        permits
    }

    fn server(&self, base_url: &str) -> Arc<Semaphore> {
        let origin = Url::parse(base_url).map_or_else(
            |_| base_url.to_owned(),
            |url| url.origin().ascii_serialization(),
        );
        let mut servers = self.servers.lock().unwrap_or_else(PoisonError::into_inner);
        let permits = || Arc::new(Semaphore::new(self.per_server));
        servers.entry(origin).or_insert_with(permits).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One slow provider leaves half of the requests to the others.
    #[tokio::test]
    async fn a_server_gets_half_of_the_permits() {
        let permits = Permits::new(4);
        let slow = permits.take("http://slow:8080/evolution", 9).await;
        assert_eq!(slow.len(), 2);
        let other = permits.take("http://other", 9).await;
        assert_eq!(other.len(), 2);
        drop(slow);
        assert_eq!(permits.take("http://slow:8080/", 1).await.len(), 1);
    }
}
