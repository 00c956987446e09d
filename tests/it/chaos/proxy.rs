//! What stands between a daemon and its provider and does harm: a proxy that passes most requests on, and breaks some.

mod exchange;
mod harm;
mod http;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use rand::SeedableRng;
use rand::rngs::StdRng;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

pub use harm::LAG;
use harm::{Harm, Plan};

/// A running proxy; dropped, it takes no connections any more.
pub struct Proxy {
    address: SocketAddr,
    state: Arc<State>,
    server: JoinHandle<()>,
}

/// What its connections share.
struct State {
    provider: SocketAddr,
    is_calm: AtomicBool,
    /// Requests that came and are not done with.
    under_way: AtomicUsize,
    done: Mutex<BTreeMap<Harm, u32>>,
}

impl Proxy {
    /// Starts one before this provider. What it does to its n-th connection follows from the seed and n.
    pub async fn start(provider: SocketAddr, seed: u64) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("a free port");
        let state = Arc::new(State {
            provider,
            is_calm: AtomicBool::new(false),
            under_way: AtomicUsize::new(0),
            done: Mutex::default(),
        });
        Self {
            address: listener.local_addr().expect("its address"),
            server: tokio::spawn(accept(listener, Arc::clone(&state), seed)),
            state,
        }
    }

    /// Its base address.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on everything passes.
    pub fn calm(&self) {
        self.state.is_calm.store(true, Ordering::Release);
    }

    /// Whether it holds no request that could still reach the provider.
    pub fn is_idle(&self) -> bool {
        self.state.under_way.load(Ordering::Acquire) == 0
    }

    /// What it did, and how often.
    pub fn done(&self) -> String {
        let done = self.state.done().clone().into_iter();
        let done = done.map(|(harm, times)| format!("{times} {harm}"));
        done.collect::<Vec<_>>().join(", ")
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

impl State {
    fn done(&self) -> std::sync::MutexGuard<'_, BTreeMap<Harm, u32>> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The harm that is due now, which is then counted; none once it is calm.
    fn due(&self, harm: Option<Harm>) -> Option<Harm> {
        let harm = harm.filter(|_| !self.is_calm.load(Ordering::Acquire))?;
        *self.done().entry(harm).or_default() += 1;
        Some(harm)
    }
}

async fn accept(listener: TcpListener, state: Arc<State>, seed: u64) {
    for number in 1_u64.. {
        let Ok((daemon, _)) = listener.accept().await else {
            return;
        };
        let plan = Plan::new(StdRng::seed_from_u64(seed.rotate_left(32) ^ number));
        tokio::spawn(exchange::serve(daemon, Arc::clone(&state), plan));
    }
}
