//! What Zapgres decides, without any I/O.
#![forbid(unsafe_code)]
