//! What all requests share.

use std::sync::Arc;

use super::addresses::Addresses;
use super::room::Room;
use super::store::Store;
use crate::clock::SystemClock;
use crate::run::Daemon;

/// What all requests share.
pub(super) struct Endpoint {
    pub daemon: Arc<Daemon>,
    pub addresses: Addresses,
    pub room: Room,
    /// For the address that anybody may know: strangers who fill it take nothing from those who know a secret one.
    pub room_for_strangers: Room,
    pub store: Store,
    pub clock: SystemClock,
}

impl Endpoint {
    /// Begins to store what will be delivered.
    pub(super) fn new(daemon: Arc<Daemon>) -> Self {
        Self {
            addresses: Addresses::default(),
            room: Room::new(daemon.config.http.body_limit),
            room_for_strangers: Room::new(daemon.config.http.body_limit),
            store: Store::begin(daemon.clone()),
            clock: SystemClock,
            daemon,
        }
    }
}
