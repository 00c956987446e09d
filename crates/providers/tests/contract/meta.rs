//! What the provider for Meta's Cloud API makes of everything that its contract knows, and of what it does not.

mod webhook;
