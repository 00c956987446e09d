//! A faithful stand-in for the WhatsApp providers.
#![forbid(unsafe_code)]
