//! Multi-step workflows: file uploads and downloads.
//!
//! Methods of services start them. The generator knows which, and checks that the operations have the fields that are
//! sent and read here.

#[cfg(feature = "files")]
mod disk;
mod download;
mod upload;

pub use download::{Download, DownloadProgress};
pub use upload::{NewFile, Upload, UploadProgress, UploadSource};
