//! A proposal in the making: fields are chosen one after the other, and bring their joins along.

use super::candidate::{self, CERTAIN_ENOUGH, Candidate};
use super::catalogue::{Catalogue, Shape, Table};
use super::names::Concept;
use super::overrides::{Given, Overrides, understand};
use super::proposal::{Field, MissingIndex, Problem};
use super::value::{Value, equal, quoted};
use super::words;

/// A table that the order refers to, joined to it.
#[derive(Debug, Clone)]
pub struct Join<'a> {
    /// Its alias.
    pub alias: &'static str,
    /// The table.
    pub table: &'a Table,
    /// Its column.
    pub key: &'a str,
    /// What that is compared with.
    pub same_as: String,
    /// The column that refers, as it is called.
    pub through: String,
}

impl Join<'_> {
    /// As a part of FROM.
    pub fn sql(&self, indent: &str) -> String {
        let key = format!("{}.{}", self.alias, self.table.sql(self.key));
        let same = equal(&key, &self.same_as);
        let (name, alias) = (&self.table.name, self.alias);
        if self.table.is_unique(self.key) {
            return format!("{indent}left join {name} as {alias} on {same}\n");
        }
        // Several rows of it must not become several orders.
        format!(
            "{indent}left join lateral (\n{indent}    select {alias}.*\n{indent}    from {name} as {alias}\n\
             {indent}    where {same}\n{indent}    limit 1\n{indent}) as {alias} on true\n"
        )
    }
}

/// The proposal in the making.
pub struct Draft<'a> {
    /// All tables.
    pub catalogue: &'a Catalogue,
    /// The order table.
    pub order: &'a Table,
    /// What somebody decided.
    pub overrides: &'a Overrides,
    /// Chosen fields.
    pub fields: Vec<Field>,
    /// What has to be decided.
    pub problems: Vec<Problem>,
    /// Indexes that are missing.
    pub indexes: Vec<MissingIndex>,
}

impl<'a> Draft<'a> {
    /// Follows `column` of `from` to what it refers to: by its foreign key, or by its name.
    pub fn follow(&self, from: &'a Table, column: &'a str) -> Option<(&'a Table, &'a str)> {
        if let Some(reference) = from.reference(column) {
            let table = self.catalogue.table(&reference.target)?;
            return Some((table, reference.target_columns.first()?));
        }
        let name = words::read(column).words;
        let noun: Vec<&String> = name.iter().filter(|word| *word != "id").collect();
        let fits = |table: &&Table| {
            table.name != from.name
                && words::read(&table.plain_name)
                    .words
                    .iter()
                    .eq(noun.iter().copied())
        };
        let fitting: Vec<&Table> = self.catalogue.tables.iter().filter(fits).collect();
        // A view beside its table shows the same rows; the table's key is known.
        let tables: Vec<&Table> = fitting
            .iter()
            .copied()
            .filter(|table| !table.is_view)
            .collect();
        let [table] = (if tables.is_empty() { fitting } else { tables })[..] else {
            return None;
        };
        let key = key_of(table, &name)?;
        let comparable = from.column(column)?.type_name == table.column(key)?.type_name;
        (comparable && !noun.is_empty()).then_some((table, key))
    }

