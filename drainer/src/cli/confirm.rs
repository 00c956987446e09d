//! Asking before something is done that cannot be taken back.

use std::io::{BufRead, IsTerminal, Write};

/// Whether there is somebody to ask.
pub fn can_ask() -> bool {
    std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Asks, and takes only a clear yes for one.
pub fn is_confirmed(question: &str) -> bool {
    let mut out = std::io::stdout();
    if write!(out, "{question} [y/N] ")
        .and_then(|()| out.flush())
        .is_err()
    {
        return false;
    }
    let mut answer = String::new();
    std::io::stdin()
        .lock()
        .read_line(&mut answer)
        .is_ok_and(|_| is_yes(&answer))
}

fn is_yes(answer: &str) -> bool {
    ["y", "yes", "s", "sim"].contains(&answer.trim().to_lowercase().as_str())
}

#[cfg(test)]
mod tests {
    use super::is_yes;

    #[test]
    fn only_a_clear_yes_counts() {
        assert!(is_yes("Y\n") && is_yes("sim\n"));
        assert!(!is_yes("\n") && !is_yes("no\n") && !is_yes("yeah nah"));
    }
}
