//! What persons do to the queue, its channels and sources: the functions of schema zap, called.

mod attach;
mod change;
mod error;
mod filter;
mod look;
mod pause;
mod setting;
mod template;
mod tenant;
mod why;

pub use attach::{
    Attachment, Mapping, Problem, Proposal, Status, attach, attach_status, is_kept_from_customer,
    propose, relation_named, status_events,
};
pub use change::{Action, change, change_matching, count};
pub use error::ControlError;
pub use filter::Filter;
pub use look::{channels, daemons, dead_letters, list, overview, show};
pub use pause::{Paused, Thing, set_pause};
pub use setting::{ModePlace, modes, reset_setting, set_mode, set_setting, settings};
pub use template::{Preview, TextOf, activate_text, history, preview, save_text, texts, try_text};
pub use tenant::{TenantChange, save_tenant, set_tenant_enabled, tenants};
pub use why::why;
