//! What a message consists of. Each kind is a field of its own, and the first that is there decides.

use serde_json::Value;

/// The content of one message.
pub(super) struct Content {
    /// As [`zapgres_core::message::MessageKind`] names it where there is one.
    pub kind: &'static str,
    pub text: Option<String>,
    pub quotes: Option<String>,
    pub content: Value,
}

/// A kind: its field, our name of it, and where in it text and quoted message are.
struct Kind {
    field: &'static str,
    name: &'static str,
    text: &'static str,
    quotes: &'static str,
}

/// Points nowhere.
const NONE: &str = "/-";
const REFERENCE: &str = "/referencedMessage/messageId";

const KINDS: [Kind; 26] = [
    kind("text", "text", "/message"),
    kind("image", "image", "/caption"),
    kind("audio", "audio", NONE),
    kind("video", "video", "/caption"),
    kind("document", "document", "/caption"),
    kind("sticker", "sticker", NONE),
    kind("location", "location", NONE),
    kind("contact", "contact", NONE),
    about("reaction", "reaction", "/value", REFERENCE),
    kind("buttonsResponseMessage", "button_reply", "/message"),
    // `message` is the row's description there.
    kind("listResponseMessage", "list_reply", "/title"),
    kind("buttonsMessage", "buttons", "/message"),
    kind("hydratedTemplate", "template", "/message"),
    kind("carouselMessage", "carousel", "/text"),
    kind("poll", "poll", "/question"),
    about("pollVote", "poll_vote", NONE, "/pollMessageId"),
    kind("order", "order", "/message"),
    kind("product", "product", "/title"),
    kind("requestPayment", "payment_request", NONE),
    kind("sendPayment", "payment", NONE),
    kind("reviewAndPay", "order_to_pay", NONE),
    kind("reviewOrder", "order_status", NONE),
    kind("event", "event", "/name"),
    about("eventResponse", "event_reply", "/response", REFERENCE),
    about("pinMessage", "pin", "/action", REFERENCE),
    kind("pixKeyMessage", "pix_key", "/key"),
];

const fn kind(field: &'static str, name: &'static str, text: &'static str) -> Kind {
    about(field, name, text, NONE)
}

const fn about(
    field: &'static str,
    name: &'static str,
    text: &'static str,
    quotes: &'static str,
) -> Kind {
    Kind {
        field,
        name,
        text,
        quotes,
    }
}

/// The content, if it is of a kind that is known.
pub(super) fn read(body: &Value) -> Option<Content> {
    let (kind, content) = KINDS.iter().find_map(|kind| {
        let content = body.get(kind.field)?;
        (!content.is_null()).then_some((kind, content))
    })?;
    let text = |pointer| {
        let text = content.pointer(pointer)?.as_str()?;
        (!text.is_empty()).then(|| text.to_owned())
    };
    Some(Content {
        kind: kind.name,
        text: text(kind.text).or_else(|| votes(content)),
        quotes: text(kind.quotes),
        content: content.clone(),
    })
}

/// A message of a kind that came up later than this list: all there is of it.
pub(super) fn unknown(body: &Value) -> Content {
    Content {
        kind: "unsupported",
        text: None,
        quotes: None,
        content: body.clone(),
    }
}

/// The answers that were voted for, with commas between them.
fn votes(content: &Value) -> Option<String> {
    content.get("pollMessageId")?;
    let options = content.get("options")?.as_array()?;
    let names = options
        .iter()
        .filter_map(|option| option.get("name")?.as_str());
    let names = names.collect::<Vec<_>>().join(", ");
    (!names.is_empty()).then_some(names)
}
