//! Add-ons and flavours of an item: rows of their own tables, JSON or arrays on the item, a filled crust.

use super::candidate::{self, CERTAIN_ENOUGH, Candidate};
use super::catalogue::{Shape, Table};
use super::draft::{Draft, Join, one_line, value_of};
use super::names::Concept as C;
use super::value::{Value, equal, operator};
use super::words;

/// One source of add-ons or flavours.
#[derive(Debug)]
pub struct Part {
    /// `item.addons` or `item.flavors`.
    pub field: &'static str,
    /// JSON array, never null.
    pub list: String,
    /// What FROM needs for it.
    pub joined: String,
    /// How sure.
    pub confidence: u8,
    /// Why.
    pub reason: String,
}

/// What a part adds.
#[derive(Debug)]
pub enum Amount {
    /// To the price of each piece: a part that is not counted itself comes with every piece.
    EachPiece(String),
    /// To the line, once: its own number counts.
    Line(String),
}

/// All of them, and what they add to the item's price.
#[derive(Debug, Default)]
pub struct Parts {
    /// In the order in which they are listed.
    pub list: Vec<Part>,
    /// Numbers, never null.
    pub amounts: Vec<Amount>,
}

/// Finds the parts of the rows of `items`.
pub fn of_items<'a>(draft: &mut Draft<'a>, items: &'a Table) -> Parts {
    let mut parts = Parts::default();
    let is_given = |draft: &Draft<'_>, field: &str| draft.overrides.get(field).is_some();
    for (field, concept, word) in [
        ("item.addons", C::Addons, "adicional"),
        ("item.flavors", C::Flavors, "sabor"),
    ] {
        if is_given(draft, field) {
            continue;
        }
        if let Some((table, column, key)) = child(draft, items, word) {
            rows(draft, &mut parts, field, table, (column, key), items);
        } else if let Some(column) = on_item(items, concept) {
            on_the_item(&mut parts, field, &column);
        }
    }
    if !is_given(draft, "item.addons") {
        crust(&mut parts, items);
    }
    parts
}

/// The table whose rows belong to an item, its column, and the item's.
fn child<'a>(
    draft: &Draft<'a>,
    items: &'a Table,
    word: &str,
) -> Option<(&'a Table, &'a str, &'a str)> {
    let named = |table: &&&Table| {
        let name = words::read(&table.plain_name).words;
        name.iter().any(|found| found == word) && !table.is_view && table.name != items.name
    };
    draft
        .catalogue
        .tables
        .iter()
        .filter(|table| named(&table))
        .find_map(|table| {
            let by_key = table
                .foreign_keys
                .iter()
                .find(|key| key.target == items.name && key.columns.len() == 1);
            if let Some(key) = by_key {
                return Some((
                    table,
                    key.columns[0].as_str(),
                    key.target_columns.first()?.as_str(),
                ));
            }
            let [key] = items.primary_key.as_slice() else {
                return None;
            };
            let key = items.column(key)?;
            let column = table.columns.iter().find(|column| {
                let words = words::read(&column.name).words;
                let is_item = words
                    .iter()
                    .all(|word| matches!(word.as_str(), "id" | "item" | "pedido" | "venda"));
                is_item
                    && words.iter().any(|word| word == "item")
                    && column.type_name == key.type_name
            })?;
            Some((table, column.name.as_str(), key.name.as_str()))
        })
}

fn best<'a>(table: &'a Table, concept: C) -> Option<Candidate<'a>> {
    let first = candidate::candidates(table, concept).into_iter().next();
    first.filter(|best| best.confidence >= CERTAIN_ENOUGH)
}

