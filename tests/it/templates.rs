//! Texts: saved, tried, put into use; and what would be sent of them.

mod commands;
mod guide;
mod obstacles;
mod own_names;
mod preview;
mod save;
