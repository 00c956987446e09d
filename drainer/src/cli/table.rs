//! Rows for people: columns side by side; and for programs: JSON.

use serde_json::Value;

use super::say;

/// Longest text of a column but the last.
const WIDTH_CAP: usize = 40;
/// Between two columns.
const GAP: &str = "  ";

/// A column: its heading, and what it shows of a row.
pub type Column<'a> = (&'a str, &'a dyn Fn(&Value) -> String);

/// Prints the rows, or the sentence when there are none.
pub fn print(rows: &[Value], columns: &[Column<'_>], none: &str) {
    if rows.is_empty() {
        return say(none);
    }
    for line in render(rows, columns) {
        say(&line);
    }
}

/// Prints a value as JSON.
pub fn print_json(value: &Value) {
    say(&format!("{value:#}"));
}

fn render(rows: &[Value], columns: &[Column<'_>]) -> Vec<String> {
    let mut cells: Vec<Vec<String>> = vec![
        columns
            .iter()
            .map(|(heading, _)| heading.to_uppercase())
            .collect(),
    ];
    for row in rows {
        let shown = columns.iter().enumerate().map(|(place, (_, show))| {
            let text = one_line(&show(row));
            if place + 1 == columns.len() {
                text
            } else {
                shortened(text)
            }
        });
        cells.push(shown.collect());
    }
    let widths: Vec<usize> = (0..columns.len())
        .map(|place| {
            cells
                .iter()
                .map(|row| width(&row[place]))
                .max()
                .unwrap_or(0)
        })
        .collect();
    cells.iter().map(|row| line(row, &widths)).collect()
}

fn line(row: &[String], widths: &[usize]) -> String {
    let padded: Vec<String> = row
        .iter()
        .zip(widths)
        .map(|(cell, width)| format!("{cell:width$}"))
        .collect();
    padded.join(GAP).trim_end().to_owned()
}

fn width(text: &str) -> usize {
    text.chars().count()
}

fn shortened(text: String) -> String {
    if width(&text) <= WIDTH_CAP {
        return text;
    }
    let kept: String = text.chars().take(WIDTH_CAP - 1).collect();
    kept + "…"
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A field as text; nothing there is a dash.
pub fn field(row: &Value, name: &str) -> String {
    match &row[name] {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// A time to the second; what was put aside is due at no time.
pub fn time(row: &Value, name: &str) -> String {
    let text = field(row, name);
    if text == "infinity" {
        return "put aside".to_owned();
    }
    text.replacen('T', " ", 1).chars().take(19).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn columns_stand_side_by_side() {
        let rows = [
            json!({"id": 7, "text": "Zé\nda Silva", "none": null}),
            json!({"id": 12345, "text": "x".repeat(50), "none": 1}),
        ];
        let columns: [Column<'_>; 3] = [
            ("id", &|row| field(row, "id")),
            ("text", &|row| field(row, "text")),
            ("none", &|row| field(row, "none")),
        ];
        let lines = render(&rows, &columns);
        let text = format!("{}…", "x".repeat(39));
        assert_eq!(
            lines,
            [
                format!("ID     {:40}  NONE", "TEXT"),
                format!("7      {:40}  -", "Zé da Silva"),
                format!("12345  {text}  1"),
            ]
        );
    }

    #[test]
    fn times_are_short() {
        let row =
            json!({"at": "2026-11-21T08:47:19.904028-03:00", "never": "infinity", "none": null});
        assert_eq!(time(&row, "at"), "2026-11-21 08:47:19");
        assert_eq!(time(&row, "never"), "put aside");
        assert_eq!(time(&row, "none"), "-");
    }
}
