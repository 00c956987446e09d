//! Customers, who order whatever happens to the server.

use std::time::Duration;

use rand::RngExt;
use rand::rngs::StdRng;
use tokio_postgres::Client;
use tokio_util::sync::CancellationToken;

use crate::database::Database;

/// Companies that take orders: tenants 1 to 4.
pub const COMPANIES: u32 = 4;

/// Phones per company: few enough that some get several messages.
const CUSTOMERS: u32 = 40;

/// How long a customer waits before trying a server again that is away.
const PATIENCE: Duration = Duration::from_millis(50);

/// Places orders in bursts until told to stop. What the server did not confirm may have been committed all the same:
/// which orders there are, the table of orders says.
pub async fn place(database: &Database, mut random: StdRng, stop: CancellationToken) {
    let mut key = 0;
    let mut client = None;
    while !stop.is_cancelled() {
        for _ in 0..random.random_range(1..16) {
            key += 1;
            let statements = order(key, &mut random);
            if !try_place(database, &mut client, &statements).await {
                client = None;
                tokio::time::sleep(PATIENCE).await;
            }
        }
        tokio::time::sleep(Duration::from_millis(random.random_range(50..500))).await;
    }
}

async fn try_place(database: &Database, client: &mut Option<Client>, statements: &str) -> bool {
    if client.is_none() {
        *client = database.try_connect().await.ok();
    }
    match client {
        Some(client) => client.simple_query(statements).await.is_ok(),
        None => false,
    }
}

/// An order and its items: usually one transaction, sometimes two or three.
fn order(key: u32, random: &mut StdRng) -> String {
    let company = random.random_range(1..=COMPANIES);
    let customer = 10_000_000 + company * 1_000 + random.random_range(0..CUSTOMERS);
    let order = format!(
        "insert into pedidos (id, empresa_id, nome, telefone, total)
         values ({key}, {company}, 'Ana Souza', '(11) 9{customer}', 45.00);"
    );
    let item = format!(
        "insert into pedido_itens (pedido_id, nome_produto, quantidade, valor_unitario)
         values ({key}, 'X-Burger', 1, 22.50);"
    );
    match random.random_range(0..4) {
        0 => format!("begin; {order} commit; begin; {item} commit; begin; {item} commit"),
        _ => format!("begin; {order} {item} {item} commit"),
    }
}
