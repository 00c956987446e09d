//! The query in somebody's editor.

use std::io::Write;
use std::process::Command;

use anyhow::Context;

/// Opens the query in $VISUAL or $EDITOR, and returns what is saved.
///
/// # Errors
/// When there is no editor, or it fails.
pub fn query(text: &str) -> anyhow::Result<String> {
    let editor = ["VISUAL", "EDITOR"]
        .iter()
        .find_map(|name| std::env::var(name).ok().filter(|editor| !editor.is_empty()));
    let editor = editor.context(
        "no editor: set EDITOR, or give the query in SQL: select zap.attach(…, context_query => …)",
    )?;
    let mut file = tempfile::Builder::new()
        .prefix("zapgres-")
        .suffix(".sql")
        .tempfile()?;
    writeln!(file, "{text}")?;
    // An editor can have arguments, as in "code --wait".
    let status = Command::new("/bin/sh")
        .args(["-c", &format!("{editor} \"$1\""), "sh"])
        .arg(file.path())
        .status()
        .with_context(|| format!("the editor {editor} cannot be started"))?;
    anyhow::ensure!(
        status.success(),
        "the editor {editor} failed; nothing is attached"
    );
    let edited = std::fs::read_to_string(file.path())?;
    anyhow::ensure!(
        !edited.trim().is_empty(),
        "the query is empty; nothing is attached"
    );
    Ok(edited)
}
