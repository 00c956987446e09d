//! Whether a channel's number is connected to WhatsApp.

/// Whether a number is connected, as the provider tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    /// Whether messages can be sent.
    pub state: ConnectionState,
    /// The number that is connected, digits, where the provider tells.
    pub number: Option<String>,
    /// More, in the provider's words.
    pub detail: Option<String>,
}

/// State of the connection between provider and WhatsApp.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ConnectionState {
    /// Messages are sent.
    Connected,
    /// On its way, without anybody's doing.
    Connecting,
    /// A person has to scan a code or type one.
    AwaitsPairing,
    /// Not connected.
    Disconnected,
}

impl ConnectionState {
    /// The text stored in `zap.channel_state`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Connected => "connected",
            Self::Connecting => "connecting",
            Self::AwaitsPairing => "awaits_pairing",
            Self::Disconnected => "disconnected",
        }
    }
}

/// How to connect a number to a phone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pairing {
    /// It is connected already.
    Connected,
    /// The text of a QR code to scan.
    QrCode(String),
    /// A QR code that the provider gives as a picture only (`data:image/png;base64,…`).
    QrImage(String),
    /// A code to type on the phone.
    Code(String),
}