/// Rows of a table of add-ons or flavours.
fn rows<'a>(
    draft: &mut Draft<'a>,
    parts: &mut Parts,
    field: &'static str,
    table: &'a Table,
    (column, key): (&'a str, &'a str),
    items: &Table,
) {
    let is_addons = field == "item.addons";
    let (alias, list) = if is_addons {
        ("a", "addons")
    } else {
        ("f", "flavors")
    };
    let through = if is_addons { "ap" } else { "fp" };
    let named = best(table, C::PartName);
    let join = if named.is_none() {
        named_elsewhere(draft, table, column, alias, through)
    } else {
        None
    };
    let name = match (&named, &join) {
        (Some(named), _) => Value::column(alias, named.column, false).text,
        (None, Some((_, name))) => name.text.clone(),
        (None, None) => return,
    };
    let quantity = best(table, C::Quantity).map(|found| Value::quantity(alias, found.column));
    let price = best(table, C::PartPrice).map(|found| value_of(alias, &found, C::PartPrice));
    let text = |value: &Option<Value>| {
        value
            .as_ref()
            .map_or("null".to_owned(), |value| value.text.clone())
    };
    let entry = if is_addons {
        format!(
            "pg_catalog.jsonb_build_object('name', {name}, 'quantity', {}, 'price', {})",
            text(&quantity),
            text(&price)
        )
    } else {
        name
    };
    let mut columns = format!(
        "pg_catalog.jsonb_agg({entry} order by {}) as list",
        row_order(alias, table)
    );
    let price = price.and_then(|price| price.number).filter(|_| is_addons);
    if let Some(price) = &price {
        let amount = format!("coalesce({list}.amount, 0)");
        let (each, amount) = match quantity.and_then(|quantity| quantity.number) {
            Some(quantity) => {
                let counted = format!("coalesce({quantity}, 1) {} {price}", operator("*"));
                (counted, Amount::Line(amount))
            }
            None => (price.clone(), Amount::EachPiece(amount)),
        };
        columns = format!("{columns},\n            pg_catalog.sum({each}) as amount");
        parts.amounts.push(amount);
    }
    let same = equal(
        &format!("{alias}.{}", table.sql(column)),
        &format!("i.{}", items.sql(key)),
    );
    let joined = join.map_or(String::new(), |(join, _)| join.sql("        "));
    draft.needs_index(table, &[column.to_owned()]);
    parts.list.push(Part {
        field,
        list: format!("coalesce({list}.list, '[]')"),
        joined: format!(
            "    left join lateral (\n        select\n            {columns}\n        from {} as {alias}\n{joined}        where {same}\n    ) as {list} on true\n",
            table.name
        ),
        confidence: 95,
        reason: format!("rows of {}", one_line(&table.plain_name)),
    });
}

/// The name of what a row of `table` refers to beside the item.
fn named_elsewhere<'a>(
    draft: &Draft<'a>,
    table: &'a Table,
    not: &str,
    alias: &str,
    through: &'static str,
) -> Option<(Join<'a>, Value)> {
    let others = table.columns.iter().filter(|column| column.name != not);
    let mut joins = others.filter_map(|column| draft.join(through, alias, table, &column.name));
    joins.find_map(|join| {
        let name = best(join.table, C::OwnName)?;
        let value = Value::column(through, name.column, false);
        Some((join, value))
    })
}

fn row_order(alias: &str, table: &Table) -> String {
    match table.primary_key.as_slice() {
        [key]
            if table
                .column(key)
                .is_some_and(|column| column.shape() == Shape::Whole) =>
        {
            format!("{alias}.{}", table.sql(key))
        }
        _ => format!("{alias}.ctid"),
    }
}

fn on_item(items: &Table, concept: C) -> Option<Candidate<'_>> {
    best(items, concept)
}

/// JSON or an array in a column of the item.
fn on_the_item(parts: &mut Parts, field: &'static str, found: &Candidate<'_>) {
    let column = format!("i.{}", found.column.sql);
    let list = match found.column.shape() {
        Shape::TextArray => {
            let name = if field == "item.addons" {
                named_text("t.name")
            } else {
                "t.name".to_owned()
            };
            format!(
                "coalesce((select pg_catalog.jsonb_agg({name}) from pg_catalog.unnest({column}) as t (name)), '[]')"
            )
        }
        _ => of_json(field, &format!("{column}::jsonb")),
    };
    parts.list.push(Part {
        field,
        list,
        joined: String::new(),
        confidence: found.confidence,
        reason: format!("column {}", one_line(&found.column.name)),
    });
}

