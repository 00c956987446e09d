//! Names that only some orders have: of a context query of one's own, of what an application tells.

use crate::cluster::plain;
use crate::daemon::{run, succeed};
use crate::delivery::stand::Stand;
use crate::session::Session;
use crate::shop;

const REVIEWS: &str =
    "create table avaliacoes (id bigint primary key, nome text, telefone text, estrelas integer)";
const ATTACH: &str = "select zap.attach_inserts('avaliacoes', event => 'review_received', context_query => $$
    select a.id::text as subject, null as tenant, a.telefone as recipient,
        jsonb_build_object('customer', jsonb_build_object('name', a.nome), 'stars', a.estrelas) as context
    from public.avaliacoes as a where a.id::text = any($1)
$$)";

fn save(event: &str, body: &str) -> String {
    format!("select zap.save_template('{event}', '{body}')")
}

async fn is_refused(session: &Session, event: &str, body: &str, name: &str) {
    let error = session.error(&save(event, body)).await;
    let wrong = format!("\"{name}\" is not known");
    assert!(error.message().contains(&wrong), "{error:?}");
}

async fn saved(session: &Session, statement: &str) -> Vec<String> {
    session.notices().await;
    session.run(statement).await;
    let said = session.notices().await.into_iter();
    said.map(|notice| notice.message().to_owned()).collect()
}

/// What is said of names that cannot be checked, in one line.
async fn is_saved_unchecked(session: &Session, event: &str, body: &str, name: &str) {
    let said = saved(session, &save(event, body)).await;
    let begin =
        format!("zap.save_template: names could not be checked, since no {event} has come yet: ");
    let [said] = said.as_slice() else {
        panic!("{said:?}")
    };
    assert!(said.starts_with(&begin) && said.contains(name), "{said}");
}

async fn is_saved(session: &Session, event: &str, body: &str) {
    assert_eq!(saved(session, &save(event, body)).await, [""; 0]);
}

/// O6: before the first row of its table, a text may use what its own query gives, and nobody can tell whether it does; a
/// row that is there before any is announced is enough to tell.
#[tokio::test]
async fn names_of_ones_own_query_are_checked_with_a_row_of_its_table() {
    let (_database, s) = shop::open(plain()).await;
    s.run(REVIEWS).await;
    s.run(ATTACH).await;
    let event = "review_received";
    is_saved_unchecked(&s, event, "{{ stars }} {{ customer.name }}", "stars").await;
    s.run("alter table avaliacoes disable trigger user; insert into avaliacoes values (1, 'Ana', '11987654321', 5)")
        .await;
    is_saved(&s, event, "{{ stars }} {{ customer.name }}").await;
    is_refused(&s, event, "{{ estrelas }}", "estrelas").await;
}

/// O6: what an application tells with a context of its own is tried with the newest one that it told.
#[tokio::test]
async fn names_of_what_was_told_are_checked_with_what_was_told() {
    let (_database, s) = shop::open(plain()).await;
    is_saved_unchecked(&s, "table_free", "Mesa {{ table }}", "table").await;
    let tell = |subject: &str, context: &str| {
        format!(
            "select zap.notify('table_free', '{subject}', context => '{context}', recipient => '11987654321')"
        )
    };
    s.run(&tell("a", r#"{"table": 4}"#)).await;
    is_saved(&s, "table_free", "Mesa {{ table }}").await;
    is_refused(&s, "table_free", "Mesa {{ mesa }}", "mesa").await;
    // No library reads this number, so it tells nothing of names.
    s.run(&tell("b", r#"{"table": 1e999}"#)).await;
    is_saved_unchecked(&s, "table_free", "Mesa {{ table }}", "table").await;
}

/// O6: whatever may come, a text that cannot work is refused.
#[tokio::test]
async fn what_cannot_work_with_any_name_is_refused() {
    let (_database, s) = shop::open(plain()).await;
    let long = "{{ table }}".to_owned() + &"a".repeat(5000);
    for (body, problem) in [
        ("{{ table }}{% if true %}", "syntax error"),
        ("{{ table }}{{ customer.name | nome }}", "unknown filter"),
        (&long, "longer than 4096"),
    ] {
        let error = s.error(&save("table_free", body)).await;
        assert!(error.message().contains(problem), "{error:?}");
    }
}

/// O6: where the query is the proposed one, or the event one that ships with a text, an unknown name is a slip of the pen,
/// orders or not; with a query of one's own for orders it need not be.
#[tokio::test]
async fn names_of_a_proposed_query_are_known_without_an_order() {
    let (_database, s) = shop::open(plain()).await;
    for event in ["order_received", "order_ready", "order_status:em_rota"] {
        is_refused(&s, event, "{{ order.mesa }}", "order.mesa").await;
    }
    s.run(
        "update zap.source set context_query = replace(context_query, $$'number', $$, $$'mesa', 7, 'number', $$)",
    )
    .await;
    for event in ["order_received", "order_ready"] {
        is_saved_unchecked(&s, event, "{{ order.mesa }}", "order.mesa").await;
    }
    s.run("alter table pedido_itens disable trigger user").await;
    shop::place(&s, 1).await;
    is_saved(&s, "order_ready", "{{ order.mesa }}").await;
    is_refused(&s, "order_received", "{{ order.messa }}", "order.messa").await;
}

/// O6: texts may be saved before the table is attached: then the names are those of the guide, and the hint says so; of an
/// event of one's own nothing is known.
#[tokio::test]
async fn texts_may_be_saved_before_the_table_is_attached() {
    let (_database, s) = shop::open(plain()).await;
    s.run("select zap.detach('pedido_itens')").await;
    is_saved(&s, "order_received", "{{ order.number }}").await;
    let error = s.error(&save("order_received", "{{ order.mesa }}")).await;
    let hint = error.hint().unwrap_or_default();
    assert!(hint.contains("attach it first"), "{error:?}");
    is_saved_unchecked(&s, "review_received", "{{ stars }}", "stars").await;
    let gap = "select zap.save_provider_template('review_received', 'nota', parameters => '[{\"text\": \"{{ stars }}\"}]')";
    let said = saved(&s, gap).await;
    let begin = "zap.save_provider_template: names could not be checked";
    assert!(said.len() == 1 && said[0].starts_with(begin), "{said:?}");
}

/// O6: the command says in one line what could not be checked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_says_that_names_could_not_be_checked() {
    let stand = Stand::open(plain()).await;
    let file = std::env::temp_dir().join(stand.database.name().to_owned() + ".own");
    let path = file.to_str().expect("a path");
    std::fs::write(&file, "Mesa {{ table }}").expect("a file");
    let warning = "names could not be checked, since no table_free has come yet: template line 1: \"table\" is not known for \
                   this order (when one has: zapgres preview ORDER --event table_free)\n";
    let of = |command: &'static str| ["template", command, path, "--event", "table_free"];
    let said = succeed(&stand.database, &of("save"));
    let saved = "version 1 of table_free saved, in use\n";
    assert_eq!(said, format!("{saved}{warning}"));
    let said = succeed(&stand.database, &of("check"));
    assert_eq!(said, format!("good\n{warning}"));
    stand
        .session
        .run("select zap.notify('table_free', 'a', context => '{\"mesa\": 4}', recipient => '11987654321')")
        .await;
    assert!(!run(&stand.database, &of("check")).status.success());
}
