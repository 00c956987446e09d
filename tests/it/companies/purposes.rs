//! Channels for a purpose.

use crate::cluster::plain;
use crate::delivery::stand::Stand;

/// A stand that tells the shop, too, through channels of purpose `kitchen`.
async fn open() -> Stand {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run(
            "insert into zap.template (event, audience, body) values ('order_received', 'shop', '{{ order.id }}');
             select zap.tell('pedido_itens', 'shop', '+5521998765432', purpose => 'kitchen')",
        )
        .await;
    stand
}

async fn add_kitchen(stand: &Stand) {
    // More preferred than the general one, and yet not used for what has no purpose.
    stand
        .add_second_channel("kitchen", &stand.provider.url(), 9)
        .await;
    stand
        .session
        .run("update zap.channel set purpose = 'kitchen' where name = 'kitchen'")
        .await;
}

/// O6: what has a purpose goes through a channel of that purpose, and nothing else does.
#[tokio::test]
async fn a_purpose_has_its_channel() {
    let stand = open().await;
    add_kitchen(&stand).await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_accepted_count(2).await;
    assert_eq!(stand.texts_of("kitchen").await, ["1"]);
    assert_eq!(stand.texts_of("instance_1").await, ["1"]);
}

/// O6: without a channel of its purpose a message goes through a general one.
#[tokio::test]
async fn a_general_channel_stands_in() {
    let stand = open().await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_accepted_count(2).await;
    assert_eq!(stand.texts_of("instance_1").await, ["1", "1"]);
}

/// O7: what has no purpose waits for a general channel, and holds up nobody.
#[tokio::test]
async fn what_has_no_purpose_waits_for_a_general_channel() {
    let stand = open().await;
    stand.session.run("delete from zap.channel").await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    for audience in ["is null", "= 'shop'"] {
        let waits = format!(
            "select count(*) from zap.notification_queue where reason = 'no_channel' and payload ->> 'audience' {audience}"
        );
        crate::wait::until("it waits", async || stand.session.count(&waits).await == 1).await;
    }
    add_kitchen(&stand).await;
    stand.until_accepted_count(1).await;
    assert_eq!(stand.texts_of("kitchen").await, ["1"]);
    let still = "select reason from zap.notification_queue where payload ->> 'audience' is null";
    assert_eq!(stand.session.value(still).await, "no_channel");
    stand.add_channel("1").await;
    stand.until_accepted_count(2).await;
    assert_eq!(stand.texts_of("instance_1").await, ["1"]);
}
