//! A file fetched to be uploaded.

use std::io;

use reqwest::Body;
use reqwest::multipart::Part;
use sha2::{Digest, Sha256};
use tokio::fs::File;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};
use tokio_util::io::ReaderStream;
use zapgres_core::error_class::SendError;

use super::unavailable;

/// A file that has no name and is gone as soon as nobody has it open, even when the process is killed.
pub(crate) struct FetchedFile {
    file: File,
    bytes: u64,
    /// Checksum of what is in it.
    pub(crate) sha256: [u8; 32],
    /// Its type.
    pub(crate) mime_type: String,
}

/// One that is being written.
pub(super) struct Writing {
    file: File,
    bytes: u64,
    sha256: Sha256,
}

impl Writing {
    pub(super) fn begin() -> Result<Self, SendError> {
        let file = tempfile::tempfile().map_err(|error| not_kept(&error))?;
        Ok(Self {
            file: File::from_std(file),
            bytes: 0,
            sha256: Sha256::new(),
        })
    }

    pub(super) async fn write(&mut self, bytes: &[u8]) -> Result<(), SendError> {
        self.sha256.update(bytes);
        self.bytes += bytes.len() as u64;
        let written = self.file.write_all(bytes).await;
        written.map_err(|error| not_kept(&error))
    }

    pub(super) async fn end(mut self, mime_type: String) -> Result<FetchedFile, SendError> {
        // Without this the last bytes may still be on their way.
        let flushed = self.file.flush().await;
        flushed.map_err(|error| not_kept(&error))?;
        Ok(FetchedFile {
            file: self.file,
            bytes: self.bytes,
            sha256: self.sha256.finalize().into(),
            mime_type,
        })
    }
}

impl FetchedFile {
    /// It as a part of a form, read while it is sent.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) async fn part(&self, name: &str) -> Result<Part, SendError> {
        let rewound = async {
            let mut file = self.file.try_clone().await?;
            file.rewind().await?;
            Ok(file)
        };
        let file = rewound.await.map_err(|error| not_kept(&error))?;
        let body = Body::wrap_stream(ReaderStream::new(file));
        let part = Part::stream_with_length(body, self.bytes).file_name(name.to_owned());
        part.mime_str(&self.mime_type)
            .map_err(|_| super::unusable("the file's type is none"))
    }
}

fn not_kept(error: &io::Error) -> SendError {
    unavailable(&format!(
        "the file cannot be kept while it is sent: {error}"
    ))
}
