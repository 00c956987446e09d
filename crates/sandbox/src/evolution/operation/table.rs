//! What each operation takes, as the schemas of Evolution have it.

use super::Operation;
use crate::evolution::schema::{Field, List, Object, Rule};
use crate::messages::Kind;

pub(super) const NUMBER: &[Field] = &[Field::described("number", Rule::Text, "Invalid format")];

pub(super) const COMMON: &[Field] = &[
    Field::new("linkPreview", Rule::Flag),
    Field::described(
        "delay",
        Rule::Integer(i64::MIN, i64::MAX),
        "Enter a value in milliseconds",
    ),
    Field::new("quoted", Rule::Object(&QUOTED)),
    Field::new("everyOne", Rule::Flag),
    Field::new("mentioned", Rule::List(&MENTIONED)),
];

const QUOTED: Object = Object {
    fields: &[
        Field::new("key", Rule::Object(&QUOTED_KEY)),
        Field::new("message", Rule::Object(&ANYTHING)),
    ],
    required: &[],
    not_empty: &[],
};

const QUOTED_KEY: Object = Object {
    fields: KEY_FIELDS,
    required: &["id"],
    not_empty: &["id"],
};

const KEY_FIELDS: &[Field] = &[
    Field::new("id", Rule::Text),
    Field::new("remoteJid", Rule::Text),
    Field::new("fromMe", Rule::Flag),
];

const ANYTHING: Object = Object {
    fields: &[],
    required: &[],
    not_empty: &[],
};

const MENTIONED: List = List {
    shortest: 1,
    longest: usize::MAX,
    item: Field::described(
        "mentioned",
        Rule::Digits,
        "\"mentioned\" must be an array of numeric strings",
    ),
};

const STATUS_RECIPIENTS: List = List {
    shortest: 1,
    longest: usize::MAX,
    item: Field::described(
        "statusJidList",
        Rule::Digits,
        "\"statusJidList\" must be an array of numeric strings",
    ),
};

pub(super) const CONTACTS: List = List {
    shortest: 1,
    longest: usize::MAX,
    item: Field::new(
        "contact",
        Rule::Object(&Object {
            fields: &[
                Field::new("fullName", Rule::Text),
                Field::described(
                    "wuid",
                    Rule::LongText(10),
                    "\"wuid\" must be a numeric string",
                ),
                Field::new("phoneNumber", Rule::LongText(10)),
                Field::new("organization", Rule::Text),
                Field::new("email", Rule::Text),
                Field::new("url", Rule::Text),
            ],
            required: &["fullName", "phoneNumber"],
            not_empty: &["fullName"],
        }),
    ),
};

const VALUES: List = List {
    shortest: 2,
    longest: 10,
    item: Field::new("value", Rule::Text),
};

const SECTIONS: List = List {
    shortest: 1,
    longest: usize::MAX,
    item: Field::new(
        "section",
        Rule::Object(&Object {
            fields: &[
                Field::new("title", Rule::Text),
                Field::new("rows", Rule::List(&ROWS)),
            ],
            required: &["title", "rows"],
            not_empty: &["title"],
        }),
    ),
};

const ROWS: List = List {
    shortest: 1,
    longest: usize::MAX,
    item: Field::new(
        "row",
        Rule::Object(&Object {
            fields: &[
                Field::new("title", Rule::Text),
                Field::new("description", Rule::Text),
                Field::new("rowId", Rule::Text),
            ],
            required: &["title", "rowId"],
            not_empty: &["title", "description", "rowId"],
        }),
    ),
};

const BUTTONS: List = List {
    shortest: 1,
    longest: usize::MAX,
    item: Field::new(
        "button",
        Rule::Object(&Object {
            fields: &[
                Field::new(
                    "type",
                    Rule::OneOf(&["reply", "copy", "url", "call", "pix"]),
                ),
                Field::new("displayText", Rule::Text),
                Field::new("id", Rule::Text),
                Field::new("url", Rule::Text),
                Field::new("phoneNumber", Rule::Text),
            ],
            required: &["type"],
            not_empty: &["id", "url", "phoneNumber"],
        }),
    ),
};

pub(super) const V1_STICKER: Object = Object {
    fields: &[Field::new("image", Rule::Text)],
    required: &["image"],
    not_empty: &["image"],
};

pub(super) const V1_BUTTONS: Object = Object {
    fields: &[
        Field::new("title", Rule::Text),
        Field::new("description", Rule::Text),
        Field::new("footerText", Rule::Text),
        Field::new("buttons", Rule::List(&V1_BUTTON_LIST)),
    ],
    required: &["title", "buttons"],
    not_empty: &[],
};

const V1_BUTTON_LIST: List = List {
    shortest: 1,
    longest: usize::MAX,
    item: Field::new(
        "button",
        Rule::Object(&Object {
            fields: &[
                Field::new("buttonText", Rule::Text),
                Field::new("buttonId", Rule::Text),
            ],
            required: &["buttonText", "buttonId"],
            not_empty: &["buttonText", "buttonId"],
        }),
    ),
};

