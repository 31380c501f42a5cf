use std::error::Error;
use std::future::IntoFuture;
use std::path::Path;

use polar_client::MODULE::Polar;
use polar_client::MODULE::models::FileServiceTypes;
use polar_client::NewFile;
use polar_client::ids::OrderId;

pub use crate::without_http as client;

pub fn run(polar: &Polar) -> Result<(), Box<dyn Error>> {
    let manual = NewFile::new(FileServiceTypes::Downloadable, "manual.pdf", "application/pdf");
    let upload = polar.files().upload(manual, Path::new("manual.pdf"));
    if let Some(file) = crate::once(upload.into_future()) {
        println!("{:?}", file?.id());
    }
    let order: OrderId = "5e5a9d4c-4b0f-4d0a-8e0c-3a1f6b1d2c3e".parse()?;
    crate::once(polar.orders().download_invoice(order).to_file("invoice.pdf"));
    Ok(())
}
