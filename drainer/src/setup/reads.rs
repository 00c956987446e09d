//! Which of the user's tables the daemon reads: those of the sources' context queries, and the sources' own.

use std::collections::BTreeSet;

use tokio_postgres::{Client, Transaction};

use crate::database::DatabaseError;

/// What the daemon reads outside our schema; every name as SQL needs it.
#[derive(Debug, Default)]
pub struct Reads {
    /// Schemas that something of it is in.
    pub schemas: BTreeSet<String>,
    /// Tables and views.
    pub relations: BTreeSet<String>,
    /// Functions that a context query calls.
    pub functions: BTreeSet<String>,
    /// What could not be found out, and what grants alone will not open.
    pub warnings: Vec<String>,
}

/// A source, as far as it matters here.
struct Source {
    id: i64,
    relation: String,
    order_relation: Option<String>,
    has_context_query: bool,
}

/// Finds what the attached sources read.
///
/// # Errors
/// What kept the database from being looked at. A context query that does not work is a warning.
pub async fn find(client: &mut Client) -> Result<Reads, DatabaseError> {
    let mut reads = Reads::default();
    for source in sources(client).await? {
        for relation in [Some(&source.relation), source.order_relation.as_ref()]
            .into_iter()
            .flatten()
        {
            read_relation(client, relation, &mut reads).await?;
        }
        if source.has_context_query {
            let found = read_by_context_query(client, source.id, &mut reads).await;
            reads.warnings.extend(found.err().map(|error| {
                format!(
                    "the context query of {} does not work ({error}); correct context_query of source {} in zap.source",
                    source.relation, source.id
                )
            }));
        }
    }
    Ok(reads)
}

async fn sources(client: &Client) -> Result<Vec<Source>, DatabaseError> {
    let rows = client
        .query(
            "-- sources
            select s.id, s.relation, s.order_relation, s.context_query is not null
            from zap.source as s
            where s.detached_at is null and s.captures <> 'notify'
            order by s.id",
            &[],
        )
        .await?;
    let source = |row: &tokio_postgres::Row| Source {
        id: row.get(0),
        relation: row.get(1),
        order_relation: row.get(2),
        has_context_query: row.get(3),
    };
    Ok(rows.iter().map(source).collect())
}

/// Adds `relation`, if it is still there.
async fn read_relation(
    client: &Client,
    relation: &str,
    reads: &mut Reads,
) -> Result<(), DatabaseError> {
    let row = client
        .query_opt(
            "-- read_relation
            select c.oid::pg_catalog.regclass::pg_catalog.text, c.relnamespace::pg_catalog.regnamespace::pg_catalog.text,
                c.relrowsecurity
            from pg_catalog.pg_class as c
            where c.oid = pg_catalog.to_regclass($1)",
            &[&relation],
        )
        .await?;
    match row {
        Some(row) => add_relation(&row, reads),
        None => reads
            .warnings
            .push(format!("there is no table {relation}; detach its source")),
    }
    Ok(())
}

/// Adds what the context query reads, as the server records it for the body of a function that is rolled back at once.
///
/// That names what the reader needs a right on: the view, not the tables behind it. A plan would name those, and lose what
/// is optimised away.
async fn read_by_context_query(
    client: &mut Client,
    source_id: i64,
    reads: &mut Reads,
) -> Result<(), DatabaseError> {
    let transaction = client.transaction().await?;
    let statement: Option<String> = transaction
        .query_one(
            "-- read_by_context_query\nselect zap.context_statement($1)",
            &[&source_id],
        )
        .await?
        .get(0);
    // Through the protocol that takes one statement only: the body can't end early and go on with something else.
    transaction
        .execute(
            &format!(
                "create function pg_temp.zapgres_reads(pg_catalog.text[]) returns setof pg_catalog.record
                language sql begin atomic\n{}\n; end",
                statement.unwrap_or_default()
            ),
            &[],
        )
        .await?;
    for row in depended_relations(&transaction).await? {
        add_relation(&row, reads);
    }
    for row in depended_functions(&transaction).await? {
        reads.functions.insert(row.get(0));
        reads.schemas.insert(row.get(1));
    }
    Ok(transaction.rollback().await?)
}

async fn depended_relations(
    transaction: &Transaction<'_>,
) -> Result<Vec<tokio_postgres::Row>, DatabaseError> {
    let rows = transaction
        .query(
            "-- depended_relations
            select distinct c.oid::pg_catalog.regclass::pg_catalog.text,
                c.relnamespace::pg_catalog.regnamespace::pg_catalog.text, c.relrowsecurity
            from pg_catalog.pg_depend as d
            join pg_catalog.pg_class as c on c.oid = d.refobjid
            where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                and d.objid = 'pg_temp.zapgres_reads(pg_catalog.text[])'::pg_catalog.regprocedure
                and d.refclassid = 'pg_catalog.pg_class'::pg_catalog.regclass
                and c.relkind in ('r', 'p', 'v', 'm', 'f')
                and c.relnamespace <> all (
                    array['zap', 'pg_catalog', 'information_schema']::pg_catalog.regnamespace[]::pg_catalog.oid[]
                )",
            &[],
        )
        .await?;
    Ok(rows)
}

async fn depended_functions(
    transaction: &Transaction<'_>,
) -> Result<Vec<tokio_postgres::Row>, DatabaseError> {
    let rows = transaction
        .query(
            "-- depended_functions
            select distinct p.oid::pg_catalog.regprocedure::pg_catalog.text,
                p.pronamespace::pg_catalog.regnamespace::pg_catalog.text
            from pg_catalog.pg_depend as d
            join pg_catalog.pg_proc as p on p.oid = d.refobjid
            where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                and d.objid = 'pg_temp.zapgres_reads(pg_catalog.text[])'::pg_catalog.regprocedure
                and d.refclassid = 'pg_catalog.pg_proc'::pg_catalog.regclass
                and p.pronamespace <> 'pg_catalog'::pg_catalog.regnamespace",
            &[],
        )
        .await?;
    Ok(rows)
}

/// Adds a row of relation, schema and row security.
fn add_relation(row: &tokio_postgres::Row, reads: &mut Reads) {
    let relation: String = row.get(0);
    reads.schemas.insert(row.get(1));
    if row.get(2) && !reads.relations.contains(&relation) {
        reads.warnings.push(format!(
            "{relation} has row-level security; give zap_daemon a policy that shows it the rows: \
             create policy zap_daemon on {relation} for select to zap_daemon using (true)"
        ));
    }
    reads.relations.insert(relation);
}
