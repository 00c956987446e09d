//! WhatsApp's own addresses (`5511987654321@s.whatsapp.net`), as Evolution API writes them.

use zapgres_core::recipient::Recipient;

/// Whom an address means; none for lists, channels and statuses, which are nobody to talk to.
pub(super) fn recipient(jid: &str) -> Option<Recipient> {
    let (user, server) = jid.split_once('@')?;
    // The device of the person: it changes with the phone.
    let user = user.split_once(':').map_or(user, |(user, _)| user);
    match server {
        "s.whatsapp.net" | "c.us" => Recipient::parse("phone", jid).ok(),
        "lid" => Recipient::parse("lid", user).ok(),
        "g.us" => Recipient::parse("group", user).ok(),
        _ => None,
    }
}
