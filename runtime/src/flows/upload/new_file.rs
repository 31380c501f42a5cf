//! What is said of a file before it is uploaded.

use uuid::Uuid;

/// A file that does not exist yet.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "a file is uploaded by the `upload` method of a service"]
pub struct NewFile {
    pub(super) service: String,
    pub(super) name: String,
    pub(super) mime_type: String,
    pub(super) organization_id: Option<Uuid>,
    pub(super) version: Option<String>,
}

impl NewFile {
    /// A file for this service, a `FileServiceTypes`, with its name and media type: `manual.pdf`, `application/pdf`. Some
    /// services take only some media types, and files up to some size.
    pub fn new(
        service: impl AsRef<str>,
        name: impl Into<String>,
        mime_type: impl Into<String>,
    ) -> Self {
        Self {
            service: service.as_ref().to_owned(),
            name: name.into(),
            mime_type: mime_type.into(),
            organization_id: None,
            version: None,
        }
    }

    /// The organization that it belongs to, for credentials that are not those of one.
    pub fn organization_id(mut self, id: impl Into<Uuid>) -> Self {
        self.organization_id = Some(id.into());
        self
    }

    /// What its version is called.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }
}
