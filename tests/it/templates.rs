//! Texts: saved, tried, put into use; and what would be sent of them.

mod commands;
mod guide;
mod obstacles;
mod own_names;
mod preview;
mod rights;
mod save;

use crate::cluster::plain;
use crate::session::Session;
use crate::shop;

/// A shop with an order table that is attached, and a company.
async fn open() -> Session {
    let (_, session) = shop::open(plain()).await;
    session
        .run("insert into zap.tenant (id) values ('1')")
        .await;
    session
}
