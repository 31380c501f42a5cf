use std::error::Error;

use polar_client::MODULE::{Polar, services::products};
use polar_client::testing::{Mock, sample};

pub fn client() -> Result<Polar, polar_client::Error> {
    let mock = Mock::new();
    mock.on::<products::List>().reply_items([sample()]);
    Polar::builder().access_token("polar_oat_test").transport(mock.transport()).build()
}

pub fn run(_: &Polar) -> Result<(), Box<dyn Error>> {
    Ok(())
}
