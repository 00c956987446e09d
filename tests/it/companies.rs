//! Companies, what they and operators may set, and what is switched off or only rehearsed.

mod caps;
mod commands;
mod disabled;
mod hours;
mod modes;
mod purposes;
mod settings;
mod tenants;
mod unknown;
