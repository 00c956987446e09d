//! Tables that a context query reads whole because no index serves what it compares.

use deadpool_postgres::GenericClient;
use serde_json::Value;

use super::finding::Finding;
use super::sources::AREA;

/// Smaller tables are read whole in a moment.
const MANY_ROWS: i64 = 10_000;

/// A partition is read as a part of its table, and indexed with it.
const SIZE: &str = "-- size
select
    pg_catalog.format('%I.%I', rn.nspname, r.relname) as place,
    r.relkind = 'p' as is_partitioned,
    (
        select pg_catalog.sum(greatest(l.reltuples, 0))::bigint
        from pg_catalog.pg_class as l
        where l.oid in (
            select t.relid from pg_catalog.pg_partition_tree(r.oid) as t where t.isleaf
            union all
            select r.oid where r.relkind <> 'p'
        )
    ) as rows
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on c.relnamespace = n.oid
inner join pg_catalog.pg_class as r on r.oid = coalesce(pg_catalog.pg_partition_root(c.oid), c.oid)
inner join pg_catalog.pg_namespace as rn on r.relnamespace = rn.oid
where n.nspname = $1 and c.relname = $2";

/// A table that is read whole, though the planner was asked not to.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Whole {
    schema: String,
    relation: String,
    /// What its rows are compared with, nearest first.
    conditions: Vec<String>,
    /// Columns that an index could have, as SQL writes them; none: the comparison is no plain one.
    columns: Vec<String>,
}