fn named_text(name: &str) -> String {
    format!("pg_catalog.jsonb_build_object('name', {name}, 'quantity', null, 'price', null)")
}

/// Keys that programs use in lists within items, whose keys nobody looks at.
const PART_QUANTITIES: &[&str] = &["quantidade", "qtd", "quantity", "qty"];
const PART_PRICES: &[&str] = &["preco", "valor", "price"];
const PART_PRICES_IN_CENTS: &[&str] = &[
    "preco_centavos",
    "precoCentavos",
    "valor_centavos",
    "valorCentavos",
    "price_cents",
    "priceCents",
];

/// The list in a JSON value: of texts, or of objects.
pub fn of_json(field: &str, value: &str) -> String {
    let named = Value::json("t.value", &["nome", "name"]).text;
    let name = format!(
        "case pg_catalog.jsonb_typeof(t.value) when 'object' then {named} \
         else pg_catalog.jsonb_extract_path_text(t.value, variadic '{{}}') end"
    );
    let entry = if field == "item.addons" {
        let quantity = Value::json_number("t.value", PART_QUANTITIES, false).text;
        let price = json_price();
        format!(
            "pg_catalog.jsonb_build_object(\n                    'name', {name},\n                    \
             'quantity', {quantity},\n                    'price', {price}\n                )"
        )
    } else {
        name
    };
    format!(
        "coalesce((\n                select pg_catalog.jsonb_agg({entry} order by t.place)\n                \
         from pg_catalog.jsonb_array_elements(\n                    case pg_catalog.jsonb_typeof({value}) when 'array' then {value} else '[]' end\n                \
         ) with ordinality as t (value, place)\n            ), '[]')"
    )
}

fn json_price() -> String {
    format!(
        "coalesce({}, {})",
        Value::json_number("t.value", PART_PRICES, false).text,
        Value::json_number("t.value", PART_PRICES_IN_CENTS, true).text
    )
}

/// What the add-ons in a JSON value cost: a number, never null.
pub fn amount_of_json(value: &str) -> String {
    let quantity = Value::json_number("t.value", PART_QUANTITIES, false).text;
    format!(
        "coalesce((select pg_catalog.sum(coalesce({quantity}::numeric, 1) {} {}::numeric) from pg_catalog.jsonb_array_elements(\
         case pg_catalog.jsonb_typeof({value}) when 'array' then {value} else '[]' end) as t (value) \
         where pg_catalog.jsonb_typeof(t.value) {} 'object'), 0)",
        operator("*"),
        json_price(),
        operator("=")
    )
}

/// A filled crust is an add-on.
fn crust(parts: &mut Parts, items: &Table) {
    let Some(name) = best(items, C::Crust) else {
        return;
    };
    let text = Value::column("i", name.column, false).text;
    let price =
        best(items, C::CrustPrice).map(|found| Value::column("i", found.column, found.in_cents));
    let price_text = price.as_ref().map_or("null", |price| price.text.as_str());
    let quantity = best(items, C::Quantity).map(|found| Value::quantity("i", found.column));
    let quantity_text = quantity
        .as_ref()
        .map_or("null", |quantity| quantity.text.as_str());
    parts.list.push(Part {
        field: "item.addons",
        list: format!(
            "case when {text} is null then '[]' else pg_catalog.jsonb_build_array(pg_catalog.jsonb_build_object('name', \
             pg_catalog.regexp_replace({text}, '^(borda )?', 'Borda ', 'i'), 'quantity', {quantity_text}, 'price', {price_text})) end"
        ),
        joined: String::new(),
        confidence: name.confidence,
        reason: format!("the crust in column {}", one_line(&name.column.name)),
    });
    if let Some(price) = price.and_then(|price| price.number) {
        let amount = Amount::EachPiece(format!("coalesce({price}, 0)"));
        parts.amounts.push(amount);
    }
}
