use std::error::Error;

use polar_client::MODULE::Polar;

pub fn client() -> Result<Polar, polar_client::Error> {
    Polar::from_env()
}

pub fn run(_: &Polar) -> Result<(), Box<dyn Error>> {
    Ok(())
}
