//! What the sandbox knows about Meta's accounts: templates, media, the window.

use std::sync::{PoisonError, RwLock};

use serde::{Deserialize, Serialize};

use super::media::MediaStore;
use super::template::Template;

/// What becomes of messages to customers who did not write within 24 hours. Templates always go.
#[derive(Clone, Copy, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Windows {
    /// They go.
    #[default]
    Open,
    /// They are refused at once.
    Enforced,
    /// They are accepted, and told as failed later.
    Asynchronous,
}

/// The accounts' templates and media, and how strict the sandbox is.
pub(crate) struct MetaSettings {
    templates: RwLock<Vec<Template>>,
    windows: RwLock<Windows>,
    app_secret: RwLock<Option<String>>,
    pub(super) media: MediaStore,
}

impl Default for MetaSettings {
    fn default() -> Self {
        Self {
            templates: RwLock::new(vec![Template::hello_world()]),
            windows: RwLock::default(),
            app_secret: RwLock::default(),
            media: MediaStore::default(),
        }
    }
}

impl MetaSettings {
    /// The template of this name and language.
    pub(super) fn template(&self, name: &str, language: &str) -> Option<Template> {
        let templates = self.templates();
        let mut found = templates.into_iter();
        found.find(|template| template.name == name && template.language == language)
    }

    /// All templates.
    pub(crate) fn templates(&self) -> Vec<Template> {
        let templates = self.templates.read();
        templates.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Puts these templates in the place of all others.
    pub(crate) fn set_templates(&self, mut wanted: Vec<Template>) {
        for (position, template) in wanted.iter_mut().enumerate() {
            if template.id.is_empty() {
                template.id = format!("{}", position + 1);
            }
        }
        let mut templates = self
            .templates
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *templates = wanted;
    }

    /// What signs the requests to webhooks that the account's own call registers.
    pub(super) fn app_secret(&self) -> Option<String> {
        let secret = self.app_secret.read();
        secret.unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Makes it this one.
    pub(crate) fn set_app_secret(&self, wanted: String) {
        let mut secret = self
            .app_secret
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *secret = Some(wanted);
    }

    /// How strict the sandbox is about the window.
    pub(crate) fn windows(&self) -> Windows {
        *self.windows.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes it so strict.
    pub(crate) fn set_windows(&self, wanted: Windows) {
        *self.windows.write().unwrap_or_else(PoisonError::into_inner) = wanted;
    }
}
