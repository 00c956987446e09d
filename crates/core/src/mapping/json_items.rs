//! Items that are a JSON array on the order.

use super::candidate::{self, CERTAIN_ENOUGH, fits_words};
use super::catalogue::Column;
use super::draft::{Draft, one_line};
use super::item_list::{Entry, ItemList, Lines};
use super::items::computed;
use super::names::Concept as C;
use super::overrides::{Given, understand};
use super::parts::{self, Amount};
use super::value::Value;
use super::words;

/// The column of the order with its items.
pub fn column_of<'a>(draft: &mut Draft<'a>) -> Option<&'a Column> {
    let order = draft.order;
    if let Some(Some(name)) = draft.overrides.get("items") {
        return order
            .columns
            .iter()
            .find(|column| column.name == *name || column.sql == *name);
    }
    let found = candidate::candidates(order, C::Items);
    draft.refuse_tie("items", &found);
    found
        .first()
        .filter(|best| best.confidence >= CERTAIN_ENOUGH)
        .map(|best| best.column)
}

/// Keys that programs use, for a table that has no rows to look at.
const USUAL: &[(&str, &[&str])] = &[
    ("item.name", &["nome", "name", "produto"]),
    ("item.quantity", &["quantidade", "qtd", "quantity"]),
    ("item.price", &["preco_unitario", "preco", "price"]),
    ("item.total", &["valor_total", "total"]),
    ("item.notes", &["observacoes", "observacao", "notes"]),
    ("item.addons", &["adicionais", "addons"]),
    ("item.flavors", &["sabores", "flavors"]),
];

/// Chooses the fields of the items in `column`.
pub fn choose(draft: &mut Draft<'_>, column: &Column) -> ItemList {
    let why = format!("JSON in column {}", one_line(&column.name));
    let value = Value {
        text: format!("o.{}", column.sql),
        number: None,
    };
    draft.note("items", Some(&value), 90, why, Vec::new());
    let name = key(draft, column, "item.name", C::ItemName);
    let quantity = key(draft, column, "item.quantity", C::Quantity);
    let price = key(draft, column, "item.price", C::UnitPrice);
    let total = total(draft, column, quantity.as_ref(), price.as_ref());
    let notes = key(draft, column, "item.notes", C::ItemNotes);
    let addons = list(draft, column, "item.addons", C::Addons);
    let flavors = list(draft, column, "item.flavors", C::Flavors);
    let json = format!("o.{}::jsonb", column.sql);
    ItemList {
        lines: Lines {
            name,
            quantity,
            price,
            total,
            notes,
            addons,
            flavors,
        },
        from: format!(
            "    from pg_catalog.jsonb_array_elements(\n        case pg_catalog.jsonb_typeof({json}) when 'array' then {json} else '[]' end\n    ) \
             with ordinality as i (value, place)\n    where pg_catalog.jsonb_typeof(i.value) operator(pg_catalog.=) 'object'\n"
        ),
        order_by: "i.place".to_owned(),
        must_exist: false,
    }
}

/// The key that is `concept`, with whether it counts cents, and how sure that is.
fn best_key(column: &Column, concept: C) -> Option<(&str, bool, u8)> {
    let keys = column.json_keys()?.keys();
    let fits = keys.map(|key| {
        let (sure, in_cents) = fits_words(&words::read(key), concept, &["item".to_owned()]);
        (
            key.as_str(),
            in_cents && candidate::is_amount(concept),
            sure,
        )
    });
    fits.filter(|(_, _, sure)| *sure >= CERTAIN_ENOUGH)
        .max_by_key(|(_, _, sure)| *sure)
}

/// What is given for `field`: a key, or an expression.
fn given(draft: &mut Draft<'_>, field: &str) -> Option<Option<Value>> {
    let text = draft.overrides.get(field)?.clone();
    let value = text.as_deref().map(|text| match understand(text, &[]) {
        Given::Expression(value)
            if text.contains(|c: char| !c.is_alphanumeric() && !"_-".contains(c)) =>
        {
            value
        }
        _ => of_keys(
            field,
            &[text],
            text.contains("centavos") || text.contains("cents"),
        ),
    });
    draft.note(
        field,
        value.as_ref(),
        100,
        "as given".to_owned(),
        Vec::new(),
    );
    Some(value)
}

/// The first of these keys that an item has; of a price or quantity, if it is a number.
fn of_keys(field: &str, keys: &[&str], in_cents: bool) -> Value {
    match field {
        "item.quantity" | "item.price" | "item.total" => {
            Value::json_number("i.value", keys, in_cents)
        }
        _ => Value::json("i.value", keys),
    }
}