const fn own(fields: &'static [Field], required: &'static [&'static str]) -> Object {
    Object {
        fields,
        required,
        not_empty: &[],
    }
}

pub(super) static OPERATIONS: [Operation; 13] = [
    Operation {
        name: "sendText",
        nest: Some("textMessage"),
        has_number: true,
        own: own(&[Field::new("text", Rule::Text)], &["text"]),
        kind: Kind::Text,
    },
    Operation {
        name: "sendMedia",
        nest: Some("mediaMessage"),
        has_number: true,
        own: own(
            &[
                Field::new(
                    "mediatype",
                    Rule::OneOf(&["image", "document", "video", "audio"]),
                ),
                Field::new("mimetype", Rule::Text),
                Field::new("media", Rule::Text),
                Field::new("fileName", Rule::Text),
                Field::new("caption", Rule::Text),
            ],
            &["mediatype"],
        ),
        kind: Kind::Document,
    },
    Operation {
        name: "sendPtv",
        nest: None,
        has_number: true,
        own: own(&[Field::new("video", Rule::Text)], &[]),
        kind: Kind::VideoNote,
    },
    Operation {
        name: "sendWhatsAppAudio",
        nest: Some("audioMessage"),
        has_number: true,
        own: own(&[Field::new("audio", Rule::Text)], &[]),
        kind: Kind::Audio,
    },
    Operation {
        name: "sendSticker",
        nest: Some("stickerMessage"),
        has_number: true,
        own: own(&[Field::new("sticker", Rule::Text)], &[]),
        kind: Kind::Sticker,
    },
    Operation {
        name: "sendLocation",
        nest: Some("locationMessage"),
        has_number: true,
        own: own(
            &[
                Field::new("latitude", Rule::Number),
                Field::new("longitude", Rule::Number),
                Field::new("name", Rule::Text),
                Field::new("address", Rule::Text),
            ],
            &["latitude", "longitude", "name", "address"],
        ),
        kind: Kind::Location,
    },
    Operation {
        name: "sendContact",
        nest: Some("contactMessage"),
        has_number: true,
        own: own(
            &[Field::new("contact", Rule::List(&CONTACTS))],
            &["contact"],
        ),
        kind: Kind::Contacts,
    },
    Operation {
        name: "sendReaction",
        nest: Some("reactionMessage"),
        has_number: false,
        own: own(
            &[
                Field::new(
                    "key",
                    Rule::Object(&Object {
                        fields: KEY_FIELDS,
                        required: &["id", "remoteJid", "fromMe"],
                        not_empty: &["id", "remoteJid"],
                    }),
                ),
                Field::new("reaction", Rule::Text),
            ],
            &["key", "reaction"],
        ),
        kind: Kind::Reaction,
    },
    Operation {
        name: "sendPoll",
        nest: Some("pollMessage"),
        has_number: true,
        own: own(
            &[
                Field::new("name", Rule::Text),
                Field::new("selectableCount", Rule::Integer(0, 10)),
                Field::new("values", Rule::List(&VALUES)),
            ],
            &["name", "selectableCount", "values"],
        ),
        kind: Kind::Poll,
    },
    Operation {
        name: "sendList",
        nest: Some("listMessage"),
        has_number: true,
        own: own(
            &[
                Field::new("title", Rule::Text),
                Field::new("description", Rule::Text),
                Field::new("footerText", Rule::Text),
                Field::new("buttonText", Rule::Text),
                Field::new("sections", Rule::List(&SECTIONS)),
            ],
            &["title", "footerText", "buttonText", "sections"],
        ),
        kind: Kind::List,
    },
    Operation {
        name: "sendButtons",
        nest: Some("buttonMessage"),
        has_number: true,
        own: own(
            &[
                Field::new("thumbnailUrl", Rule::Text),
                Field::new("title", Rule::Text),
                Field::new("description", Rule::Text),
                Field::new("footer", Rule::Text),
                Field::new("buttons", Rule::List(&BUTTONS)),
            ],
            &[],
        ),
        kind: Kind::Buttons,
    },
    Operation {
        name: "sendStatus",
        nest: Some("statusMessage"),
        has_number: false,
        own: own(
            &[
                Field::new("type", Rule::OneOf(&["text", "image", "audio", "video"])),
                Field::new("content", Rule::Text),
                Field::new("caption", Rule::Text),
                Field::new("backgroundColor", Rule::Text),
                Field::new("font", Rule::Integer(0, 5)),
                Field::new("statusJidList", Rule::List(&STATUS_RECIPIENTS)),
                Field::new("allContacts", Rule::Flag),
            ],
            &["type"],
        ),
        kind: Kind::Status,
    },
    Operation {
        name: "sendTemplate",
        nest: Some("templateMessage"),
        has_number: true,
        own: own(
            &[
                Field::new("name", Rule::Text),
                Field::new("language", Rule::Text),
                Field::new("components", Rule::List(&COMPONENTS)),
                Field::new("webhookUrl", Rule::Text),
            ],
            &["name", "language"],
        ),
        kind: Kind::Template,
    },
];

const COMPONENTS: List = List {
    shortest: 0,
    longest: usize::MAX,
    item: Field::new("component", Rule::Object(&ANYTHING)),
};
