//! What a trigger's arguments say. They are text in the database's encoding, as SQL wrote them.
use std::ffi::{CStr, CString};

use pgrx::pg_sys;

/// What a trigger function captures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Captures {
    /// A first row with a new key.
    FirstItem,
    /// Every new row.
    Insert,
    /// A new value in a column.
    Status,
}

/// The arguments, told apart.
#[derive(Debug, PartialEq, Eq)]
pub struct Arguments<'a> {
    /// `zap.source.id`.
    pub source: i64,
    /// What a row is an event by.
    pub events: Events<'a>,
    /// Names of the key columns.
    pub key: &'a [CString],
}

/// Which event a row is.
#[derive(Debug, PartialEq, Eq)]
pub enum Events<'a> {
    /// Every row is this one.
    Always(&'a CStr),
    /// The one of its value in this column.
    ByValue(&'a CStr, Vec<(&'a CStr, &'a CStr)>),
}

/// Takes the arguments apart: source, event, key columns … of a trigger on new rows; source, status column, number of key
/// columns, key columns …, and pairs of value and event … of one on status changes.
pub fn parse(captures: Captures, arguments: &[CString]) -> Result<Arguments<'_>, String> {
    let parsed = match captures {
        Captures::FirstItem | Captures::Insert => of_rows(arguments),
        Captures::Status => of_status(arguments),
    };
    parsed.ok_or_else(|| {
        "the trigger's arguments are not those that zap.attach writes: attach the table again"
            .to_owned()
    })
}

fn of_rows(arguments: &[CString]) -> Option<Arguments<'_>> {
    let [id, event, key @ ..] = arguments else {
        return None;
    };
    (!key.is_empty()).then_some(Arguments {
        source: number(id)?,
        events: Events::Always(event),
        key,
    })
}

fn of_status(arguments: &[CString]) -> Option<Arguments<'_>> {
    let [id, column, count, rest @ ..] = arguments else {
        return None;
    };
    let (key, pairs) = rest.split_at_checked(number(count)?)?;
    let (pairs, odd) = pairs.as_chunks::<2>();
    if key.is_empty() || pairs.is_empty() || !odd.is_empty() {
        return None;
    }
    let pairs = pairs
        .iter()
        .map(|[value, event]| (value.as_c_str(), event.as_c_str()));
    Some(Arguments {
        source: number(id)?,
        events: Events::ByValue(column, pairs.collect()),
        key,
    })
}

fn number<N: std::str::FromStr>(argument: &CStr) -> Option<N> {
    argument.to_str().ok()?.parse().ok()
}

/// The arguments of a trigger.
///
/// # Safety
/// `trigger` must be as the server gives it to a trigger function.
pub unsafe fn read(trigger: &pg_sys::Trigger) -> Vec<CString> {
    let count = usize::try_from(trigger.tgnargs).unwrap_or(0);
    (0..count)
        // SAFETY: the server keeps `tgnargs` NUL-terminated strings at `tgargs`.
        .map(|index| unsafe { CStr::from_ptr(*trigger.tgargs.add(index)) }.to_owned())
        .collect()
}
