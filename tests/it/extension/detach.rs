//! `zap.detach()`, and triggers that only have the name of ours.

use crate::captured::queued;
use crate::cluster::plain;
use crate::session::Session;
use crate::shop;

const NAME: &str = "trigger_whatsapp_notification";

/// The trigger that an older way of sending left behind, of all names under ours.
const LEGACY: &str = "
    create table avisados (pedido_id bigint);
    create function avisar() returns trigger language plpgsql as
        $$ begin insert into public.avisados values (new.pedido_id); return null; end $$;
    create trigger trigger_whatsapp_notification after insert on pedido_itens
        for each row execute function avisar()";

async fn triggers(session: &Session) -> Vec<String> {
    session
        .column(
            "select tgname || ' ' || tgfoid::regproc from pg_trigger
             where tgrelid = 'pedido_itens'::regclass and not tgisinternal order by 1",
        )
        .await
}

/// O14: a trigger of the user's own that is called as ours: installing says so, and neither takes it away.
#[tokio::test]
async fn a_foreign_trigger_of_our_name_is_left_alone() {
    let database = plain().database().await;
    let s = database.session().await;
    s.run(&shop::tables("bigint")).await;
    s.run(LEGACY).await;
    s.run("create extension zapgres").await;
    let notices = s.notices().await;
    assert!(
        notices.iter().any(|notice| notice.message().contains(NAME)),
        "{notices:?}"
    );
    let error = s.error("select zap.attach('pedido_itens')").await;
    assert_eq!(error.code().code(), "42710");
    assert!(error.message().contains(NAME), "{error:?}");
    assert!(
        error
            .hint()
            .is_some_and(|hint| hint.contains("alter trigger")),
        "{error:?}"
    );
    let error = s.error("select zap.detach('pedido_itens')").await;
    assert_eq!(error.code().code(), "42704");
    assert_eq!(triggers(&s).await, [format!("{NAME} avisar")]);
    shop::place(&s, 1).await;
    assert_eq!(s.column("select pedido_id from avisados").await, ["1"]);
}

/// O14: under another name it goes on beside ours, and stays when ours goes.
#[tokio::test]
async fn a_renamed_trigger_goes_on_beside_ours() {
    let (_, s) = shop::open(plain()).await;
    s.run("select zap.detach('pedido_itens')").await;
    s.run(LEGACY).await;
    s.run(&format!(
        "alter trigger {NAME} on pedido_itens rename to antigo"
    ))
    .await;
    s.run("select zap.attach('pedido_itens')").await;
    shop::place(&s, 1).await;
    assert_eq!(queued(&s).await, ["1"]);
    assert_eq!(s.column("select pedido_id from avisados").await, ["1"]);
    s.run("select zap.detach('pedido_itens')").await;
    assert_eq!(triggers(&s).await, ["antigo avisar"]);
}

/// O3: a table that was renamed since: its source is the one that ends.
#[tokio::test]
async fn a_renamed_table_is_detached() {
    let (_, s) = shop::open(plain()).await;
    s.run(
        "create table comandas (mesa integer);
         select zap.attach('comandas', 'mesa');
         alter table comandas rename to mesas",
    )
    .await;
    s.run("select zap.detach('mesas')").await;
    let detached = "select relation from zap.source where detached_at is not null";
    assert_eq!(s.column(detached).await, ["public.comandas"]);
    s.run("insert into mesas values (4)").await;
    shop::place(&s, 1).await;
    assert_eq!(queued(&s).await, ["1"]);
}

/// B6: whoever may use the schema can put our functions on a table of one's own, with whatever arguments.
#[tokio::test]
async fn somebody_elses_trigger_is_in_nobodys_way() {
    let (_, s) = shop::open(plain()).await;
    s.run(
        "create table alheia (id integer);
         create trigger trigger_whatsapp_alheio after insert on alheia for each row
             execute function zap.capture_insert('nada', 'order_received', 'id')",
    )
    .await;
    s.run("select zap.detach('pedido_itens'); select zap.attach('pedido_itens')")
        .await;
    s.run("insert into alheia values (1)").await;
    assert!(!s.warnings().await.is_empty());
    s.run("select zap.detach('alheia')").await;
    assert_eq!(
        s.value("select count(*) from pg_trigger where tgrelid = 'alheia'::regclass")
            .await,
        "0"
    );
}