    /// Joins what `column` of `from` refers to.
    pub fn join(
        &self,
        alias: &'static str,
        from_alias: &str,
        from: &'a Table,
        column: &'a str,
    ) -> Option<Join<'a>> {
        let (table, key) = self.follow(from, column)?;
        Some(Join {
            alias,
            table,
            key,
            same_as: format!("{from_alias}.{}", from.sql(column)),
            through: column.to_owned(),
        })
    }

    /// Remembers an index that `table` lacks on `columns`.
    pub fn needs_index(&mut self, table: &Table, columns: &[String]) {
        if table.is_indexed(columns)
            || self
                .indexes
                .iter()
                .any(|index| index.relation == table.name)
        {
            return;
        }
        let listed: Vec<&str> = columns.iter().map(|column| table.sql(column)).collect();
        self.indexes.push(MissingIndex {
            relation: table.name.clone(),
            columns: columns.to_vec(),
            statement: format!(
                "create index concurrently on {} ({});",
                table.name,
                listed.join(", ")
            ),
        });
    }

    /// Notes a field that is made of `value`.
    pub fn note(
        &mut self,
        field: &str,
        value: Option<&Value>,
        confidence: u8,
        reason: String,
        alternatives: Vec<String>,
    ) {
        self.fields.push(Field {
            field: field.to_owned(),
            expression: value.map(|value| value.text.clone()),
            confidence,
            reason,
            alternatives,
        });
    }

    /// What somebody gave for `field`; the outer none: nobody said anything.
    pub fn given(&mut self, field: &str, tables: &[(&str, &Table)]) -> Option<Option<Value>> {
        let text = match self.overrides.get(field)? {
            Some(text) => text.clone(),
            None => {
                self.note(field, None, 100, "left out as given".to_owned(), Vec::new());
                return Some(None);
            }
        };
        let value = match understand(&text, tables) {
            Given::Column(value) | Given::Expression(value) => value,
            Given::Unknown => {
                let columns = |(alias, table): &(&str, &Table)| {
                    let name =
                        |column: &super::catalogue::Column| format!("{alias}.{}", column.sql);
                    table.columns.iter().map(name).collect::<Vec<_>>()
                };
                let mut candidates: Vec<String> = tables.iter().flat_map(columns).collect();
                // A phone of the company is not the customer's.
                let is_other =
                    |column: &str| column.starts_with("e.") && !field.starts_with("company.");
                candidates.sort_by(|a, b| {
                    let by_likeness = likeness(&text, b).total_cmp(&likeness(&text, a));
                    is_other(a).cmp(&is_other(b)).then(by_likeness)
                });
                self.problems.push(Problem {
                    field: field.to_owned(),
                    message: format!("there is no column {} for {field}", one_line(&text)),
                    candidates,
                });
                return Some(None);
            }
        };
        self.note(
            field,
            Some(&value),
            100,
            format!("as given: {}", one_line(&text)),
            Vec::new(),
        );
        Some(Some(value))
    }

    /// Chooses a column of `table` for `field`.
    pub fn choose(
        &mut self,
        field: &str,
        concept: Concept,
        alias: &str,
        table: &'a Table,
    ) -> Option<Value> {
        let found = candidate::candidates(table, concept);
        let best = found
            .first()
            .filter(|best| best.confidence >= CERTAIN_ENOUGH);
        let value = best.map(|best| value_of(alias, best, concept));
        let reason = best.map_or_else(|| nothing(&found), |best| reason(best, None));
        let confidence = best.map_or(0, |best| best.confidence);
        let alternatives = names(&found, best.is_some());
        self.note(field, value.as_ref(), confidence, reason, alternatives);
        value
    }

    /// The same, but what is given goes before it.
    pub fn field(
        &mut self,
        field: &str,
        concept: Concept,
        tables: &[(&'static str, &'a Table)],
    ) -> Option<Value> {
        match (self.given(field, tables), tables.first()) {
            (Some(value), _) => value,
            (None, Some((alias, table))) => self.choose(field, concept, alias, table),
            (None, None) => None,
        }
    }

    /// The same, where a wrong choice does harm: of two that are equally good, none is taken.
    pub fn decided(
        &mut self,
        field: &str,
        concept: Concept,
        tables: &[(&'static str, &'a Table)],
    ) -> Option<Value> {
        let given = self.overrides.get(field).is_some();
        if let Some((_, table)) = tables.first().filter(|_| !given) {
            self.refuse_tie(field, &candidate::candidates(table, concept));
        }
        self.field(field, concept, tables)
    }

    /// Notes a problem when the first of `found` is not the only good one.
    pub fn refuse_tie(&mut self, field: &str, found: &[Candidate<'_>]) {
        let tied = candidate::tied(found);
        if tied.len() < 2 || tied[0].confidence < CERTAIN_ENOUGH {
            return;
        }
        let candidates: Vec<String> = tied.iter().map(|one| one.column.name.clone()).collect();
        self.problems.push(Problem {
            field: field.to_owned(),
            message: format!(
                "{field} could be each of {}",
                one_line(&candidates.join(", "))
            ),
            candidates,
        });
    }
}

/// The value of a candidate.
pub fn value_of(alias: &str, candidate: &Candidate<'_>, concept: Concept) -> Value {
    let counts = concept == Concept::Quantity;
    if candidate.column.shape() == Shape::Text && (counts || candidate::is_amount(concept)) {
        return Value::column(alias, candidate.column, false).read_as_number();
    }
    if counts {
        return Value::quantity(alias, candidate.column);
    }
    Value::column(alias, candidate.column, candidate.in_cents)
}

/// Why a candidate was chosen.
pub fn reason(candidate: &Candidate<'_>, join: Option<&Join<'_>>) -> String {
    let name = one_line(&candidate.column.name);
    let mut reason = match join {
        Some(join) => format!(
            "column {}.{name}, through {}",
            one_line(&join.table.plain_name),
            one_line(&join.through)
        ),
        None => format!("column {name}"),
    };
    if candidate.in_cents {
        reason.push_str(", which counts cents");
    }
    if let Some(remark) = &candidate.remark {
        reason = format!("{reason}; {remark}");
    }
    reason
}

/// Why none was chosen.
pub fn nothing(found: &[Candidate<'_>]) -> String {
    match found.first() {
        Some(best) => format!(
            "no column is sure enough; best: {}",
            one_line(&reason(best, None))
        ),
        None => "no column of such a name".to_owned(),
    }
}

/// The others among the candidates.
pub fn names(found: &[Candidate<'_>], first_is_taken: bool) -> Vec<String> {
    let others = found.iter().skip(usize::from(first_is_taken));
    others.map(|one| one.column.name.clone()).collect()
}

/// Column of `table` that one refers to by `name`: its key, `id`, or the same name.
fn key_of<'a>(table: &'a Table, name: &[String]) -> Option<&'a str> {
    if let [key] = table.primary_key.as_slice() {
        return Some(key);
    }
    let named = |column: &&super::catalogue::Column| {
        let words = words::read(&column.name).words;
        words == ["id"] || words == name
    };
    table
        .columns
        .iter()
        .find(named)
        .map(|column| column.name.as_str())
}

/// How much a column is like what somebody wrote for one: words in common, then letters.
fn likeness(text: &str, column: &str) -> f64 {
    let (_, column) = column.split_once('.').unwrap_or_default();
    let (written, named) = (words::read(text).words, words::read(column).words);
    let common = written.iter().filter(|word| named.contains(word)).count();
    let letters = strsim::jaro_winkler(&written.join(" "), &named.join(" "));
    u32::try_from(common).map_or(letters, |common| f64::from(common) + letters)
}

/// Text that ends no comment.
pub fn one_line(text: &str) -> String {
    let line = |c: char| {
        if c.is_control() || c == '\u{2028}' || c == '\u{2029}' {
            ' '
        } else {
            c
        }
    };
    text.chars().map(line).collect()
}

/// A column's name with an alias, where there is no table to ask.
pub fn qualified(alias: &str, name: &str) -> String {
    format!("{alias}.{}", quoted(name))
}
