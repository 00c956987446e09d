//! Whether the phone behind an instance is connected, and how it becomes so.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::provider::Provider;
use crate::state::SandboxState;
use crate::webhooks::{self, Event};

/// How far an instance is.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum ConnectionState {
    /// Sends are accepted.
    #[default]
    Connected,
    /// On its way to one of the others.
    Connecting,
    /// Shows a QR code that somebody has to scan.
    AwaitsPairing,
    /// Somebody has to connect it.
    Disconnected,
}

/// One instance's connection, as the control routes show and set it.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Connection {
    pub(crate) state: ConnectionState,
    /// Whether connecting ends with a QR code: the phone has forgotten the instance.
    #[serde(default)]
    needs_pairing: bool,
    /// How long connecting takes.
    #[serde(default)]
    connecting_ms: u64,
    /// QR codes shown so far; each is another.
    #[serde(default, skip_deserializing)]
    codes: u32,
}

impl Connection {
    /// Whether the phone has forgotten the instance.
    pub(crate) fn needs_pairing(&self) -> bool {
        self.needs_pairing
    }

    fn target(&self) -> ConnectionState {
        if self.needs_pairing {
            ConnectionState::AwaitsPairing
        } else {
            ConnectionState::Connected
        }
    }
}

/// All connections that were ever looked at as something but connected.
#[derive(Default)]
pub(crate) struct Connections(Mutex<BTreeMap<Provider, BTreeMap<String, Connection>>>);

impl Connections {
    /// What is known about an instance.
    pub(crate) fn get(&self, provider: Provider, instance: &str) -> Connection {
        let known = self.lock();
        let found = known.get(&provider).and_then(|known| known.get(instance));
        found.cloned().unwrap_or_default()
    }

    /// Whether it takes messages.
    pub(crate) fn is_open(&self, provider: Provider, instance: &str) -> bool {
        let known = self.lock();
        let found = known.get(&provider).and_then(|known| known.get(instance));
        found.is_none_or(|found| found.state == ConnectionState::Connected)
    }

    /// The QR code to show now, while the instance awaits pairing: each time another.
    pub(crate) fn next_code(&self, provider: Provider, instance: &str) -> Option<(String, u32)> {
        let mut known = self.lock();
        let found = known.get_mut(&provider)?.get_mut(instance)?;
        if found.state != ConnectionState::AwaitsPairing {
            return None;
        }
        found.codes += 1;
        let code = format!("2@{}/{instance}/{}", provider.name(), found.codes);
        Some((code, found.codes))
    }

    fn change(
        &self,
        provider: Provider,
        instance: &str,
        change: impl FnOnce(&mut Connection),
    ) -> Connection {
        let mut known = self.lock();
        let found = known
            .entry(provider)
            .or_default()
            .entry(instance.to_owned())
            .or_default();
        change(found);
        found.clone()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Provider, BTreeMap<String, Connection>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Puts an instance where the control wants it.
pub(crate) fn set(
    state: &Arc<SandboxState>,
    provider: Provider,
    instance: &str,
    wanted: Connection,
) -> Connection {
    let set = state.connections.change(provider, instance, |known| {
        let codes = known.codes;
        *known = Connection { codes, ..wanted };
    });
    tell(state, provider, instance, set.state);
    set
}

/// Moves an instance to a state, and forgets the phone when it was logged out.
pub(crate) fn move_to(
    state: &Arc<SandboxState>,
    provider: Provider,
    instance: &str,
    to: ConnectionState,
    needs_pairing: bool,
) {
    state.connections.change(provider, instance, |known| {
        known.state = to;
        known.needs_pairing = needs_pairing;
    });
    tell(state, provider, instance, to);
}

/// Begins to connect an instance that is not connected: it ends connected, or with a QR code.
pub(crate) fn begin(state: &Arc<SandboxState>, provider: Provider, instance: &str) -> Connection {
    let begun = state.connections.change(provider, instance, |known| {
        known.state = ConnectionState::Connecting;
    });
    tell(state, provider, instance, ConnectionState::Connecting);
    let pause = Duration::from_millis(begun.connecting_ms);
    if pause.is_zero() {
        settle(state, provider, instance);
        return begun;
    }
    let (state, instance) = (Arc::clone(state), instance.to_owned());
    tokio::spawn(async move {
        tokio::select! {
            () = tokio::time::sleep(pause) => settle(&state, provider, &instance),
            () = state.shutdown.cancelled() => {}
        }
    });
    begun
}

/// Somebody scans the QR code; whether there was one.
pub(crate) fn scan(state: &Arc<SandboxState>, provider: Provider, instance: &str) -> bool {
    let awaited = state.connections.get(provider, instance).state == ConnectionState::AwaitsPairing;
    if awaited {
        move_to(state, provider, instance, ConnectionState::Connected, false);
    }
    awaited
}

/// Ends connecting, unless somebody moved the instance elsewhere meanwhile.
fn settle(state: &Arc<SandboxState>, provider: Provider, instance: &str) {
    let settled = state.connections.change(provider, instance, |known| {
        if known.state == ConnectionState::Connecting {
            known.state = known.target();
        }
    });
    tell(state, provider, instance, settled.state);
}

fn tell(state: &Arc<SandboxState>, provider: Provider, instance: &str, to: ConnectionState) {
    let mut events = vec![Event::Connection(to)];
    if to == ConnectionState::AwaitsPairing {
        let code = state.connections.next_code(provider, instance);
        events.extend(code.map(|(code, _)| Event::Code(code)));
    }
    webhooks::announce(state, provider, instance, events);
    if to == ConnectionState::Connected {
        provider.dialect().connected(state, instance);
    }
}
