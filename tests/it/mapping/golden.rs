//! Texts that a person has read, kept in files: `ZAPGRES_GOLDEN=write` in the environment of the tests `mapping::` writes them anew.

use std::path::PathBuf;

/// Compares with the file of this name, or writes it when that is asked for.
pub fn assert_same(name: &str, text: &str) {
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/it/mapping/golden")).join(name);
    if std::env::var_os("ZAPGRES_GOLDEN").is_some_and(|value| value == "write") {
        std::fs::write(&path, text).expect("write the golden file");
        return;
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        golden == text,
        "{name} differs; read what is new, then ZAPGRES_GOLDEN=write. Kept:\n{golden}\nNow:\n{text}"
    );
}
