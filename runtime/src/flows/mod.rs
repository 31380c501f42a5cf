//! Multi-step workflows: file uploads and downloads.
//!
//! Methods of services create them. The generator knows these methods, and checks that the operations have the fields
//! that this module uses.

#[cfg(feature = "files")]
mod disk;
mod download;
mod upload;

pub use download::{Download, DownloadProgress};
pub use upload::{NewFile, Upload, UploadProgress, UploadSource};
