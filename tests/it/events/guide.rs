//! What docs/EVENTS.md prints works as printed.

use crate::cluster::plain;
use crate::shop;

const GUIDE: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/EVENTS.md"));

/// O15, O6: the statements, in their order, in a shop that has such tables.
#[tokio::test]
async fn its_statements_work() {
    let (_database, session) = shop::open(plain()).await;
    session
        .run(
            "select zap.detach('pedido_itens');
             alter table pedidos add status text not null default 'recebido';
             create table avaliacoes (id bigint primary key, nome text, telefone text, estrelas integer)",
        )
        .await;
    let blocks = GUIDE.split("```sql\n").skip(1);
    let blocks: Vec<&str> = blocks
        .filter_map(|block| block.split("```").next())
        .collect();
    assert_eq!(blocks.len(), 5);
    for block in blocks {
        session.run(block).await;
    }
    let sources = "select event from zap.source where detached_at is null order by event";
    assert_eq!(
        session.column(sources).await,
        [
            "notify",
            "order_received",
            "order_status",
            "review_received"
        ]
    );
    session
        .run(
            "begin; insert into pedidos (id, empresa_id, telefone) values (7, 1, '11987654321');
             insert into pedido_itens (pedido_id, nome_produto, quantidade, valor_unitario) values (7, 'X', 1, 1);
             update pedidos set status = 'pago'; insert into avaliacoes values (1, 'Ana', '11987654321', 5); commit",
        )
        .await;
    let queued = "select dedup_key from zap.notification_queue order by dedup_key";
    assert_eq!(
        session.column(queued).await,
        [
            "order_paid:7",
            "order_ready:42",
            "order_received:7",
            "pickup_reminder:42",
            "review_received:1",
            "table_free:mesa 4"
        ]
    );
}