fn usual(field: &str) -> &'static [&'static str] {
    USUAL
        .iter()
        .find(|(name, _)| *name == field)
        .map_or(&[], |(_, keys)| keys)
}

fn key(draft: &mut Draft<'_>, column: &Column, field: &str, concept: C) -> Option<Value> {
    if let Some(value) = given(draft, field) {
        return value;
    }
    if column.json_keys().is_none() {
        let value = of_keys(field, usual(field), false);
        draft.note(
            field,
            Some(&value),
            55,
            "no items to look at yet: the usual keys".to_owned(),
            Vec::new(),
        );
        return Some(value);
    }
    let Some((key, in_cents, sure)) = best_key(column, concept) else {
        draft.note(
            field,
            None,
            0,
            "no key of such a name".to_owned(),
            Vec::new(),
        );
        return None;
    };
    let value = of_keys(field, &[key], in_cents);
    let cents = if in_cents { ", which counts cents" } else { "" };
    draft.note(
        field,
        Some(&value),
        sure,
        format!("key {}{cents}", one_line(key)),
        Vec::new(),
    );
    Some(value)
}

/// A key, or what follows from quantity and price.
fn total(
    draft: &mut Draft<'_>,
    column: &Column,
    quantity: Option<&Value>,
    price: Option<&Value>,
) -> Option<Value> {
    let is_known = column.json_keys().is_some() && best_key(column, C::LineTotal).is_none();
    if draft.overrides.get("item.total").is_some() || column.json_keys().is_some() && !is_known {
        return key(draft, column, "item.total", C::LineTotal);
    }
    let added: Vec<Amount> = place_of_list(draft, column, "item.addons", C::Addons)
        .map(|(value, ..)| Amount::Line(parts::amount_of_json(&value)))
        .into_iter()
        .collect();
    let product = computed(quantity, price, &added);
    if is_known {
        let why = match (&product, added.is_empty()) {
            (Some(_), true) => "no key; computed: quantity × unit price",
            (Some(_), false) => "no key; computed: quantity × unit price, and add-ons",
            (None, _) => "no key of such a name",
        };
        draft.note(
            "item.total",
            product.as_ref(),
            if product.is_some() { 80 } else { 0 },
            why.to_owned(),
            Vec::new(),
        );
        return product;
    }
    let keys = of_keys("item.total", usual("item.total"), false);
    let value = match (keys.number, product.and_then(|product| product.number)) {
        (Some(own), Some(product)) => Value::amount(format!("coalesce({own}, {product})")),
        _ => of_keys("item.total", usual("item.total"), false),
    };
    let why = "no items to look at yet: the usual keys, or quantity × unit price, and add-ons";
    draft.note("item.total", Some(&value), 50, why.to_owned(), Vec::new());
    Some(value)
}

/// Where the items have a list, how sure that is, and why.
fn place_of_list(
    draft: &Draft<'_>,
    column: &Column,
    field: &str,
    concept: C,
) -> Option<(String, u8, String)> {
    let of_key = |keys: &[&str]| {
        let extract = |key: &&str| {
            format!(
                "pg_catalog.jsonb_extract_path(i.value, {})",
                super::value::literal(key)
            )
        };
        let each: Vec<String> = keys.iter().map(extract).collect();
        match each.as_slice() {
            [only] => only.clone(),
            several => format!("coalesce({})", several.join(", ")),
        }
    };
    if let Some(given) = draft.overrides.get(field) {
        return Some((of_key(&[given.as_deref()?]), 100, "as given".to_owned()));
    }
    if column.json_keys().is_none() {
        let why = "no items to look at yet: the usual keys".to_owned();
        return Some((of_key(usual(field)), 55, why));
    }
    let (key, _, sure) = best_key(column, concept)?;
    Some((of_key(&[key]), sure, format!("key {}", one_line(key))))
}

fn list(draft: &mut Draft<'_>, column: &Column, field: &str, concept: C) -> Entry {
    let Some((value, sure, why)) = place_of_list(draft, column, field, concept) else {
        if draft.overrides.get(field).is_none() {
            let why = "no key of such a name".to_owned();
            draft.note(field, None, 0, why, Vec::new());
        }
        return None;
    };
    let list = parts::of_json(field, &value);
    draft.note(
        field,
        Some(&Value {
            text: list.clone(),
            number: None,
        }),
        sure,
        why,
        Vec::new(),
    );
    Some(list)
}
