//! Orders whose items are in two tables, both attached.

use crate::cluster::plain;
use crate::daemon::Daemon;
use crate::delivery::stand::Stand;
use crate::shop;

const STATES: &str = "select subject, status = 'skipped', count(*) from zap.notification_queue
     where resolved_at is not null group by 1, 2 order by 1, 2";

/// A stand where drinks have a table of their own.
async fn open() -> Stand {
    let stand = Stand::open(plain()).await;
    stand
        .session
        .run(
            "create table pedido_bebidas (
                 id bigserial primary key, pedido_id bigint references pedidos, nome text, quantidade integer, preco numeric(12, 2)
             );
             create index on pedido_bebidas (pedido_id);
             select zap.attach('pedido_bebidas', settle => '0')",
        )
        .await;
    stand
}

fn drink(key: u32) -> String {
    format!(
        "insert into pedido_bebidas (pedido_id, nome, quantidade, preco) values ({key}, 'Suco', 1, 8);"
    )
}

/// O3, O15: an order with rows in both tables rings once, whether they come together or not; one with rows in either rings, too.
#[tokio::test]
async fn an_order_of_two_tables_is_told_once() {
    let stand = open().await;
    let both = |key| {
        format!(
            "begin; {}{}{} commit;",
            shop::order(key),
            shop::item(key),
            drink(key)
        )
    };
    stand
        .session
        .run(&format!(
            "{}{}{}{}{}",
            both(1),
            shop::order(2),
            drink(2),
            shop::order(3),
            shop::item(3)
        ))
        .await;
    let _daemon = stand.daemon();
    stand.until_accepted(3).await;
    stand
        .until_rows(
            STATES,
            &[
                &["1", "f", "1"],
                &["1", "t", "1"],
                &["2", "f", "1"],
                &["3", "f", "1"],
            ],
        )
        .await;
    stand.session.run(&drink(3)).await;
    let told = "select l.code, l.detail = 'coalesced: into ' || o.id
         from zap.notification_logs as l
         inner join zap.notification_queue as q on l.notification_id = q.id
         inner join zap.notification_queue as o on q.dedup_key = o.dedup_key and q.id <> o.id
         where q.subject = '3' and l.event = 'skipped'";
    stand.until_rows(told, &[&["coalesced", "t"]]).await;
    let why = "select text like 'Another message speaks for this one. (into %)' from zap.why('3', locale => 'en')
         where code = 'coalesced'";
    assert_eq!(stand.session.value(why).await, "t");
    let once = std::collections::BTreeMap::from([(1, 1), (2, 1), (3, 1)]);
    assert_eq!(stand.accepted().await, once);
}

/// O3, B2: two daemons that look at the two rows at the same time do not both announce the order.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_daemons_tell_it_once() {
    let stand = open().await;
    let start = |name| {
        let arguments = [
            "--sweep-interval",
            "0",
            "--claim-batch",
            "2",
            "--name",
            name,
        ];
        Daemon::start(&stand.database, &arguments)
    };
    let _daemons = (start("a"), start("b"));
    let place = |key| format!("{}{}{}", shop::order(key), drink(key), shop::item(key));
    let statements: String = (1..=60).map(place).collect();
    stand.session.run(&statements).await;
    let resolved = "select status = 'skipped', count(*) from zap.notification_queue where resolved_at is not null
         group by 1 order by 1";
    stand
        .until_rows(resolved, &[&["f", "60"], &["t", "60"]])
        .await;
    stand.until_accepted(60).await;
    assert_eq!(stand.accepted().await.len(), 60);
}

/// O3, O7: two rows that have waited for the same, such as for a higher cap, are not both let go.
#[tokio::test]
async fn an_order_whose_rows_waited_together_is_told_once() {
    let stand = open().await;
    stand.make_it_noon().await;
    stand
        .session
        .run("select zap.save_tenant('1', daily_cap => 1)")
        .await;
    let _daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_accepted(1).await;
    stand
        .session
        .run(&format!(
            "begin; {}{}{} commit;",
            shop::order(2),
            shop::item(2),
            drink(2)
        ))
        .await;
    let waiting = "select count(*) from zap.notification_queue where reason = 'daily_cap'";
    stand.until_rows(waiting, &[&["2"]]).await;
    stand
        .session
        .run(
            "select zap.save_tenant('1', daily_cap => 5);
             update zap.notification_queue set next_attempt_at = clock_timestamp() where resolved_at is null",
        )
        .await;
    let resolved = "select count(*) from zap.notification_queue where resolved_at is not null";
    stand.until_rows(resolved, &[&["3"]]).await;
    stand.until_done().await;
    let once = std::collections::BTreeMap::from([(1, 1), (2, 1)]);
    assert_eq!(stand.accepted().await, once);
}

/// O1: however long the history, the other table's row is found by its key.
#[tokio::test]
async fn the_other_tables_row_is_found_by_its_key() {
    let stand = open().await;
    stand
        .session
        .run(
            "insert into zap.notification_queue
                 (source_id, event, subject, dedup_key, status, resolved_at, sent_at, created_at)
             select s.id, s.event, 'old ' || n, s.event || ':old ' || n, 'sent', now(), now(), now()
             from zap.source as s, generate_series(1, 20000) as n",
        )
        .await;
    stand
        .session
        .run("vacuum analyze zap.notification_queue")
        .await;
    let daemon = stand.daemon();
    stand.place([1]).await;
    stand.until_accepted(1).await;
    stand.session.run("select pg_stat_force_next_flush()").await;
    let read =
        "select coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) from pg_stat_user_tables
         where relid = 'zap.notification_queue'::regclass";
    let before = stand.session.count(read).await;
    for key in 2..=30 {
        stand.place([key]).await;
        stand.session.run(&drink(key)).await;
        stand.until_accepted(key as usize).await;
    }
    // What its sessions have counted is told when they end; to look at the queue meanwhile would count, too.
    assert!(daemon.terminate().await.success());
    stand.until_its_sessions_have_ended().await;
    let read = stand.session.count(read).await - before;
    // The daemon begins with looks of other kinds; one at all for each order would be more than a million.
    assert!(
        (1..200_000).contains(&read),
        "{read} rows read for 29 orders"
    );
}

/// O3, B3: a table whose query fails keeps the other from ringing no longer than it takes to notice.
#[tokio::test]
async fn a_table_that_is_stuck_holds_up_nobody() {
    let stand = open().await;
    stand
        .session
        .run("update zap.source set context_query = 'select 1/0 from nada' where relation like '%itens'")
        .await;
    stand
        .session
        .run(&format!("{}{}{}", shop::order(1), shop::item(1), drink(1)))
        .await;
    let _daemon = stand.daemon();
    stand.until_accepted_texts(&["1"]).await;
}

/// O3: whoever attaches a second table of the same orders is told what that means.
#[tokio::test]
async fn attaching_a_second_table_says_that_an_order_is_told_once() {
    let stand = open().await;
    let said = stand.session.notices().await;
    let said: Vec<&str> = said
        .iter()
        .map(|notice| notice.message())
        .filter(|message| message.contains("pedido_itens"))
        .collect();
    assert_eq!(
        said,
        [
            "zapgres: public.pedido_itens announces \"order_received\" of public.pedidos, too: an order is told once, with the items \
          that the query of whichever row is decided first finds; one query for both would find all"
        ]
    );
}
