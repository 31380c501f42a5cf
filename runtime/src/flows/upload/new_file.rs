//! The name, type and owner of a file to upload.

use uuid::Uuid;

/// The name, media type and purpose of a file to upload.
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
    /// Creates the description of a file, such as `manual.pdf` with the media type `application/pdf`.
    ///
    /// The service is the purpose of the file: a value of `FileServiceTypes`. Some services restrict media types and
    /// sizes.
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

    /// Sets the organization that the file belongs to. Required unless the access token belongs to an organization.
    pub fn organization_id(mut self, id: impl Into<Uuid>) -> Self {
        self.organization_id = Some(id.into());
        self
    }

    /// Sets the version name of the file.
    pub fn version(mut self, version: impl Into<String>) -> Self {
        self.version = Some(version.into());
        self
    }
}
