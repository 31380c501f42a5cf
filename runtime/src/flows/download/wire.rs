//! The fields of API responses that downloads use.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::located::{Known, Located};
use crate::checksum::from_base64;
use crate::client::{Address, Extent, Page};
use crate::codec::{DecodeError, Encode, FieldWriter, Model, Object, Redacted};

/// A response with the URL of a document.
pub(super) struct Document {
    pub(super) url: String,
}

/// A file in a list.
pub(super) struct Listed {
    pub(super) mime_type: String,
    pub(super) size: i64,
    pub(super) checksum: Option<String>,
    pub(super) download: Link,
}

pub(super) struct Link {
    pub(super) url: String,
    pub(super) headers: BTreeMap<String, String>,
}

/// A page of a list of files.
pub(super) struct Listing {
    pub(super) items: Vec<Item>,
    pub(super) pagination: Pagination,
}

pub(super) struct Item {
    pub(super) id: Uuid,
    pub(super) file: Identified,
}

/// A file with its ID.
pub(super) struct Identified {
    pub(super) id: Uuid,
    pub(super) listed: Listed,
}

pub(super) struct Pagination {
    pub(super) max_page: i64,
}

impl Page for Listing {
    type Item = Item;

    fn extent(&self) -> Extent {
        Extent::Last(self.pagination.max_page)
    }

    fn into_items(self) -> Vec<Item> {
        self.items
    }

    fn items_mut(&mut self) -> Option<&mut Vec<Item>> {
        Some(&mut self.items)
    }

    fn is_empty(&self) -> bool {
        self.items.is_empty()
    }
}

impl From<Document> for Located {
    fn from(document: Document) -> Self {
        Self {
            address: Address {
                url: document.url,
                headers: BTreeMap::new(),
            },
            known: None,
        }
    }
}

impl TryFrom<Listed> for Located {
    type Error = DecodeError;

    fn try_from(file: Listed) -> Result<Self, DecodeError> {
        const SIZE: &str = "the `size` of the file is negative";
        const SUM: &str =
            "the `checksum_sha256_base64` of the file is not a SHA-256 digest in base64";
        let size = u64::try_from(file.size).map_err(|_| DecodeError::new(SIZE))?;
        let sum = match file.checksum {
            Some(text) => Some(from_base64(&text).ok_or_else(|| DecodeError::new(SUM))?),
            None => None,
        };
        let media_type = file.mime_type.to_ascii_lowercase();
        let Link { url, headers } = file.download;
        Ok(Self {
            address: Address { url, headers },
            known: Some(Known {
                size,
                sum,
                is_html: media_type.contains("html"),
            }),
        })
    }
}

impl Model for Document {
    fn read(o: &mut Object<'_, '_>) -> Self {
        Self {
            url: o.field("url"),
        }
    }

    fn write(&self, o: &mut FieldWriter<'_>) {
        o.fields(&[("url", &Redacted(&self.url))]);
    }
}

impl Model for Listed {
    fn read(o: &mut Object<'_, '_>) -> Self {
        Self {
            mime_type: o.field("mime_type"),
            size: o.field("size"),
            checksum: o.field("checksum_sha256_base64"),
            download: o.field("download"),
        }
    }

    fn write(&self, o: &mut FieldWriter<'_>) {
        let fields: [(&str, &dyn Encode); 4] = [
            ("mime_type", &self.mime_type),
            ("size", &self.size),
            ("checksum_sha256_base64", &self.checksum),
            ("download", &self.download),
        ];
        o.fields(&fields);
    }
}

impl Model for Link {
    fn read(o: &mut Object<'_, '_>) -> Self {
        Self {
            url: o.field("url"),
            headers: o.field::<Option<_>>("headers").unwrap_or_default(),
        }
    }

    fn write(&self, o: &mut FieldWriter<'_>) {
        o.fields(&[("url", &Redacted(&self.url)), ("headers", &self.headers)]);
    }
}

impl Model for Listing {
    fn read(o: &mut Object<'_, '_>) -> Self {
        Self {
            items: o.field("items"),
            pagination: o.field("pagination"),
        }
    }

    fn write(&self, o: &mut FieldWriter<'_>) {
        o.fields(&[("items", &self.items), ("pagination", &self.pagination)]);
    }
}

impl Model for Item {
    fn read(o: &mut Object<'_, '_>) -> Self {
        Self {
            id: o.field("id"),
            file: o.field("file"),
        }
    }

    fn write(&self, o: &mut FieldWriter<'_>) {
        o.fields(&[("id", &self.id), ("file", &self.file)]);
    }
}

impl Model for Identified {
    fn read(o: &mut Object<'_, '_>) -> Self {
        Self {
            id: o.field("id"),
            listed: Listed::read(o),
        }
    }

    fn write(&self, o: &mut FieldWriter<'_>) {
        o.fields(&[("id", &self.id)]);
        self.listed.write(o);
    }
}

impl Model for Pagination {
    fn read(o: &mut Object<'_, '_>) -> Self {
        Self {
            max_page: o.field("max_page"),
        }
    }

    fn write(&self, o: &mut FieldWriter<'_>) {
        o.fields(&[("max_page", &self.max_page)]);
    }
}

crate::model! { Document, Identified, Item, Link, Listed, Pagination }
crate::model! { page Listing }
