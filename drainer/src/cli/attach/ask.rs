//! Asking which of several is meant.

use std::io::{BufRead, Write};

use crate::cli::say;

/// Asks until one of `candidates` is chosen, by its number or its name.
///
/// # Errors
/// When nobody answers any more.
pub fn choice(question: &str, candidates: &[String]) -> anyhow::Result<String> {
    say(question);
    for (place, candidate) in candidates.iter().enumerate() {
        say(&format!("  {}  {candidate}", place + 1));
    }
    loop {
        let mut out = std::io::stdout();
        write!(out, "Which? ")?;
        out.flush()?;
        let mut answer = String::new();
        if std::io::stdin().lock().read_line(&mut answer)? == 0 {
            anyhow::bail!("nothing chosen");
        }
        if let Some(chosen) = chosen(answer.trim(), candidates) {
            return Ok(chosen.to_owned());
        }
    }
}

fn chosen<'a>(answer: &str, candidates: &'a [String]) -> Option<&'a str> {
    let by_number = answer
        .parse::<usize>()
        .ok()
        .and_then(|number| candidates.get(number.checked_sub(1)?));
    let by_name = || candidates.iter().find(|candidate| *candidate == answer);
    by_number.or_else(by_name).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::chosen;

    #[test]
    fn an_answer_is_a_number_or_a_name() {
        let candidates = ["total", "valor_total"].map(str::to_owned);
        assert_eq!(chosen("2", &candidates), Some("valor_total"));
        assert_eq!(chosen("total", &candidates), Some("total"));
        for nothing in ["0", "3", "", "x"] {
            assert_eq!(chosen(nothing, &candidates), None);
        }
    }
}
