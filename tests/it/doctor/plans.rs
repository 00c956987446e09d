//! Tables that a context query reads whole.

use super::patient::Patient;

/// Many customers, found by a code that has no index.
const CUSTOMERS: &str = "create table clientes (id bigint primary key, codigo bigint not null, \"Loja\" integer, telefone text);
     insert into clientes select n, n, 1, '(11) 98765-4321' from generate_series(1, 20000) as n;
     alter table pedidos add column cliente bigint default 1;
     analyze clientes";

/// A query that finds the customer of an order by this condition.
fn query(condition: &str) -> String {
    format!(
        "select p.id::text as subject, c.telefone as recipient, jsonb_build_object('id', p.id) as context
         from public.pedidos as p left join public.clientes as c on {condition}
         where p.id = any ($1::bigint[])"
    )
}

async fn with_condition(condition: &str) -> Patient {
    let patient = Patient::open().await;
    patient.session.run(CUSTOMERS).await;
    set_condition(&patient, condition).await;
    patient
}

async fn set_condition(patient: &Patient, condition: &str) {
    let query = query(condition);
    let set = format!("update zap.source set context_query = $query${query}$query$");
    patient.session.run(&set).await;
}

const READS: &str = "reads all of public.clientes (about 20000 rows)";

/// B4: each new order would read a table of many rows; the index that is wanted is told, and ends it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_join_without_an_index_is_told_with_its_index() {
    let patient = with_condition("c.codigo = p.cliente").await;
    let found = patient.finding("warning", READS);
    assert_eq!(
        found.remedy,
        "create index concurrently on public.clientes (codigo);"
    );
    patient.mend("warning", READS).await;
    set_condition(
        &patient,
        "c.codigo = p.cliente and c.\"Loja\" = p.empresa_id",
    )
    .await;
    assert_eq!(patient.examine().with(READS), None);
    patient.session.run("drop index clientes_codigo_idx").await;
    let found = patient.finding("warning", READS);
    assert!(found.remedy.ends_with("(codigo, \"Loja\");"), "{found:?}");
    patient.mend("warning", READS).await;
}

/// B4: what no plain index serves is named with what is compared; few rows are read in a moment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_no_plain_index_serves_is_told_with_its_condition() {
    let patient = with_condition("lower(c.codigo::text) = p.cliente::text").await;
    let found = patient.finding("warning", READS);
    assert!(found.what.contains("lower("), "{found:?}");
    assert!(found.remedy.contains("public.clientes (…)"), "{found:?}");
    patient
        .session
        .run("delete from clientes where id > 5000; analyze clientes")
        .await;
    assert_eq!(patient.examine().with("reads all of"), None);
}

/// B4: the query that is proposed reads nothing whole where the tables have the indexes that they are told to have.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_proposed_query_reads_nothing_whole() {
    let patient = Patient::open().await;
    let s = &patient.session;
    s.run("set zap.enabled = off").await;
    s.run(&crate::shop::import(2..=15_000, 2)).await;
    s.run("analyze pedidos, pedido_itens").await;
    assert_eq!(patient.examine().with("reads all of"), None);
    s.run("drop index pedido_itens_pedido_id_idx").await;
    let told = patient.examine();
    let told = told
        .complaints()
        .into_iter()
        .filter(|found| found.remedy.contains("on public.pedido_itens (pedido_id)"));
    assert_eq!(told.count(), 1, "told once");
}

/// B4: of a partitioned table the whole is indexed.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_partitioned_table_is_indexed_as_a_whole() {
    let patient = Patient::open().await;
    let partitioned = CUSTOMERS
        .replace("id bigint primary key", "id bigint")
        .replace(
            "telefone text);",
            "telefone text) partition by range (id);
             create table parte_1 partition of clientes for values from (0) to (10000);
             create table parte_2 partition of clientes for values from (10000) to (30000);",
        );
    patient.session.run(&partitioned).await;
    set_condition(&patient, "c.codigo = p.cliente").await;
    let found = patient.finding("warning", READS);
    assert_eq!(found.remedy, "create index on public.clientes (codigo);");
    patient.mend("warning", READS).await;
}

/// B4: a slow query is looked into with what is said of it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_query_is_explained() {
    let patient = with_condition("c.id = p.cliente and (select true from pg_sleep(1.2))").await;
    let found = patient.finding("warning", "ms for one order");
    let (asked, by_psql) = found.remedy.rsplit_once(' ').expect("two parts");
    assert_eq!(by_psql, "\\gexec");
    let explained = patient.session.value(asked).await;
    patient.session.run(&explained).await;
}