/// What to say of the tables that `plan` reads whole and that have many rows.
pub(super) async fn findings(
    client: &impl GenericClient,
    query: &str,
    plan: &Value,
) -> Result<Vec<Finding>, tokio_postgres::Error> {
    let mut findings: Vec<Finding> = Vec::new();
    for whole in whole_reads(plan) {
        let row = client
            .query_opt(SIZE, &[&whole.schema, &whole.relation])
            .await?;
        let Some(row) = row else { continue };
        let rows = row.try_get::<_, Option<i64>>("rows")?.unwrap_or_default();
        if rows < MANY_ROWS {
            continue;
        }
        let finding = whole.tell(
            query,
            row.try_get("place")?,
            row.try_get("is_partitioned")?,
            rows,
        );
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
    Ok(findings)
}

impl Whole {
    fn tell(&self, query: &str, place: &str, is_partitioned: bool, rows: i64) -> Finding {
        let condition = self.conditions.first();
        let what = format!(
            "{query} reads all of {place} (about {rows} rows) at every look at new orders: no index serves {}",
            condition.map_or("it", String::as_str)
        );
        let how = if is_partitioned { "" } else { " concurrently" };
        let remedy = if self.columns.is_empty() {
            format!("create index{how} on {place} (…);  -- one that serves what is compared")
        } else {
            format!(
                "create index{how} on {place} ({});",
                self.columns.join(", ")
            )
        };
        Finding::warning(AREA, what, remedy)
    }
}

fn whole_reads(plan: &Value) -> Vec<Whole> {
    let mut found = Vec::new();
    walk(&plan[0]["Plan"], &[], false, &mut found);
    found
}

fn walk(node: &Value, above: &[&str], is_limited: bool, found: &mut Vec<Whole>) {
    let own = ["Filter", "Join Filter", "Hash Cond", "Merge Cond"];
    let own = own.iter().filter_map(|name| node[*name].as_str());
    let conditions: Vec<&str> = own.chain(above.iter().copied()).collect();
    if reads_whole(node) && !is_limited {
        found.extend(whole(node, &conditions));
    }
    let is_limit = node["Node Type"] == "Limit";
    for part in node["Plans"].as_array().into_iter().flatten() {
        walk(part, &conditions, is_limit, found);
    }
}

/// An index may be read from end to end, too.
fn reads_whole(node: &Value) -> bool {
    match node["Node Type"].as_str() {
        Some("Seq Scan") => true,
        Some("Index Scan" | "Index Only Scan") => {
            node["Index Cond"].is_null() && node["Order By"].is_null()
        }
        _ => false,
    }
}

fn whole(node: &Value, conditions: &[&str]) -> Option<Whole> {
    let own = node["Alias"].as_str()?;
    // The server numbers a table's partitions.
    let table = own.trim_end_matches(|c: char| c.is_ascii_digit());
    let names = [own, table.strip_suffix('_').unwrap_or(own)].map(quoted_if_needed);
    let alias = names.iter().find(|alias| {
        conditions
            .iter()
            .any(|condition| mentions(condition, alias))
    });
    let alias = alias.unwrap_or(&names[0]);
    let of_alias = |condition: &&&str| mentions(condition, alias);
    let conditions: Vec<&str> = conditions.iter().filter(of_alias).copied().collect();
    let columns = conditions
        .iter()
        .map(|condition| compared(condition, alias));
    let columns = columns.into_iter().find(|columns| !columns.is_empty());
    Some(Whole {
        schema: node["Schema"].as_str()?.to_owned(),
        relation: node["Relation Name"].as_str()?.to_owned(),
        conditions: conditions.into_iter().map(str::to_owned).collect(),
        columns: columns.unwrap_or_default(),
    })
}

fn mentions(condition: &str, alias: &str) -> bool {
    let prefix = format!("{alias}.");
    let mut places = condition.match_indices(&prefix);
    places.any(|(place, _)| {
        !condition[..place].ends_with(|c: char| c.is_alphanumeric() || "_.\"".contains(c))
    })
}

/// Columns of `alias` that are equal to something in each part of the condition that has any.
fn compared(condition: &str, alias: &str) -> Vec<String> {
    let mut columns = Vec::new();
    for part in conjuncts(condition) {
        let Some((left, right)) = part.split_once(" = ") else {
            continue;
        };
        let column = [left, right]
            .into_iter()
            .find_map(|side| column_of(side, alias));
        columns.extend(column.filter(|column| !columns.contains(column)));
    }
    columns
}

fn column_of(side: &str, alias: &str) -> Option<String> {
    let name = side.trim().strip_prefix(alias)?.strip_prefix('.')?;
    let is_plain = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let inner = name
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let is_quoted =
        inner.is_some_and(|inner| !inner.is_empty() && !inner.replace("\"\"", "").contains('"'));
    (is_plain || is_quoted).then(|| name.to_owned())
}

/// The parts of a condition that are joined by AND.
fn conjuncts(condition: &str) -> Vec<&str> {
    let condition = without_parentheses(condition);
    let mut parts = Vec::new();
    let (mut depth, mut begin) = (0_usize, 0);
    for (place, character) in condition.char_indices() {
        match character {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ' ' if depth == 0 && condition[place..].starts_with(" AND ") => {
                parts.push(without_parentheses(&condition[begin..place]));
                begin = place + " AND ".len();
            }
            _ => {}
        }
    }
    parts.push(without_parentheses(&condition[begin..]));
    parts
}

/// Without a pair of parentheses around all of it.
fn without_parentheses(text: &str) -> &str {
    let text = text.trim();
    let Some(inner) = text
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    else {
        return text;
    };
    let mut depth = 0_usize;
    for character in inner.chars() {
        match character {
            '(' => depth += 1,
            ')' if depth == 0 => return text,
            ')' => depth -= 1,
            _ => {}
        }
    }
    inner
}

fn quoted_if_needed(name: &str) -> String {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if name.chars().all(plain) && !name.starts_with(|c: char| c.is_ascii_digit()) {
        name.to_owned()
    } else {
        crate::sweep::quote(name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn columns(plan: Value) -> Vec<Vec<String>> {
        let reads = whole_reads(&json!([{ "Plan": plan }]));
        reads.into_iter().map(|whole| whole.columns).collect()
    }

    fn scan(alias: &str) -> Value {
        json!({"Node Type": "Seq Scan", "Relation Name": "t", "Schema": "public", "Alias": alias})
    }

    /// B4: what a join compares is what an index is to have, whichever side it stands on.
    #[test]
    fn columns_are_those_that_are_compared() {
        let join = |condition: &str, alias: &str| {
            columns(
                json!({"Node Type": "Hash Join", "Hash Cond": condition, "Plans": [scan(alias)]}),
            )
        };
        assert_eq!(join("(c.id = p.cliente)", "c"), [["id"]]);
        assert_eq!(join("(c.id = p.cliente)", "p"), [["cliente"]]);
        assert_eq!(
            join("((i.loja = p.loja) AND (i.\"Venda\" = p.n))", "i"),
            [["loja", "\"Venda\""]]
        );
        assert_eq!(join("(\"C\".id = p.cliente)", "C"), [["id"]]);
        for no_plain_one in [
            "(lower(c.nome) = p.nome)",
            "((c.id)::text = p.cliente)",
            "(c.id > p.cliente)",
            "(abc.id = p.x)",
        ] {
            assert_eq!(join(no_plain_one, "c"), [[""; 0]], "{no_plain_one}");
        }
    }

    /// B4: an index is of use only with a condition, or for the first of its rows.
    #[test]
    fn an_index_that_is_read_whole_is_no_better() {
        let mut index = scan("c");
        index["Node Type"] = json!("Index Scan");
        index["Filter"] = json!("(c.nome = 'x')");
        assert_eq!(columns(index.clone()), [["nome"]]);
        let limited = json!({"Node Type": "Limit", "Plans": [index.clone()]});
        assert_eq!(columns(limited), [[""; 0]; 0]);
        index["Index Cond"] = json!("(c.id = 1)");
        assert_eq!(columns(index), [[""; 0]; 0]);
    }
}
