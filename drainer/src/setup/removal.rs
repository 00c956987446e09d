//! Taking back what setup granted, and the roles if nothing else needs them.

use tokio_postgres::Client;

use super::Plan;
use super::privileges::ROLES;
use crate::database::DatabaseError;

/// Plans the removal of every right of our roles in this database, and of the roles that nothing else depends on.
///
/// # Errors
/// What kept the database from being looked at.
pub async fn removal(client: &Client) -> Result<Plan, DatabaseError> {
    let mut plan = Plan {
        statements: revocations(client).await?,
        ..Plan::default()
    };
    if !plan.statements.is_empty() {
        plan.summary
            .push("revoked every right that the zap roles had in this database".to_owned());
    }
    for (role, others) in roles(client).await? {
        if let Some(others) = others {
            plan.warnings.push(format!(
                "role {role} stays: it still has rights or objects in {others}"
            ));
        } else {
            plan.statements.push(format!("drop role {role}"));
            plan.summary.push(format!("dropped role {role}"));
        }
    }
    Ok(plan)
}

async fn revocations(client: &Client) -> Result<Vec<String>, DatabaseError> {
    let rows = client
        .query(
            "-- revocations
            with granted (position, object, acl) as (
                select 1, 'table ' || c.oid::pg_catalog.regclass, c.relacl
                from pg_catalog.pg_class as c where c.relkind <> 'S'
                union all
                select 1, 'sequence ' || c.oid::pg_catalog.regclass, c.relacl
                from pg_catalog.pg_class as c where c.relkind = 'S'
                union all
                select 2, 'routine ' || p.oid::pg_catalog.regprocedure, p.proacl from pg_catalog.pg_proc as p
                union all
                select 3, 'schema ' || n.oid::pg_catalog.regnamespace, n.nspacl from pg_catalog.pg_namespace as n
            )
            select distinct g.position,
                pg_catalog.format('revoke all on %s from %I', g.object, r.rolname)
            from granted as g
            cross join lateral pg_catalog.aclexplode(g.acl) as a
            join pg_catalog.pg_roles as r on r.oid = a.grantee
            where r.rolname::pg_catalog.text = any ($1)
            order by 1, 2",
            &[&&ROLES[..]],
        )
        .await?;
    Ok(rows.iter().map(|row| row.get(1)).collect())
}

/// The roles that there are, each with what would still depend on it after the revocations.
async fn roles(client: &Client) -> Result<Vec<(String, Option<String>)>, DatabaseError> {
    let rows = client
        .query(
            "-- roles
            select r.rolname::pg_catalog.text, pg_catalog.string_agg(distinct
                case
                    when s.dbid = 0 then 'the whole cluster'
                    else coalesce('database ' || d.datname, 'another database')
                end, ', ') filter (where s.refobjid is not null)
            from pg_catalog.pg_roles as r
            left join pg_catalog.pg_shdepend as s on
                s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass and s.refobjid = r.oid
                and not (
                    s.deptype = 'a'
                    and s.dbid = (
                        select h.oid from pg_catalog.pg_database as h where h.datname = pg_catalog.current_database()
                    )
                    and s.objsubid = 0
                    and s.classid in (
                        'pg_catalog.pg_class'::pg_catalog.regclass, 'pg_catalog.pg_proc'::pg_catalog.regclass,
                        'pg_catalog.pg_namespace'::pg_catalog.regclass
                    )
                )
            left join pg_catalog.pg_database as d on d.oid = s.dbid
            where r.rolname::pg_catalog.text = any ($1)
            group by r.oid, r.rolname
            order by 1",
            &[&&ROLES[..]],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}
