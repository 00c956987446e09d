//! A person's transaction that stays open holds up what it has locked, and nobody else.

use super::stand::Stand;
use crate::cluster::plain;
use crate::daemon::Daemon;
use crate::{shop, wait};

/// A stand whose companies 1 and 2 have a channel each.
async fn two_companies() -> Stand {
    let stand = Stand::open(plain()).await;
    stand.add_channel("2").await;
    stand
}

/// Places an order of one item with this company.
async fn place_at(stand: &Stand, company: u32, key: u32) {
    let order = shop::order_at(company, key);
    let statements = format!("begin; {order}{} commit", shop::item(key));
    stand.session.run(&statements).await;
}

/// O4: whoever deletes channels and does not commit holds up their messages; a rollback lets them go.
#[tokio::test]
async fn channels_that_are_being_deleted_hold_up_no_other() {
    let stand = two_companies().await;
    for tenant in ["3", "4"] {
        stand.add_channel(tenant).await;
    }
    let more = "insert into empresas values (3, 'Sushi Yuki'), (4, 'Padaria Sol')";
    stand.session.run(more).await;
    let daemon = stand.daemon();
    for company in 1..=4 {
        place_at(&stand, company, company).await;
    }
    stand.until_accepted(4).await;
    stand.until_done().await;
    let person = stand.database.session().await;
    person
        .run("begin; delete from zap.channel where tenant_id in ('3', '4')")
        .await;
    place_at(&stand, 3, 13).await;
    place_at(&stand, 4, 14).await;
    daemon
        .until_it_says("locked the channel's row in zap.channel_state")
        .await;
    place_at(&stand, 1, 11).await;
    place_at(&stand, 2, 12).await;
    stand.until_accepted(6).await;
    assert_eq!(stand.of_order(13, "attempts").await, "0");
    person.run("rollback").await;
    stand.until_accepted(8).await;
    stand.until_done().await;
}

/// O4: a company that somebody is entering, and has not committed, holds up its own orders and no others.
#[tokio::test]
async fn a_company_that_is_being_entered_holds_up_no_other() {
    let stand = two_companies().await;
    let more = "insert into empresas values (3, 'Sushi Yuki'), (5, 'Padaria Sol')";
    stand.session.run(more).await;
    let _daemon = stand.daemon();
    let person = stand.database.session().await;
    person
        .run("begin; insert into zap.tenant (id) values ('3')")
        .await;
    place_at(&stand, 3, 3).await;
    place_at(&stand, 5, 5).await;
    wait::until("an order's company cannot be entered", async || {
        stand.of_order(3, "reason").await == "tenant_gone"
    })
    .await;
    place_at(&stand, 1, 1).await;
    stand.until_status(1, "sent").await;
    assert_eq!(stand.until_status(5, "pending").await, "no_channel");
    person.run("commit").await;
    stand.add_channel("3").await;
    stand.until_status(3, "sent").await;
}

/// O7: a message that a person has locked stays with its disabled channel until then; the others leave it, and orders of
/// other companies go on.
#[tokio::test]
async fn a_locked_message_holds_up_no_other() {
    let stand = two_companies().await;
    stand
        .session
        .run("select zap.pause_channel('channel_1')")
        .await;
    let arguments = ["--sweep-interval", "0", "--poll-interval", "1s"];
    let _daemon = Daemon::start(&stand.database, &arguments);
    stand.place(1..=3).await;
    let resolved = "select count(*) from zap.notification_queue where resolved_at is not null";
    wait::until("all wait for the channel", async || {
        stand.session.count(resolved).await == 3
    })
    .await;
    assert_eq!(stand.of_order(2, "channel_id").await, "1");
    let person = stand.database.session().await;
    person
        .run("begin; update zap.notification_queue set priority = 1 where subject = '2'")
        .await;
    stand
        .session
        .run(
            "update zap.channel set enabled = false where name = 'channel_1'; select zap.wake_lanes('{}')",
        )
        .await;
    let left = "select count(*) from zap.notification_queue where reason = 'no_channel'";
    wait::until("the others have left the channel", async || {
        stand.session.count(left).await == 2
    })
    .await;
    place_at(&stand, 2, 12).await;
    stand.until_status(12, "sent").await;
    person.run("commit").await;
    wait::until("the last one has left it too", async || {
        stand.session.count(left).await == 3
    })
    .await;
}
