//! Roles and grants: what the administrator of a database runs once, and again when a context query changes.
//!
//! The extension creates no roles itself: they belong to the whole cluster.

mod privileges;
mod reads;
mod removal;

use tokio_postgres::Client;

use crate::database::DatabaseError;
use privileges::{ADMIN, DAEMON, Function, READER, ROLES, SEES_SESSIONS};
use reads::Reads;

pub use removal::removal;

/// What is to be run, and what to tell about it.
#[derive(Debug, Default)]
pub struct Plan {
    /// Statements, in their order; they run in one transaction.
    pub statements: Vec<String>,
    /// What they do, for people.
    pub summary: Vec<String>,
    /// What they can't do, for people.
    pub warnings: Vec<String>,
}

/// Plans the roles that are missing, and every grant; granting what is granted already changes nothing.
///
/// # Errors
/// What kept the database from being looked at.
pub async fn plan(client: &mut Client) -> Result<Plan, DatabaseError> {
    let mut plan = Plan::default();
    for role in missing_roles(client).await? {
        plan.statements.push(format!("create role {role} nologin"));
        plan.summary.push(format!("created role {role}"));
    }
    plan.statements.extend(own_grants(client).await?);
    plan.summary.push(format!(
        "{ADMIN}: everything in schema zap; {DAEMON}: what the daemon reads and writes there; {READER}: reads there"
    ));
    if may_grant_statistics(client).await? {
        plan.statements
            .push(format!("grant {SEES_SESSIONS} to {DAEMON}"));
        plan.summary.push(format!(
            "{DAEMON} may see whose sessions are open ({SEES_SESSIONS}), to name who holds an old snapshot"
        ));
    } else {
        plan.warnings.push(format!(
            "this role may not grant {SEES_SESSIONS}: without it the daemon sees old snapshots of its own role only; \
             a superuser can run: grant {SEES_SESSIONS} to {DAEMON}"
        ));
    }
    let reads = reads::find(client).await?;
    grant_reads(&mut plan, reads);
    Ok(plan)
}

/// Plans what lets the daemon read the attached tables. Without its role there is nothing to grant to.
///
/// # Errors
/// What kept the database from being looked at.
pub async fn plan_reads(client: &mut Client) -> Result<Option<Plan>, DatabaseError> {
    if missing_roles(client).await?.contains(&DAEMON) {
        return Ok(None);
    }
    let mut plan = Plan::default();
    grant_reads(&mut plan, reads::find(client).await?);
    Ok(Some(plan))
}

/// Runs `plan` in one transaction.
///
/// # Errors
/// What the server had against a statement; nothing has changed then.
pub async fn run(client: &mut Client, plan: &Plan) -> Result<(), DatabaseError> {
    let transaction = client.transaction().await?;
    for statement in &plan.statements {
        // One at a time, by the protocol that takes only one: a name can't smuggle in a second statement.
        transaction.execute(statement, &[]).await?;
    }
    Ok(transaction.commit().await?)
}

fn grant_reads(plan: &mut Plan, reads: Reads) {
    for schema in &reads.schemas {
        plan.statements
            .push(format!("grant usage on schema {schema} to {DAEMON}"));
    }
    for relation in &reads.relations {
        plan.statements
            .push(format!("grant select on {relation} to {DAEMON}"));
    }
    for function in &reads.functions {
        plan.statements
            .push(format!("grant execute on routine {function} to {DAEMON}"));
    }
    if !reads.relations.is_empty() {
        let relations: Vec<String> = reads.relations.into_iter().collect();
        plan.summary
            .push(format!("{DAEMON} may read {}", relations.join(", ")));
    }
    plan.warnings.extend(reads.warnings);
}

/// The database's name as SQL needs it.
async fn database(client: &Client) -> Result<String, DatabaseError> {
    let row = client
        .query_one(
            "-- database\nselect pg_catalog.quote_ident(pg_catalog.current_database()::pg_catalog.text)",
            &[],
        )
        .await?;
    Ok(row.get(0))
}

/// Our roles that there are not.
///
/// # Errors
/// What kept the server from being asked.
pub async fn missing_roles(client: &Client) -> Result<Vec<&'static str>, DatabaseError> {
    let rows = client
        .query(
            "-- missing_roles
            select r.rolname::pg_catalog.text from pg_catalog.pg_roles as r
            where r.rolname::pg_catalog.text = any ($1)",
            &[&&ROLES[..]],
        )
        .await?;
    let existing: Vec<&str> = rows.iter().map(|row| row.get(0)).collect();
    let missing = ROLES.into_iter().filter(|role| !existing.contains(role));
    Ok(missing.collect())
}

/// Every grant on this database and our own schema.
///
/// # Errors
/// What kept the database from being looked at.
pub async fn own_grants(client: &Client) -> Result<Vec<String>, DatabaseError> {
    let functions = functions(client).await?;
    let database = database(client).await?;
    let mut grants = Vec::new();
    for role in ROLES {
        grants.push(format!("grant connect on database {database} to {role}"));
        grants.extend(privileges::in_our_schema(role, &functions));
    }
    Ok(grants)
}

/// Before PostgreSQL 16, CREATEROLE was enough.
async fn may_grant_statistics(client: &Client) -> Result<bool, DatabaseError> {
    let row = client
        .query_one(
            "-- may_grant_statistics
            select r.rolsuper
                or (r.rolcreaterole and pg_catalog.current_setting('server_version_num')::integer < 160000)
                or pg_catalog.pg_has_role(r.oid, 'pg_read_all_stats', 'member with admin option')
            from pg_catalog.pg_roles as r
            where r.rolname = current_user",
            &[],
        )
        .await?;
    Ok(row.get(0))
}

async fn functions(client: &Client) -> Result<Vec<Function>, DatabaseError> {
    let rows = client
        .query(
            "-- functions
            select p.proname::pg_catalog.text, p.oid::pg_catalog.regprocedure::pg_catalog.text
            from pg_catalog.pg_proc as p
            where p.pronamespace = 'zap'::pg_catalog.regnamespace
            order by 2",
            &[],
        )
        .await?;
    Ok(rows
        .iter()
        .map(|row| Function {
            name: row.get(0),
            signature: row.get(1),
        })
        .collect())
}
