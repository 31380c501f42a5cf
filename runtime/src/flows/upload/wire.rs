//! Requests and responses of uploads. The generator checks that the contract contains all their fields.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::new_file::NewFile;
use super::plan::Plan;
use crate::checksum::{Sums, to_base64};
use crate::client::Address;
use crate::codec::{Encode, FieldWriter, Model, Object, Record, Redacted, optional};

/// The request that creates a file.
pub(super) struct FileCreation<'a> {
    file: &'a NewFile,
    size: i64,
    checksum: String,
    upload: Parts,
}

struct Parts {
    parts: Vec<PlannedPart>,
}

struct PlannedPart {
    number: i64,
    start: i64,
    end: i64,
    checksum: String,
}

impl<'a> FileCreation<'a> {
    pub(super) fn new(file: &'a NewFile, plan: &Plan, sums: &Sums) -> Self {
        let parts = plan
            .parts()
            .zip(&sums.parts)
            .map(|(part, sum)| PlannedPart {
                number: part.number.into(),
                start: integer(part.start),
                end: integer(part.end),
                checksum: to_base64(sum),
            });
        Self {
            file,
            size: integer(plan.size()),
            checksum: to_base64(&sums.whole),
            upload: Parts {
                parts: parts.collect(),
            },
        }
    }
}

/// Converts a size in bytes to an `i64`, which is large enough for any file.
fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

macro_rules! encode {
    ($($name:ty),*) => {
        $(impl Encode for $name {
            fn view(&self) -> crate::codec::View<'_> {
                static OUTLINE: crate::codec::Outline = crate::codec::Outline {
                    name: stringify!($name),
                    limits: &[],
                };
                crate::codec::View::Model { outline: &OUTLINE, fields: self }
            }
        })*
    };
}

encode!(
    FileCreation<'_>,
    Parts,
    PlannedPart,
    Completion<'_>,
    StoredPart
);

impl Record for FileCreation<'_> {
    fn write(&self, o: &mut FieldWriter<'_>) {
        let fields: [(&str, &dyn Encode); 8] = [
            ("organization_id", optional(&self.file.organization_id)),
            ("name", &self.file.name),
            ("mime_type", &self.file.mime_type),
            ("size", &self.size),
            ("checksum_sha256_base64", &self.checksum),
            ("upload", &self.upload),
            ("service", &self.file.service),
            ("version", optional(&self.file.version)),
        ];
        o.fields(&fields);
    }
}

impl Record for Parts {
    fn write(&self, o: &mut FieldWriter<'_>) {
        o.fields(&[("parts", &self.parts)]);
    }
}

impl Record for PlannedPart {
    fn write(&self, o: &mut FieldWriter<'_>) {
        let fields: [(&str, &dyn Encode); 4] = [
            ("number", &self.number),
            ("chunk_start", &self.start),
            ("chunk_end", &self.end),
            ("checksum_sha256_base64", &self.checksum),
        ];
        o.fields(&fields);
    }
}

/// The response to the creation of a file.
pub(super) struct CreatedFile {
    pub(super) id: Uuid,
    pub(super) upload: Multipart,
}

/// The URLs of the parts of a file.
pub(super) struct Multipart {
    pub(super) id: String,
    pub(super) path: String,
    pub(super) parts: Vec<PartAddress>,
}

pub(super) struct PartAddress {
    number: i64,
    url: String,
    headers: BTreeMap<String, String>,
}

impl PartAddress {
    /// Returns the number of the part and its URL.
    pub(super) fn into_pair(self) -> (i64, Address) {
        let Self {
            number,
            url,
            headers,
        } = self;
        (number, Address { url, headers })
    }
}

impl Model for CreatedFile {
    fn read(o: &mut Object<'_, '_>) -> Self {
        Self {
            id: o.field("id"),
            upload: o.field("upload"),
        }
    }

    fn write(&self, o: &mut FieldWriter<'_>) {
        o.fields(&[("id", &self.id), ("upload", &self.upload)]);
    }
}

impl Model for Multipart {
    fn read(o: &mut Object<'_, '_>) -> Self {
        Self {
            id: o.field("id"),
            path: o.field("path"),
            parts: o.field("parts"),
        }
    }

    fn write(&self, o: &mut FieldWriter<'_>) {
        o.fields(&[
            ("id", &self.id),
            ("path", &self.path),
            ("parts", &self.parts),
        ]);
    }
}

impl Model for PartAddress {
    fn read(o: &mut Object<'_, '_>) -> Self {
        Self {
            number: o.field("number"),
            url: o.field("url"),
            headers: o.field::<Option<_>>("headers").unwrap_or_default(),
        }
    }

    fn write(&self, o: &mut FieldWriter<'_>) {
        let url = Redacted(&self.url);
        o.fields(&[
            ("number", &self.number),
            ("url", &url),
            ("headers", &self.headers),
        ]);
    }
}

crate::model! { CreatedFile, Multipart, PartAddress }

/// The request that completes an upload.
pub(super) struct Completion<'a> {
    id: &'a str,
    path: &'a str,
    parts: Vec<StoredPart>,
}

struct StoredPart {
    number: i64,
    etag: String,
    checksum: String,
}

impl<'a> Completion<'a> {
    /// Creates the request, with the ETag and the checksum of each part, in order.
    pub(super) fn new(id: &'a str, path: &'a str, etags: Vec<String>, sums: &Sums) -> Self {
        let parts = (1..).zip(etags.into_iter().zip(&sums.parts));
        let parts = parts.map(|(number, (etag, sum))| StoredPart {
            number,
            etag,
            checksum: to_base64(sum),
        });
        Self {
            id,
            path,
            parts: parts.collect(),
        }
    }
}

impl Record for Completion<'_> {
    fn write(&self, o: &mut FieldWriter<'_>) {
        let fields: [(&str, &dyn Encode); 3] = [
            ("id", &self.id),
            ("path", &self.path),
            ("parts", &self.parts),
        ];
        o.fields(&fields);
    }
}

impl Record for StoredPart {
    fn write(&self, o: &mut FieldWriter<'_>) {
        let fields: [(&str, &dyn Encode); 3] = [
            ("number", &self.number),
            ("checksum_etag", &self.etag),
            ("checksum_sha256_base64", &self.checksum),
        ];
        o.fields(&fields);
    }
}
