//! The shop: places orders at a fixed rate.

use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_postgres::{Client, Config};

use crate::database;

/// Time between two orders: 100 a second.
const EVERY: Duration = Duration::from_millis(10);

/// Sessions that place them: enough that the next order never waits for an earlier one's commit.
const SESSIONS: usize = 8;

const INSERT_ORDER: &str =
    "insert into pedidos (empresa_id, cliente_id, total) values (1, $1, 42.5) returning id";
const INSERT_ITEM: &str =
    "insert into pedido_itens (pedido_id, produto, quantidade, preco) values ($1, $2, 1, 14.0)";

/// An order that was committed.
#[derive(Clone, Copy)]
pub struct Placed {
    /// Its key.
    pub id: i64,
    /// When COMMIT was sent.
    pub commit_sent: Instant,
    /// When it was answered.
    pub committed: Instant,
}

/// Places orders for so long.
pub async fn place(database: &Config, duration: Duration) -> Vec<Placed> {
    let mut ticks = interval(EVERY);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let ticks = Arc::new(Mutex::new(ticks));
    let mut sessions = JoinSet::new();
    let end = Instant::now() + duration;
    for _ in 0..SESSIONS {
        sessions.spawn(place_until(end, database.clone(), Arc::clone(&ticks)));
    }
    sessions.join_all().await.concat()
}

async fn place_until(end: Instant, database: Config, ticks: Arc<Mutex<Interval>>) -> Vec<Placed> {
    let mut client = database::connect(&database).await;
    let mut placed = Vec::new();
    loop {
        ticks.lock().await.tick().await;
        if Instant::now() >= end {
            return placed;
        }
        placed.push(place_one(&mut client).await.expect("place an order"));
    }
}

async fn place_one(client: &mut Client) -> Result<Placed, tokio_postgres::Error> {
    let transaction = client.transaction().await?;
    let id: i64 = transaction.query_one(INSERT_ORDER, &[&1_i64]).await?.get(0);
    for product in ["X-Burger", "Coca-Cola", "Batata"] {
        transaction.execute(INSERT_ITEM, &[&id, &product]).await?;
    }
    let commit_sent = Instant::now();
    transaction.commit().await?;
    Ok(Placed {
        id,
        commit_sent,
        committed: Instant::now(),
    })
}
