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
                -- Revoking from a table revokes from its columns, too.
                select 1, 'table ' || a.attrelid::pg_catalog.regclass, a.attacl
                from pg_catalog.pg_attribute as a where a.attacl is not null
                union all
                select 1, 'sequence ' || c.oid::pg_catalog.regclass, c.relacl
                from pg_catalog.pg_class as c where c.relkind = 'S'
                union all
                select 2, 'routine ' || p.oid::pg_catalog.regprocedure, p.proacl from pg_catalog.pg_proc as p
                union all
                select 3, 'schema ' || n.oid::pg_catalog.regnamespace, n.nspacl from pg_catalog.pg_namespace as n
                union all
                select 4, 'database ' || pg_catalog.quote_ident(d.datname), d.datacl
                from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database()
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
            select r.rolname::pg_catalog.text,
                pg_catalog.string_agg(distinct coalesce('database ' || d.datname, 'the whole cluster'), ', ')
                    filter (where s.refobjid is not null)
            from pg_catalog.pg_roles as r
            join pg_catalog.pg_database as here on here.datname = pg_catalog.current_database()
            left join pg_catalog.pg_shdepend as s on
                s.refclassid = 'pg_catalog.pg_authid'::pg_catalog.regclass and s.refobjid = r.oid
                and not (
                    s.deptype = 'a'
                    and case s.classid
                        when 'pg_catalog.pg_database'::pg_catalog.regclass then s.objid
                        when 'pg_catalog.pg_class'::pg_catalog.regclass then s.dbid
                        when 'pg_catalog.pg_proc'::pg_catalog.regclass then s.dbid
                        when 'pg_catalog.pg_namespace'::pg_catalog.regclass then s.dbid
                    end is not distinct from here.oid
                )
            left join pg_catalog.pg_database as d on d.oid = case
                when s.classid = 'pg_catalog.pg_database'::pg_catalog.regclass then s.objid else s.dbid
            end
            where r.rolname::pg_catalog.text = any ($1)
            group by r.oid, r.rolname
            order by 1",
            &[&&ROLES[..]],
        )
        .await?;
    Ok(rows.iter().map(|row| (row.get(0), row.get(1))).collect())
}
