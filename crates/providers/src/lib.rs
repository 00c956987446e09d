//! One interface to the WhatsApp providers.
#![forbid(unsafe_code)]
