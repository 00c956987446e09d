//! SQL expressions of columns and JSON keys, exact and qualified.

use super::catalogue::{Column, Shape};

/// What a field is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value {
    /// As the context has it: text.
    pub text: String,
    /// To compute with, where that is possible.
    pub number: Option<String>,
}

impl Value {
    /// A column; `in_cents`: it counts cents.
    pub fn column(alias: &str, column: &Column, in_cents: bool) -> Self {
        let plain = format!("{alias}.{}", column.sql);
        if in_cents {
            return Self::number(format!("{plain} {} 0.01", operator("*")));
        }
        let (text, number) = match column.shape() {
            Shape::Whole | Shape::Decimal => (format!("{plain}::text"), Some(plain)),
            Shape::Float => (
                format!("pg_catalog.round({plain}::numeric, 2)::text"),
                Some(format!("{plain}::numeric")),
            ),
            Shape::Money => (
                format!("{plain}::numeric::text"),
                Some(format!("{plain}::numeric")),
            ),
            Shape::Text if matches!(column.type_name.as_str(), "text" | "character varying") => {
                (plain, None)
            }
            _ => (format!("{plain}::text"), None),
        };
        Self { text, number }
    }

    /// A column as it stands: a quantity of floating point is not rounded.
    pub fn quantity(alias: &str, column: &Column) -> Self {
        let value = Self::column(alias, column, false);
        if column.shape() == Shape::Float {
            let number = format!("{alias}.{}::numeric", column.sql);
            return Self::number(number);
        }
        value
    }

    /// The first of these keys of the JSON object `alias` that is there.
    pub fn json(alias: &str, keys: &[&str]) -> Self {
        let text = |key: &&str| {
            format!(
                "pg_catalog.jsonb_extract_path_text({alias}, {})",
                literal(key)
            )
        };
        let texts: Vec<String> = keys.iter().map(text).collect();
        let text = match texts.as_slice() {
            [only] => only.clone(),
            several => format!("coalesce({})", several.join(", ")),
        };
        Self { text, number: None }
    }

    /// The same as an amount or a quantity.
    pub fn json_number(alias: &str, keys: &[&str], in_cents: bool) -> Self {
        let number = Self::json(alias, keys).read_as_number();
        match number.number {
            Some(number) if in_cents => Self::number(format!("{number} {} 0.01", operator("*"))),
            _ => number,
        }
    }

    /// Text that a person may have written: `7,50` and `R$ 7.50` are numbers, anything else is nothing.
    #[must_use]
    pub fn read_as_number(self) -> Self {
        let digits = format!("pg_catalog.translate({}, ',R$ ', '.')", self.text);
        let text = format!("pg_catalog.substring({digits}, '^-?[0-9]+(?:[.][0-9]+)?$')");
        let number = Some(format!("{text}::numeric"));
        Self { text, number }
    }

    /// A numeric expression.
    pub fn number(expression: String) -> Self {
        Self {
            text: format!("({expression})::text"),
            number: Some(expression),
        }
    }

    /// An amount that is computed: to the cent.
    pub fn amount(expression: String) -> Self {
        Self {
            text: format!("pg_catalog.round({expression}, 2)::text"),
            number: Some(expression),
        }
    }

    /// What somebody wrote.
    pub fn given(expression: &str) -> Self {
        // A comment in it ends before the bracket does.
        let end = if expression.contains("--") { "\n" } else { "" };
        let bracketed = format!("({expression}{end})");
        Self {
            text: format!("{bracketed}::text"),
            number: Some(format!("{bracketed}::numeric")),
        }
    }
}

/// An operator of the server's own, whatever the schemas on the path have.
pub fn operator(symbol: &str) -> String {
    format!("operator(pg_catalog.{symbol})")
}

/// `left = right`.
pub fn equal(left: &str, right: &str) -> String {
    format!("{left} {} {right}", operator("="))
}

/// A string as SQL needs it.
pub fn literal(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    if doubled.contains('\\') {
        return format!("E'{}'", doubled.replace('\\', "\\\\"));
    }
    format!("'{doubled}'")
}

/// A name as SQL needs it.
#[must_use]
pub fn quoted(name: &str) -> String {
    let begins = name
        .chars()
        .next()
        .is_some_and(|c| c.is_ascii_lowercase() || c == '_');
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if begins && name.chars().all(plain) {
        return name.to_owned();
    }
    format!("\"{}\"", name.replace('"', "\"\""))
}
