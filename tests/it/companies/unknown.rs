//! Companies that nobody entered.

use crate::cluster::plain;
use crate::delivery::stand::Stand;
use crate::shop::{item, order_at};

/// O7: where it is set so, an unknown company is added disabled and reported; once enabled, it sends.
#[tokio::test]
async fn an_unknown_company_may_be_added_disabled() {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run("select zap.set_setting('tenants.unknown', '\"disabled\"')")
        .await;
    let daemon = stand.daemon();
    for key in [1, 2] {
        stand
            .session
            .run(&format!("begin; {}{} commit", order_at(2, key), item(key)))
            .await;
        assert_eq!(stand.until_status(key, "skipped").await, "tenant_disabled");
    }
    stand.place([3]).await;
    stand.until_accepted(1).await;
    let tenants = "select id, enabled from zap.tenant order by id";
    assert_eq!(stand.session.rows(tenants).await, [["1", "t"], ["2", "f"]]);
    assert_eq!(
        daemon
            .log()
            .matches("nobody entered is added, disabled")
            .count(),
        1
    );
    stand.session.run("select zap.enable_tenant('2')").await;
    stand.add_channel("2").await;
    stand
        .session
        .run(&format!("begin; {}{} commit", order_at(2, 4), item(4)))
        .await;
    stand.until_accepted(2).await;
}
