//! Templates: `{"name", "language", "components"}`.

use serde_json::{Map, Value, json};
use zapgres_core::message::{Media, Template, TemplateButton, TemplateHeader, TemplateParameter};

use super::content::file_object;
use super::insert_some;
use crate::meta::files::FileName;

pub(super) fn of(template: &Template, file: Option<&FileName>) -> Value {
    let mut components = Vec::new();
    if let Some(header) = &template.header {
        let parameter = header_parameter(header, file);
        components.push(json!({"type": "header", "parameters": [parameter]}));
    }
    if !template.parameters.is_empty() {
        let parameters: Vec<Value> = template.parameters.iter().map(text_parameter).collect();
        components.push(json!({"type": "body", "parameters": parameters}));
    }
    components.extend(template.buttons.iter().map(button));
    let mut object = json!({"name": template.name, "language": {"code": template.language}});
    if !components.is_empty() {
        object["components"] = components.into();
    }
    object
}

fn header_parameter(header: &TemplateHeader, file: Option<&FileName>) -> Value {
    match header {
        TemplateHeader::Text(parameter) => text_parameter(parameter),
        TemplateHeader::Image(_) => json!({"type": "image", "image": file_object(file)}),
        TemplateHeader::Video(_) => json!({"type": "video", "video": file_object(file)}),
        TemplateHeader::Document(media) => {
            json!({"type": "document", "document": named_file(media, file)})
        }
    }
}

fn named_file(media: &Media, file: Option<&FileName>) -> Map<String, Value> {
    let mut object = file_object(file);
    insert_some(&mut object, "filename", media.file_name.as_deref());
    object
}

fn text_parameter(parameter: &TemplateParameter) -> Value {
    let mut object = Map::new();
    object.insert("type".to_owned(), "text".into());
    insert_some(&mut object, "parameter_name", parameter.name.as_deref());
    object.insert("text".to_owned(), parameter.text.as_str().into());
    Value::Object(object)
}

/// Meta counts the buttons of the template from 0, as texts.
fn button(button: &TemplateButton) -> Value {
    let (sub_type, index, parameter) = match button {
        TemplateButton::Url { index, text } => {
            ("url", index, json!({"type": "text", "text": text}))
        }
        TemplateButton::QuickReply { index, payload } => (
            "quick_reply",
            index,
            json!({"type": "payload", "payload": payload}),
        ),
        TemplateButton::CopyCode { index, code } => (
            "copy_code",
            index,
            json!({"type": "coupon_code", "coupon_code": code}),
        ),
    };
    json!({
        "type": "button", "sub_type": sub_type, "index": index.to_string(),
        "parameters": [parameter],
    })
}
