//! Nothing here: the tests are one binary, `it/main.rs`.
