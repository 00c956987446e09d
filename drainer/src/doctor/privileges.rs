//! Whether the roles have what `zapgres setup` grants.

use tokio_postgres::Client;

use super::finding::Finding;
use crate::database::DatabaseError;
use crate::setup;

/// Area of these findings.
pub const AREA: &str = "privileges";

const REMEDY: &str = "zapgres setup";
/// Of what is missing, so much is named.
const NAMED: usize = 5;

/// One right of a role on one object.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Right<'a> {
    /// What to ask of: `database`, `schema`, `table`, `function`, or all `tables`, `sequences` or `functions` of ours.
    kind: &'static str,
    object: &'a str,
    privilege: &'a str,
    role: &'a str,
}

const MISSING: &str = "-- missing
with wanted as (
    select w.kind, w.object, w.privilege, w.role, pg_catalog.split_part(w.privilege, ' ', 1) as verb,
        pg_catalog.btrim(pg_catalog.split_part(w.privilege, ' ', 2), '()') as of_column
    from unnest($1::text [], $2::text [], $3::text [], $4::text []) as w (kind, object, privilege, role)
),
judged as (
    select w.role, w.object as object, w.privilege,
        case w.kind
            when 'database' then pg_catalog.has_database_privilege(w.role, pg_catalog.current_database()::text, w.verb)
            when 'schema' then pg_catalog.has_schema_privilege(w.role, w.object, w.verb)
            when 'function' then pg_catalog.has_function_privilege(w.role, w.object, w.verb)
            when 'table' then
                case
                    when w.of_column = '' then pg_catalog.has_table_privilege(w.role, w.object, w.verb)
                    else pg_catalog.has_column_privilege(w.role, w.object, w.of_column, w.verb)
                end
        end as has
    from wanted as w
    where w.kind in ('database', 'schema', 'function', 'table')
    union all
    select w.role, c.oid::pg_catalog.regclass::text, w.privilege,
        pg_catalog.has_table_privilege(w.role, c.oid, case w.verb when 'all' then 'insert' else w.verb end)
    from wanted as w
    inner join pg_catalog.pg_class as c
        on c.relnamespace = pg_catalog.to_regnamespace('zap') and c.relkind in ('r', 'v') and w.kind = 'tables'
    union all
    select w.role, c.oid::pg_catalog.regclass::text, w.privilege, pg_catalog.has_sequence_privilege(w.role, c.oid, 'usage')
    from wanted as w
    inner join pg_catalog.pg_class as c
        on c.relnamespace = pg_catalog.to_regnamespace('zap') and c.relkind = 'S' and w.kind = 'sequences'
    union all
    select w.role, p.oid::pg_catalog.regprocedure::text, w.privilege, pg_catalog.has_function_privilege(w.role, p.oid, 'execute')
    from wanted as w
    inner join pg_catalog.pg_proc as p on p.pronamespace = pg_catalog.to_regnamespace('zap') and w.kind = 'functions'
)
select j.role, j.privilege || ' on ' || j.object as missing
from judged as j
where not j.has
order by 1, 2";

/// The roles, and their rights in this database and in schema zap.
pub async fn roles(client: &Client) -> Result<Vec<Finding>, DatabaseError> {
    let missing = setup::missing_roles(client).await?;
    let mut findings = Vec::new();
    if !missing.is_empty() {
        let what = format!(
            "there is no role {}: context queries run with all rights of whoever runs the daemon",
            missing.join(", ")
        );
        findings.push(Finding::warning(AREA, what, REMEDY));
    }
    let grants = setup::own_grants(client).await?;
    let rights: Vec<Right<'_>> = grants
        .iter()
        .flat_map(|grant| rights(grant))
        .filter(|right| !missing.contains(&right.role))
        .collect();
    for (role, lacking) in lacking(client, &rights).await? {
        let more = match lacking.len().saturating_sub(NAMED) {
            0 => String::new(),
            more => format!(" and {more} more"),
        };
        let named = lacking[..lacking.len().min(NAMED)].join(", ");
        findings.push(Finding::error(
            AREA,
            format!("{role} lacks {named}{more}"),
            REMEDY,
        ));
    }
    if findings.is_empty() {
        findings.push(Finding::ok(
            AREA,
            "the roles have what they need in schema zap",
        ));
    }
    Ok(findings)
}

async fn lacking(
    client: &Client,
    rights: &[Right<'_>],
) -> Result<Vec<(String, Vec<String>)>, DatabaseError> {
    let kinds: Vec<&str> = rights.iter().map(|right| right.kind).collect();
    let objects: Vec<&str> = rights.iter().map(|right| right.object).collect();
    let privileges: Vec<&str> = rights.iter().map(|right| right.privilege).collect();
    let roles: Vec<&str> = rights.iter().map(|right| right.role).collect();
    let rows = client
        .query(MISSING, &[&kinds, &objects, &privileges, &roles])
        .await?;
    let mut lacking: Vec<(String, Vec<String>)> = Vec::new();
    for row in &rows {
        let (role, what): (String, String) = (row.get(0), row.get(1));
        match lacking.last_mut() {
            Some((last, whats)) if *last == role => whats.push(what),
            _ => lacking.push((role, vec![what])),
        }
    }
    Ok(lacking)
}

/// The rights that one of setup's grants gives.
fn rights(grant: &str) -> Vec<Right<'_>> {
    let parts = grant.strip_prefix("grant ").and_then(|rest| {
        let (what, role) = rest.rsplit_once(" to ")?;
        let (privileges, object) = what.split_once(" on ")?;
        Some((privileges, object, role))
    });
    let Some((privileges, object, role)) = parts else {
        return Vec::new();
    };
    let (kind, object) = kind_of(object);
    let right = |privilege| Right {
        kind,
        object,
        privilege,
        role,
    };
    privileges.split(", ").map(right).collect()
}

fn kind_of(object: &str) -> (&'static str, &str) {
    for (prefix, kind) in [
        ("all tables in schema ", "tables"),
        ("all sequences in schema ", "sequences"),
        ("all functions in schema ", "functions"),
        ("database ", "database"),
        ("schema ", "schema"),
        ("function ", "function"),
    ] {
        if let Some(name) = object.strip_prefix(prefix) {
            return (kind, name);
        }
    }
    ("table", object)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn right<'a>(kind: &'static str, object: &'a str, privilege: &'a str) -> Right<'a> {
        Right {
            kind,
            object,
            privilege,
            role: "zap_daemon",
        }
    }

    /// B4: what setup grants is what doctor looks for.
    #[test]
    fn a_grant_is_taken_apart() {
        assert_eq!(
            rights("grant select, update (paused_at) on zap.source to zap_daemon"),
            [
                right("table", "zap.source", "select"),
                right("table", "zap.source", "update (paused_at)")
            ]
        );
        assert_eq!(
            rights("grant execute on function zap.f(bigint, text) to zap_daemon"),
            [right("function", "zap.f(bigint, text)", "execute")]
        );
        assert_eq!(
            rights("grant connect on database \"lo to ja\" to zap_daemon"),
            [right("database", "\"lo to ja\"", "connect")]
        );
        assert_eq!(
            rights("grant all on all tables in schema zap to zap_daemon"),
            [right("tables", "zap", "all")]
        );
    }
}
