use std::error::Error;

use polar_client::MODULE::Polar;

pub use crate::without_http as client;

pub fn run(_: &Polar) -> Result<(), Box<dyn Error>> {
    Ok(())
}
