//! What else goes on in an order database: transactions that write, and take their time.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_postgres::{Client, Config};

use crate::database::{self, OLD_ORDERS};

/// How many there are at any time.
const SESSIONS: i64 = 8;

/// How long they stay open, each in its turn.
const OPEN_MS: [u64; 4] = [20, 30, 40, 50];

/// Starts them; they go on until their tasks are aborted.
pub async fn begin(database: &Config) -> Vec<JoinHandle<()>> {
    let mut tasks = Vec::new();
    for session in 1..=SESSIONS {
        let client = database::connect(database).await;
        tasks.push(tokio::spawn(repeat(client, session)));
    }
    tasks
}

async fn repeat(mut client: Client, session: i64) {
    let mut order = session;
    for open_ms in OPEN_MS.into_iter().cycle() {
        // Sessions never meet at an order: it is not their waiting for each other that is measured.
        order = if order + SESSIONS > OLD_ORDERS {
            session
        } else {
            order + SESSIONS
        };
        write(&mut client, order, Duration::from_millis(open_ms))
            .await
            .expect("write");
    }
}

async fn write(
    client: &mut Client,
    order: i64,
    open: Duration,
) -> Result<(), tokio_postgres::Error> {
    let transaction = client.transaction().await?;
    transaction
        .execute(
            "update pedidos set total = total + 1 where id = $1",
            &[&order],
        )
        .await?;
    let insert = "insert into pedido_itens (pedido_id, produto, quantidade, preco) values ($1, 'Sobremesa', 1, 1)";
    transaction.execute(insert, &[&order]).await?;
    tokio::time::sleep(open).await;
    transaction.commit().await
}
