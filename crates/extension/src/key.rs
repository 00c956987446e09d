//! The key of a captured row: which order it belongs to.
use pgrx::pg_sys;
use zapgres_core::subject::{self, SubjectPart};

/// One column of a key. Text stays in the server's encoding: it goes back to the server unchanged.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum KeyPart {
    /// smallint, integer, bigint.
    Integer(i64),
    /// uuid.
    Uuid([u8; 16]),
    /// Any other type, as its output function writes it.
    Text(Box<[u8]>),
}

impl KeyPart {
    /// As SQL writes the value.
    #[must_use]
    pub fn to_text(&self) -> Vec<u8> {
        match self {
            Self::Integer(value) => value.to_string().into_bytes(),
            Self::Uuid(bytes) => hyphenated(bytes),
            Self::Text(bytes) => bytes.to_vec(),
        }
    }
}

fn hyphenated(bytes: &[u8; 16]) -> Vec<u8> {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut text = Vec::with_capacity(36);
    for (position, byte) in bytes.iter().enumerate() {
        if matches!(position, 4 | 6 | 8 | 10) {
            text.push(b'-');
        }
        text.push(HEX[usize::from(byte >> 4)]);
        text.push(HEX[usize::from(byte & 15)]);
    }
    text
}

/// A whole key. Ordered, so that all backends enqueue in the same order and cannot deadlock on each other.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Key {
    /// The usual case.
    Single(KeyPart),
    /// Several columns.
    Composite(Box<[KeyPart]>),
}

impl Key {
    /// The key's columns.
    #[must_use]
    pub fn parts(&self) -> &[KeyPart] {
        match self {
            Self::Single(part) => std::slice::from_ref(part),
            Self::Composite(parts) => parts,
        }
    }

    /// The subject: the value itself, or a JSON array of several.
    #[must_use]
    pub fn to_subject(&self) -> Vec<u8> {
        match self {
            Self::Single(part) => part.to_text(),
            Self::Composite(parts) => {
                let texts: Vec<Vec<u8>> = parts.iter().map(KeyPart::to_text).collect();
                let parts: Vec<SubjectPart> = parts
                    .iter()
                    .zip(&texts)
                    .map(|(part, text)| subject_part(part, text))
                    .collect();
                subject::composite(&parts)
            }
        }
    }
}

fn subject_part<'a>(part: &KeyPart, text: &'a [u8]) -> SubjectPart<'a> {
    match part {
        KeyPart::Integer(value) => SubjectPart::Integer(*value),
        _ => SubjectPart::Text(text),
    }
}

/// How to read a key column of a given type.
#[derive(Clone, Copy, Debug)]
pub enum KeyReader {
    /// smallint
    Int2,
    /// integer
    Int4,
    /// bigint
    Int8,
    /// uuid
    Uuid,
    /// character(n), without the blanks that pad it: as the cast to text gives it.
    PaddedText {
        /// Oid of the output function.
        output: pg_sys::Oid,
    },
    /// Any other type, by its output function.
    Other {
        /// Oid of the output function.
        output: pg_sys::Oid,
    },
}

impl KeyReader {
    /// The reader for a column of this type; looks through domains.
    #[must_use]
    pub fn of_type(type_oid: pg_sys::Oid) -> Self {
        // SAFETY: catalogue look-ups by oid.
        match unsafe { pg_sys::getBaseType(type_oid) } {
            pg_sys::INT2OID => Self::Int2,
            pg_sys::INT4OID => Self::Int4,
            pg_sys::INT8OID => Self::Int8,
            pg_sys::UUIDOID => Self::Uuid,
            base => {
                let (mut output, mut is_varlena) = (pg_sys::InvalidOid, false);
                // SAFETY: as above; both out parameters outlive the call.
                unsafe { pg_sys::getTypeOutputInfo(base, &mut output, &mut is_varlena) };
                match base {
                    pg_sys::BPCHAROID => Self::PaddedText { output },
                    _ => Self::Other { output },
                }
            }
        }
    }

    /// Reads a value that is not null.
    ///
    /// # Safety
    /// `datum` must be a live value of the type that this reader was made for.
    pub unsafe fn read(self, datum: pg_sys::Datum) -> KeyPart {
        match self {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "by value in the datum's low bits"
            )]
            Self::Int2 => KeyPart::Integer(i64::from(datum.value() as i16)),
            #[expect(
                clippy::cast_possible_truncation,
                reason = "by value in the datum's low bits"
            )]
            Self::Int4 => KeyPart::Integer(i64::from(datum.value() as i32)),
            #[expect(
                clippy::cast_possible_wrap,
                reason = "the datum holds the signed value's bits"
            )]
            Self::Int8 => KeyPart::Integer(datum.value() as i64),
            // SAFETY: a uuid datum points to its 16 bytes.
            Self::Uuid => KeyPart::Uuid(unsafe { *datum.cast_mut_ptr::<[u8; 16]>() }),
            // SAFETY: the caller vouches for the type.
            Self::PaddedText { output } => unsafe {
                KeyPart::Text(without_padding(&output_of(output, datum)))
            },
            // SAFETY: the caller vouches for the type.
            Self::Other { output } => unsafe { KeyPart::Text(output_of(output, datum)) },
        }
    }
}

/// # Safety
/// `datum` must be a live value of the type whose output function is `output`.
unsafe fn output_of(output: pg_sys::Oid, datum: pg_sys::Datum) -> Box<[u8]> {
    // SAFETY: the caller's promise; the output function returns a palloc'd C string.
    unsafe {
        let text = pg_sys::OidOutputFunctionCall(output, datum);
        let bytes = std::ffi::CStr::from_ptr(text).to_bytes().into();
        pg_sys::pfree(text.cast());
        bytes
    }
}

fn without_padding(padded: &[u8]) -> Box<[u8]> {
    let length = padded
        .iter()
        .rposition(|byte| *byte != b' ')
        .map_or(0, |last| last + 1);
    padded[..length].into()
}
