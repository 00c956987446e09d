//! Values for the server, made of bytes in its own encoding.
use pgrx::pg_sys;

/// A text value in the current memory context.
pub fn text(bytes: &[u8]) -> pg_sys::Datum {
    let length = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
    // SAFETY: copies `length` bytes.
    unsafe {
        pg_sys::Datum::from(pg_sys::cstring_to_text_with_len(
            bytes.as_ptr().cast(),
            length,
        ))
    }
}

/// A text array without nulls in the current memory context.
pub fn text_array<'a>(elements: impl Iterator<Item = &'a [u8]>) -> pg_sys::Datum {
    let mut datums: Vec<pg_sys::Datum> = elements.map(text).collect();
    let count = i32::try_from(datums.len()).unwrap_or(i32::MAX);
    // SAFETY: `count` text datums; -1, false and 'i' are text's length, passing and alignment.
    unsafe {
        let array = pg_sys::construct_array(
            datums.as_mut_ptr(),
            count,
            pg_sys::TEXTOID,
            -1,
            false,
            b'i' as std::ffi::c_char,
        );
        pg_sys::Datum::from(array)
    }
}
