//! Uploads a file that customers can download, and shows a progress bar.
//!
//! ```sh
//! POLAR_ACCESS_TOKEN=polar_oat_... cargo run --example upload -- manual.pdf application/pdf
//! ```
//!
//! Set `POLAR_SERVER=sandbox` to use the sandbox.

use std::error::Error;
use std::path::PathBuf;

use indicatif::{ProgressBar, ProgressStyle};
use polar_client::v2026_10::Polar;
use polar_client::v2026_10::models::FileServiceTypes;
use polar_client::{NewFile, UploadStep};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let path = PathBuf::from(arguments.next().ok_or("usage: upload FILE [MEDIA TYPE]")?);
    let mime_type = arguments.next();
    let name = path.file_name().ok_or("the path has no file name")?;
    let file = NewFile::new(
        FileServiceTypes::Downloadable,
        name.to_string_lossy(),
        mime_type.as_deref().unwrap_or("application/octet-stream"),
    );

    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template(
        "{wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta}",
    )?);
    let shown = bar.clone();

    let polar = Polar::from_env()?;
    let upload = polar
        .files()
        .upload(file, path)
        .on_progress(move |progress| {
            shown.set_length(progress.total);
            shown.set_position(progress.stored);
        });
    match upload.await {
        Ok(file) => {
            bar.finish();
            println!("{}", file.id());
            Ok(())
        }
        Err(error) => {
            bar.abandon();
            let step = error.upload().map(|failed| failed.step());
            if let Some(id) = error.upload().and_then(|failed| failed.file_id()) {
                if step == Some(UploadStep::Complete) && error.may_have_been_sent() {
                    eprintln!(
                        "file {id} may be complete: check the list of files before you upload it again"
                    );
                } else if let Err(error) = polar.files().delete(id).await {
                    // The list still contains the file, without content.
                    eprintln!("file {id} could not be deleted: {error}");
                }
            }
            Err(error.into())
        }
    }
}
