//! Out-of-process tests.
fn main() {}
