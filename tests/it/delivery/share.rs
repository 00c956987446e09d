//! Several channels of one company share its recipients.

use std::collections::BTreeMap;

use zapgres_core::route::{self, Candidate};

use super::stand::Stand;
use crate::cluster::plain;
use crate::sandbox::text;

/// T9: a channel gets its percent of the recipients, always the same ones.
#[tokio::test]
async fn a_share_sends_the_right_recipients() {
    let stand = Stand::open(plain()).await;
    let url = stand.provider.url();
    stand.add_second_channel("new", &url, 10).await;
    stand
        .session
        .run("update zap.channel set share = 30 where name = 'new'")
        .await;
    let ids = "select id from zap.channel order by priority desc, id";
    let ids: Vec<i64> = stand
        .session
        .column(ids)
        .await
        .iter()
        .map(|id| id.parse().expect("an id"))
        .collect();
    let channels: Vec<Candidate> = ids
        .iter()
        .zip([30, 100])
        .map(|(id, share)| Candidate {
            id: *id,
            share,
            usable: true,
        })
        .collect();
    stand
        .session
        .run(
            "begin;
             insert into pedidos (id, empresa_id, nome, telefone, total)
             select n, 1, 'Ana', '(11) 9' || (87650000 + n % 40), 1 from generate_series(1, 80) as n;
             insert into pedido_itens (pedido_id, nome_produto, quantidade, valor_unitario)
             select n, 'X', 1, 1 from generate_series(1, 80) as n; commit",
        )
        .await;
    let _daemon = stand.daemon();
    stand.until_accepted(80).await;
    let names = BTreeMap::from([(ids[0], "new"), (ids[1], "instance_1")]);
    let mut by_new = 0;
    for message in stand.provider.messages().await {
        let recipient = format!("+{}", text(&message, "number"));
        let expected = route::choose(&channels, &recipient).expect("a channel");
        assert_eq!(text(&message, "instance"), names[&expected]);
        by_new += usize::from(expected == ids[0]);
    }
    assert!((1..80).contains(&by_new), "{by_new}");
}
