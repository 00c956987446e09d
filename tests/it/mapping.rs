//! Order schemas as they are found in the wild: attached without edits, they give the right message.

mod attach;
mod command;
mod golden;
mod guide;
mod odd_names;
mod schema;
mod schemas;
