use std::error::Error;

use polar_client::MODULE::Polar;

pub fn client() -> Result<Polar, polar_client::Error> {
    Polar::from_env()
}

pub fn run(polar: &Polar) -> Result<(), Box<dyn Error>> {
    println!("{} products", polar.products().list().send_blocking()?.items.len());
    Ok(())
}
