//! What takes several calls: uploads and downloads.
//!
//! Methods of services begin them. The generator knows which, and that the operations have what is sent and read here.

#[cfg(feature = "files")]
mod disk;
mod download;
mod upload;

pub use download::{Download, DownloadProgress};
pub use upload::{NewFile, Upload, UploadProgress, UploadSource};
